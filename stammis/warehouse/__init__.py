"""Builds and publishes tables: the only writer of the warehouse and only home of dbt. Others read `published`."""

from stammis.warehouse.building import (
    Build,
    Variables,
    lineage,
    run_unit_tests,
)
from stammis.warehouse.data_folder import build_lock, scratch_copy
from stammis.warehouse.dbt_runner import Dbt, plain_dbt
from stammis.warehouse.warehouse import (
    audience_names,
    hold_journeys,
    prepare_inputs,
    publish,
    remember,
    variables,
)

__all__ = [
    "Build",
    "Dbt",
    "Variables",
    "audience_names",
    "build_lock",
    "hold_journeys",
    "lineage",
    "plain_dbt",
    "prepare_inputs",
    "publish",
    "remember",
    "run_unit_tests",
    "scratch_copy",
    "variables",
]
