# ruff: noqa: T201
"""Our side of the bench, in a process of its own: the cycle's phases on a landing folder, nothing built before.

    python -m tests.bench.rebuild LANDING DATA [--take-in | --whole] [--one-by-one]

Prints one JSON object: CPU seconds (user and system, of every thread) per phase and, one by one, per dbt node.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

from stammis.core.settings import Settings, disable_telemetry
from stammis.run.cycle import PHASES, Cycle
from tests.bench.workload import AS_OF

MEASURED = ("export ledger", "ingest", "build marts")
AFTER = ("validate", "decide", "publish", "commit")


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Nodes:
    """What each dbt node took, by dbt's own events; true only while one runs at a time."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.peaks: dict[str, int] = {}
        self._started = 0.0

    def see(self, event: Any) -> None:
        if event.info.name == "NodeStart":
            self._started = cpu_seconds()
        elif event.info.name == "NodeFinished":
            node = event.data.node_info.unique_id
            self.seconds[node] = cpu_seconds() - self._started
            self.peaks[node] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("landing", type=Path)
    words.add_argument("data", type=Path)
    words.add_argument("--whole", action="store_true", help="also what comes after the people: outbox, publish, commit")
    words.add_argument("--take-in", action="store_true", help="stop when the landing files are taken in")
    words.add_argument("--one-by-one", action="store_true", help="one dbt node at a time, each with its CPU seconds")
    asked = words.parse_args()
    disable_telemetry()
    from dbt.cli.main import dbtRunner

    nodes = Nodes()
    runner = dbtRunner(callbacks=[nodes.see] if asked.one_by_one else [])
    alone = ["--threads", "1"] if asked.one_by_one else []

    def dbt(words: list[str]) -> Any:
        return runner.invoke(["--log-level", "none", "--log-level-file", "info", *words, *alone])

    cycle = Cycle(Settings(data=asked.data, landing=asked.landing), AS_OF, dbt=dbt)
    phases: dict[str, dict[str, object]] = {}
    for name, phase in PHASES:
        if name in (MEASURED[:2] if asked.ingest else MEASURED) or (asked.whole and name in AFTER):
            before, started = cpu_seconds(), time.perf_counter()
            said = phase(cycle)
            phases[name] = {
                "cpu": cpu_seconds() - before,
                "wall": time.perf_counter() - started,
                "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                "said": said,
            }
    wrong = [node.name for node in cycle.nodes if node.status in ("error", "skipped", "fail")]
    models = sum(node.unique_id.startswith("model.") for node in cycle.nodes)
    print(
        json.dumps(
            {
                "phases": phases,
                "models": models,
                "wrong": wrong,
                "nodes": nodes.seconds,
                "peaks": nodes.peaks,
            }
        )
    )


if __name__ == "__main__":
    main()
