"""Builds and publishes tables: the only writer of the warehouse, the only home of dbt, and what others read instead."""

from stammis.warehouse.data_folder import build_lock, scratch_copy
from stammis.warehouse.warehouse import (
    Dbt,
    Variables,
    audience_names,
    build_outbox,
    build_people_and_audiences,
    hold_journeys,
    lay_ready,
    lineage,
    plain_dbt,
    publish,
    remember,
    test_rules,
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
    "lay_ready",
    "lineage",
    "plain_dbt",
    "publish",
    "remember",
    "scratch_copy",
    "test_rules",
    "variables",
]
