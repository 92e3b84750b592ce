"""Builds and publishes tables: the only writer of the warehouse and only home of dbt. Others read `published`."""

from stammis.warehouse.data_folder import build_lock, scratch_copy
from stammis.warehouse.warehouse import (
    Dbt,
    Variables,
    audience_names,
    build_outbox,
    build_people_and_audiences,
    hold_journeys,
    lineage,
    plain_dbt,
    prepare_inputs,
    publish,
    remember,
    run_unit_tests,
    variables,
)

__all__ = [
    "Dbt",
    "Variables",
    "audience_names",
    "build_lock",
    "build_outbox",
    "build_people_and_audiences",
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
