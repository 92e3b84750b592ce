"""Ticks execute what dbt compiled: node by node and table by table what `dbt build` makes of the same."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb

from stammis import warehouse
from stammis.core.settings import PROJECT, Settings
from stammis.core.types import Node
from stammis.demo import AS_OF, write_shop
from stammis.gate.gate import every_hold
from stammis.run import cycle as cycles
from tests.proofs.commands import MOMENT

CUSTOMERS, SEED = 300, 7
TABLES = """
    select table_schema || '.' || table_name from information_schema.tables
    where table_catalog = 'ticked' and table_type = 'BASE TABLE' and table_schema not in ('run', 'ledger', 'failures')
"""
FAILURES = """
    select table_name from information_schema.tables
    where table_catalog = ? and table_schema = 'failures' order by table_name
"""
WARNS = "{{ config(severity='warn') }} select * from {{ ref('customers') }} limit 7"
FAILS = "{{ config(severity='error') }} select * from {{ ref('memberships') }} limit 3"
WARNS_ABOVE = "{{ config(warn_if='>= 8') }} select * from {{ ref('customers') }} limit 7"
ERRS = "select 1 / (select count(*) from {{ ref('orders') }}) as x, no_such_column from {{ ref('orders') }}"


def edit(file: str, old: str, new: str) -> Callable[[Settings], None]:
    def act(settings: Settings) -> None:
        path = settings.dbt_project / file
        text = path.read_text()
        assert old in text, (file, old)
        path.write_text(text.replace(old, new, 1))

    return act


def plant_checks(settings: Settings) -> None:
    for name, text in {"warns": WARNS, "fails": FAILS, "warns_above": WARNS_ABOVE, "errs": ERRS}.items():
        (settings.dbt_project / "data-tests" / f"planted_{name}.sql").write_text(text + "\n")


def lose_a_source(settings: Settings) -> None:
    shutil.rmtree(settings.landing / "pos")


def lose_all_but_one(settings: Settings) -> None:
    for source in settings.landing.iterdir():
        if source.name != "newsletter":
            shutil.rmtree(source)


CASES: dict[str, Callable[[Settings], None]] = {
    "as it is": lambda settings: None,
    "a broken model": edit("models/audiences/rules_win_back.sql", "last_ordered_at,", "no_such_column,"),
    "a column renamed under its contract": edit("models/marts/memberships.sql", "tier,", "tier as level,"),
    "checks of each severity": plant_checks,
    "an absent source": lose_a_source,
    "one source alone": lose_all_but_one,
}


def ticks_equal_dbt(work: Path, samples: Path) -> str:
    """Issue 13: the executor and `dbt build` agree, node by node and table by table, in seven cases and in mixture."""
    write_shop(work / "tick_shop", customers=CUSTOMERS, seed=SEED)
    compared = 0
    for number, (case, act) in enumerate(CASES.items()):
        folder = work / f"tick_{number}"
        compared += _compare(folder, work / "tick_shop" / "landing", AS_OF, case, act)
    compared += _compare(work / "tick_small", samples, MOMENT, "channels_small", CASES["as it is"])
    return f"{compared} nodes in {len(CASES) + 1} cases, each twice: equal statuses, counts, reasons and tables"


def _compare(folder: Path, landing: Path, moment: object, case: str, act: Callable[[Settings], None]) -> int:
    shutil.copytree(PROJECT / "dbt_project", folder / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copytree(landing, folder / "landing", ignore=shutil.ignore_patterns("truth"))
    settings = Settings(data=folder / "ticked", landing=folder / "landing", dbt_project=folder / "dbt_project")
    act(settings)
    built = replace(settings, data=folder / "built")
    ticked, by_dbt = _run(settings, None), _run(built, warehouse.plain_dbt())
    equal(case, ticked, by_dbt)
    # the other way over what each has left: neither may stumble over the other's relations
    equal(f"{case}, the other way", _run(settings, warehouse.plain_dbt()), _run(built, None))
    return len(ticked.nodes)


def _run(settings: Settings, dbt: warehouse.Dbt | None) -> cycles.Cycle:
    cycle = cycles.Cycle(settings, AS_OF, dbt=dbt)
    for name, phase in cycles.PHASES:
        if name not in ("reconcile", "deliver"):
            phase(cycle)
    return cycle


def equal(case: str, one: cycles.Cycle, other: cycles.Cycle) -> None:
    """Assert that two cycles, one ticked and one built by dbt, made the same: nodes, lineages, holds and tables."""
    lineages = [warehouse.lineage(cycle.settings) for cycle in (one, other)]
    assert lineages[0] == lineages[1], f"{case}: another lineage"
    found = [{node.unique_id: _said(node) for node in cycle.nodes} for cycle in (one, other)]
    different = {each for each in found[0].keys() | found[1].keys() if found[0].get(each) != found[1].get(each)}
    assert not different, (case, [(found[0].get(each), found[1].get(each)) for each in sorted(different)[:3]])
    holds = [list(every_hold(cycle.nodes, lineages[0], cycle.names, [], [])) for cycle in (one, other)]
    assert sorted(map(str, holds[0])) == sorted(map(str, holds[1])), (case, holds)
    tables = list(different_tables(one.settings.warehouse, other.settings.warehouse))
    assert not tables, (case, tables)


def _said(node: Node) -> tuple[str, int, str]:
    """Line numbers of an error apart: dbt wraps a statement in lines of its own."""
    return node.status, node.count, re.split(r"\n\s*LINE \d|\n\s*> in macro", node.message)[0].replace(" ", "").strip()


def different_tables(one: Path, other: Path) -> Iterator[str]:
    """Each table that two warehouses do not have alike, with how many rows differ either way."""
    with duckdb.connect() as database:
        database.execute(f"attach '{one}' as ticked (read_only)")
        database.execute(f"attach '{other}' as built (read_only)")
        failures = [database.execute(FAILURES, [name]).fetchall() for name in ("ticked", "built")]
        kept = [
            {
                table
                for (table,) in tables
                if database.execute(f'select count(*) from {name}.failures."{table}"').fetchall()[0][0]
            }
            for name, tables in zip(("ticked", "built"), failures, strict=True)
        ]
        if kept[0] != kept[1]:
            yield f"failures: {kept[0] ^ kept[1]}"
        for (table,) in database.execute(TABLES).fetchall():
            types = [database.execute(f"describe {name}.{table}").fetchall() for name in ("ticked", "built")]
            pairs = (("ticked", "built"), ("built", "ticked"))
            counts = [
                database.execute(f"select count(*) from (from {a}.{table} except all from {b}.{table})").fetchall()[0][
                    0
                ]
                for a, b in pairs
            ]
            if types[0] != types[1] or any(counts):
                yield f"{table}: {counts} rows differ"
