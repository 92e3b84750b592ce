# ruff: noqa: T201
"""Our side of the bench, in a process of its own: the cycle's phases on a landing folder, nothing built before.

    python -m tests.bench.rebuild LANDING DATA [--take-in | --whole]

The project is compiled, as in a checkout that has run before. Prints one JSON object: CPU seconds (user and system, of
every thread) per phase and per node.
"""

import argparse
import json
import resource
import time
from pathlib import Path

from stammis.core.settings import Settings, disable_telemetry
from stammis.run.cycle import PHASES, Cycle
from tests.bench.workload import AS_OF

MEASURED = ("export ledger", "ingest", "build marts")
AFTER = ("validate", "decide", "publish", "commit")


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("landing", type=Path)
    words.add_argument("data", type=Path)
    words.add_argument("--whole", action="store_true", help="also what comes after the people: outbox, publish, commit")
    words.add_argument("--take-in", action="store_true", help="stop when the landing files are taken in")
    asked = words.parse_args()
    disable_telemetry()
    cycle = Cycle(Settings(data=asked.data, landing=asked.landing), AS_OF)
    phases: dict[str, dict[str, object]] = {}
    for name, phase in PHASES:
        if name in (MEASURED[:2] if asked.take_in else MEASURED) or (asked.whole and name in AFTER):
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
                "nodes": {node.unique_id: node.cpu_seconds for node in [*cycle.nodes, *cycle.decided_nodes]},
            }
        )
    )


if __name__ == "__main__":
    main()
