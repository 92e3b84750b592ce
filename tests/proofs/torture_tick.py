# ruff: noqa: T201
"""Issue 13: kill a tick at random moments; what the next one leaves standing is what a full build makes.

    python -m tests.proofs.torture_tick [--kills 50] [--customers 200] [--seed 13]

Each round lands a day's exports or only moves the clock, kills `stammis run` (SIGKILL) somewhere between its first
line and its end, and runs again. Then a copy of the data folder, which has forgotten what its tables were made of,
runs the same moment: both must have the same tables.
"""

import argparse
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from stammis.core.settings import Settings
from stammis.demo import AS_OF, write_shop
from stammis.demo.days import land_day
from stammis.run import cycle as cycles
from stammis.warehouse import fingerprints
from stammis.warehouse.connection import open_warehouse
from tests.proofs.through_dbt import different_tables
from tests.proofs.torture_run import command, run_in_peace

PHASES = [name for name, _ in cycles.PHASES]


def kill_somewhere(settings: Settings, moment: datetime, seconds: float) -> str:
    """Start a run, kill it so many seconds after its first line; the last phase it had ended, "" if it was over."""
    worker = subprocess.Popen(command(settings, moment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert worker.stdout
    lines = [worker.stdout.readline()]
    time.sleep(seconds)
    if worker.poll() is not None:
        return ""
    worker.send_signal(signal.SIGKILL)
    lines += worker.stdout.read().splitlines()
    worker.wait()
    ended = [name for name in PHASES if any(line.startswith(name) for line in lines)]
    return ended[-1] if ended else ""


def run_here(settings: Settings, moment: datetime) -> cycles.Cycle:
    cycle = cycles.Cycle(settings, moment)
    for _, phase in cycles.PHASES:
        phase(cycle)
    return cycle


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=50)
    words.add_argument("--customers", type=int, default=200)
    words.add_argument("--seed", type=int, default=13)
    asked = words.parse_args()
    home = Path(tempfile.mkdtemp(prefix="torture-tick-"))
    dice, kills = random.Random(asked.seed), Counter[str]()
    write_shop(home, customers=asked.customers, seed=7, days=asked.kills)
    settings = Settings(data=home / "data", landing=home / "landing")
    moment, day, left, made = AS_OF, 0, 0, 0
    run_in_peace(settings, moment)
    began = time.monotonic()
    run_in_peace(settings, moment + timedelta(minutes=1))
    usual = time.monotonic() - began
    while kills.total() < asked.kills:
        moment += timedelta(minutes=15)
        if dice.random() < 0.5:
            day += 1
            moment = max(moment, AS_OF + timedelta(days=day))
            land_day(home, (AS_OF + timedelta(days=day)).date())
        phase = kill_somewhere(settings, moment, dice.uniform(0, usual))
        if not phase:
            continue
        kills[phase] += 1
        cycle = run_here(settings, moment)
        nodes = [*cycle.nodes, *cycle.decided_nodes]
        left, made = left + sum(node.is_left for node in nodes), made + sum(not node.is_left for node in nodes)
        full = replace(settings, data=home / "full")
        shutil.copytree(settings.data, full.data, symlinks=True)
        with open_warehouse(full) as warehouse:
            fingerprints.forget(warehouse)
        ticked_again = run_here(settings, moment)
        anew = run_here(full, moment)
        assert not any(node.is_left for node in [*anew.nodes, *anew.decided_nodes])
        faults = list(different_tables(ticked_again.settings.warehouse, anew.settings.warehouse))
        shutil.rmtree(full.data)
        if faults:
            print(f"kill {kills.total()} after {phase!r} for {moment}: {faults}")
            return 1
        if kills.total() % 10 == 0:
            print(f"{kills.total()} kills {dict(kills)}", flush=True)
    print(f"{kills.total()} kills {dict(kills)}; of {left + made:,} nodes {left:,} were left")
    print("each tick made the tables of a full build")
    shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
