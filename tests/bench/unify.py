# ruff: noqa: T201
"""`unify`: what a full rebuild from landing files to the public tables costs, beside a script that does only that.

The goal, at M: CPU of ours ≤ 3 × the floor's + 50 ms a model, and no process above 2.5 GB. Both run in processes of
their own, one after the other, as often as asked; CPU is user and system of the process and its children.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.tables import Difference, compare
from tests.bench.workload import make_landing

TIMES, SECONDS_PER_MODEL, PEAK_MB = 3.0, 0.05, 2500
ROUNDS = {"S": 5, "M": 1}


@dataclass(frozen=True)
class Spent:
    """One process: CPU and wall seconds, its largest resident set in MB, and what it said of itself."""

    cpu: float
    wall: float
    peak_mb: float
    said: dict[str, Any]


def run(size: str, rounds: int | None, work: Path) -> int:
    """Measure and print; 0 when the goals are met, 1 when not."""
    landing = make_landing(work, size, "parquet")
    ours_at, floor_at = work / f"ours_{size}", work / f"floor_{size}"
    ours, floor = [], []
    for number in range(1, (rounds or ROUNDS[size]) + 1):
        floor.append(spend("tests.bench.floor", landing, _emptied(floor_at) / "floor.duckdb"))
        print(f"round {number}: floor {floor[-1].cpu:.1f} CPU s, now ours", flush=True)
        ours.append(spend("tests.bench.rebuild", landing, _emptied(ours_at)))
        print(f"round {number}: ours {ours[-1].cpu:.1f} CPU s", flush=True)
    differences = compare(ours_at / "warehouse.duckdb", floor_at / "floor.duckdb")
    _show(size, ours, floor, differences)
    if size == "S":
        _show_text(work, ours[-1])
    failures = _failures(size, ours, floor, differences)
    print("\n".join(failures) if failures else "Within the goals.")
    return 1 if failures else 0


def profile(size: str, work: Path) -> int:
    """One run of ours with each node's CPU seconds, and what comes after the people."""
    landing, data = make_landing(work, size, "parquet"), _emptied(work / f"ours_{size}")
    spent = spend("tests.bench.rebuild", landing, data, "--whole")
    _show_phases(spent)
    print(f"\n{'CPU s':>8}  node")
    nodes = sorted(spent.said["nodes"].items(), key=lambda node: -node[1])
    for name, seconds in nodes[:40]:
        print(f"{seconds:8.2f}  {name}")
    kinds = ("model", "test", "seed")
    sums = {kind: sum(seconds for name, seconds in nodes if name.startswith(kind)) for kind in kinds}
    print("all: " + ", ".join(f"{kind}s {seconds:.1f} s" for kind, seconds in sums.items()))
    return 0


def spend(module: str, *arguments: str | Path) -> Spent:
    started = time.perf_counter()
    cpu, peak_mb, said = measured(["-m", module, *arguments])
    return Spent(cpu, time.perf_counter() - started, peak_mb, json.loads(said.splitlines()[-1]))


def measured(arguments: Sequence[str | Path]) -> tuple[float, float, str]:
    """CPU seconds, largest resident set (MB) and output of a Python process. Ends the bench where that one fails."""
    child = subprocess.Popen([sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))} ended with {child.returncode}: nothing was measured")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1000, said


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _show(size: str, ours: list[Spent], floor: list[Spent], differences: list[Difference]) -> None:
    print(f"unify, size {size}, {len(ours)} interleaved round{'s' if len(ours) > 1 else ''}, medians")
    print(f"\n{'':28}{'CPU s':>10}{'wall s':>10}{'peak MB':>10}")
    for name, spent in (("floor", floor), ("ours", ours)):
        middle = [statistics.median(getattr(each, what) for each in spent) for what in ("cpu", "wall", "peak_mb")]
        print(f"{name:28}" + "".join(f"{value:10.1f}" for value in middle))
    _show_phases(ours[-1])
    allowed, used = _allowed(ours, floor)
    print(f"\nours / floor {used / _cpu(floor):.2f}; {used:.0f} CPU s used of the {allowed:.0f} allowed")
    for each in differences:
        same = "same" if each.is_same else f"DIFFERS in {', '.join(each.differing) or 'rows'}: floor {each.rows[1]:,}"
        beyond = f", not compared: {', '.join(each.only_ours)}" if each.only_ours else ""
        print(f"  {each.table:20}{each.rows[0]:12,} rows {each.columns:3} columns {same}{beyond}")


def _show_phases(spent: Spent) -> None:
    for name, phase in spent.said["phases"].items():
        print(f"  {name:26}{phase['cpu']:10.1f}{phase['wall']:10.1f}{phase['peak_kb'] / 1000:10.0f}  {phase['said']}")


def _show_text(work: Path, from_parquet: Spent) -> None:
    """What reading CSV and JSON costs more than reading Parquet, by the same rows."""
    text = make_landing(work, "S", "text")
    spent = spend("tests.bench.rebuild", text, _emptied(work / "ours_text"), "--take-in")
    for kind, each in (("CSV and JSON", spent), ("Parquet", from_parquet)):
        phase = each.said["phases"]["ingest"]
        rows = int(phase["said"].split(" ")[0].replace(",", ""))
        print(f"  taking in {kind:16}{phase['cpu']:8.1f} CPU s, {phase['cpu'] / rows * 1e6:.1f} µs a row")


def _failures(size: str, ours: list[Spent], floor: list[Spent], differences: list[Difference]) -> list[str]:
    allowed, used = _allowed(ours, floor)
    peak = max(each.peak_mb for each in ours)
    failures = [f"BEYOND: {each.table} is not what the floor makes" for each in differences if not each.is_same]
    failures += [f"BEYOND: {name} failed or was skipped" for name in ours[-1].said["wrong"]]
    if size != "S" and used > allowed:  # at S the imports weigh more than the rows
        failures.append(f"BEYOND: {used:.0f} CPU s where {allowed:.0f} are allowed")
    if peak > PEAK_MB:
        failures.append(f"BEYOND: {peak:.0f} MB where {PEAK_MB} are allowed")
    return failures


def _allowed(ours: list[Spent], floor: list[Spent]) -> tuple[float, float]:
    return TIMES * _cpu(floor) + SECONDS_PER_MODEL * ours[-1].said["models"], _cpu(ours)


def _cpu(spent: list[Spent]) -> float:
    return statistics.median(each.cpu for each in spent)
