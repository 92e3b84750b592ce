# ruff: noqa: T201
"""`tick`: what a run costs through each builder, by what has happened since the one before.

Two data folders of one shop go through the same days, a run of each after the other: what dbt compiled, executed; and
dbt itself. CPU is user and system of `stammis run` and its children; SQL is what the models, seeds and checks made
anew took of it.
"""

import re
import shutil
import statistics
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stammis.demo import AS_OF, write_shop
from stammis.demo.days import land_day
from tests.bench.unify import measured

BUILDERS = ("compiled", "dbt")
ROUNDS = 3
MINUTE = timedelta(minutes=1)
SQL = re.compile(r"The dearest of \d+ made: ([\d.]+) CPU s")


@dataclass(frozen=True)
class Spent:
    """One run: CPU seconds, largest resident set in MB, and the SQL's part of the seconds (0 through dbt)."""

    cpu: float
    peak_mb: float
    sql: float


def run(customers: int, rounds: int | None, work: Path) -> int:
    """Measure and print; 0 when an empty run costs at most 4 CPU s and an eighth of dbt's, 1 when not."""
    spent: dict[tuple[str, str], list[Spent]] = defaultdict(list)
    for number in range(1, (rounds or ROUNDS) + 1):
        with tempfile.TemporaryDirectory(dir=work) as folder:
            for step, builder, each in _one_round(Path(folder), customers):
                spent[step, builder].append(each)
                print(f"round {number}: {step:24} {builder:9}{each.cpu:7.1f} CPU s", flush=True)
    heads = f"{'executed':>10}{'its SQL':>9}{'MB':>6}{'dbt':>10}{'MB':>6}{'ratio':>7}"
    print(f"\n{f'{customers:,} customers, medians':36}{heads}")
    for step in dict.fromkeys(step for step, _ in spent):
        ours, theirs = (spent[step, builder] for builder in BUILDERS)
        cpu, sql, peak = (statistics.median(getattr(each, what) for each in ours) for what in ("cpu", "sql", "peak_mb"))
        dbt, dbt_peak = (statistics.median(getattr(each, what) for each in theirs) for what in ("cpu", "peak_mb"))
        print(f"  {step:34}{cpu:10.1f}{sql:9.1f}{peak:6.0f}{dbt:10.1f}{dbt_peak:6.0f}{dbt / cpu:7.1f}")
    ours, theirs = (statistics.median(each.cpu for each in spent["nothing new", builder]) for builder in BUILDERS)
    if is_within := ours <= 4 and 8 * ours <= theirs:
        print("Within the goals.")
    else:
        print(f"BEYOND: an empty run costs {ours:.1f} CPU s, dbt's {theirs:.1f}")
    return 0 if is_within else 1


def _one_round(folder: Path, customers: int) -> list[tuple[str, str, Spent]]:
    write_shop(folder / "compiled", customers=customers, seed=7, days=2)
    shutil.copytree(folder / "compiled", folder / "dbt")
    days = [AS_OF + timedelta(days=day) for day in (1, 2)]

    def land(builder: str, day: datetime) -> None:
        land_day(folder / builder, day.date())

    def land_one_file(builder: str, day: datetime) -> None:
        """The smallest of a day's exports."""
        waiting = folder / builder / "days" / f"{day.date()}"
        file = min((path for path in waiting.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
        target = folder / builder / "landing" / file.relative_to(waiting)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, target)

    steps = (
        ("first build", AS_OF, None),
        ("after it", AS_OF + MINUTE, None),
        ("settled", AS_OF + 2 * MINUTE, None),
        ("nothing new", AS_OF + 3 * MINUTE, None),
        ("one day's exports", days[0], land),
        ("a clock that moved", days[0] + 60 * MINUTE, None),
        ("one small file", days[1], land_one_file),
    )
    found = []
    for step, moment, before in steps:
        for builder in BUILDERS:
            if before:
                before(builder, moment)
            found.append((step, builder, _ticked(folder / builder, builder, moment)))
    return found


def _ticked(home: Path, builder: str, moment: datetime) -> Spent:
    places = ["--data", home / "data", "--landing", home / "landing"]
    asked = ["run", *places, "--as-of", f"{moment:%Y-%m-%dT%H:%M:%SZ}", "--through", builder, "--timings"]
    cpu, peak_mb, said = measured(["-m", "stammis", *asked])
    sql = SQL.search(said)
    return Spent(cpu, peak_mb, float(sql.group(1)) if sql else 0.0)
