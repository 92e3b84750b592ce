# ruff: noqa: T201
"""Issue 3: kill `stammis run` in every part of its work; the fortnight goes on as if nobody had.

    python -m tests.proofs.torture_run [--kills 5] [--customers 400] [--seed 7] [--keep DIR]

Two folders hold the same generated shop. One lives its days in peace. In the other each day's run is killed
(SIGKILL) in another phase and then started again, as a scheduler would. In the end both ledgers must know the same
messages in the same states and the same journey log, and no message may have been written twice.
"""

import argparse
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from stammis.core.settings import Settings
from stammis.delivery.delivery import LEASE_SECONDS
from stammis.demo import AS_OF, write_shop
from stammis.demo.days import land_day
from tests.proofs.torture_deliver import read_written, states

# after which phase has ended the kill falls, and how many seconds after it at most
MOMENTS = (
    ("commit", 0.0),  # while it delivers: the first day has the most to say
    ("ingest", 0.8),  # while people and audiences are built
    ("export ledger", 0.2),  # while it reads files
    ("decide", 0.05),  # while it publishes
    ("publish", 0.02),  # while it commits
)


def command(settings: Settings, moment: datetime) -> list[str]:
    return [
        sys.executable,
        "-m",
        "stammis",
        "run",
        "--data",
        str(settings.data),
        "--landing",
        str(settings.landing),
        "--as-of",
        f"{moment:%Y-%m-%dT%H:%M}Z",
    ]


def run_in_peace(settings: Settings, moment: datetime) -> None:
    ran = subprocess.run(command(settings, moment), capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"the run of {moment} ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")


def run_and_kill(settings: Settings, moment: datetime, phase: str, pause: float) -> str:
    """Start a run, kill it after `phase`; returns what the ledger then held open."""
    worker = subprocess.Popen(command(settings, moment), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert worker.stdout
    while (line := worker.stdout.readline()) and not line.startswith(phase):
        pass
    if not line:
        raise SystemExit(f"the run of {moment} ended before it had reported {phase!r}")
    if phase == "commit":
        while worker.poll() is None and "intended" not in states(settings):
            time.sleep(0.0005)
    time.sleep(pause)
    if worker.poll() is not None:
        raise SystemExit(f"the run of {moment} had ended before it could be killed after {phase!r}")
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    left = states(settings) if settings.ledger.exists() else {}
    return ", ".join(f"{left[state]} {state}" for state in ("queued", "claimed", "intended") if state in left)


def remembered(settings: Settings) -> tuple[dict[str, str], set[tuple[str, ...]]]:
    """The ledger without wall clocks, run and send ids: message_id -> where and how it ended; the journey log."""
    with sqlite3.connect(f"file:{settings.ledger}?mode=ro", uri=True) as ledger:
        ends = ledger.execute("select message_id, journey, step, address, state, coalesce(reason, '') from messages")
        messages = {message_id: " ".join(rest) for message_id, *rest in ends}
        columns = "journey, customer_id, entry_key, kind, step, arm, coalesce(reason, '')"
        return messages, set(ledger.execute(f"select {columns} from journey_log"))


def look_for_faults(peaceful: Settings, killed: Settings) -> list[str]:
    written = read_written(killed)
    messages, log = remembered(killed)
    expected_messages, expected_log = remembered(peaceful)
    faults = [f"{message_id} was written {len(ids)} times" for message_id, ids in written.items() if len(ids) > 1]
    faults += [
        f"{message_id} is {messages.get(message_id, 'missing')}, in peace {end}"
        for message_id, end in expected_messages.items()
        if messages.get(message_id) != end
    ]
    faults += [f"{message_id} is there only after kills" for message_id in messages.keys() - expected_messages.keys()]
    faults += [f"journey log: {line}" for line in log ^ expected_log]
    accepted = {message_id for message_id, end in messages.items() if " accepted" in end}
    return faults + [f"{message_id} has no file, or one too many" for message_id in accepted ^ written.keys()]


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=len(MOMENTS), help="one a day")
    words.add_argument("--customers", type=int, default=400)
    words.add_argument("--seed", type=int, default=7)
    words.add_argument("--keep", type=Path, help="work here and leave it behind")
    asked = words.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="torture-run-"))
    dice, kills = random.Random(asked.seed), Counter[str]()
    both = [Settings(data=folder / name / "data", landing=folder / name / "landing") for name in ("peaceful", "killed")]
    for settings in both:
        write_shop(settings.landing.parent, customers=asked.customers, seed=asked.seed, days=asked.kills - 1)
    peaceful, killed = both
    for day in range(asked.kills):
        moment = AS_OF + timedelta(days=day)
        if day:
            for settings in both:
                land_day(settings.landing.parent, moment.date())
        run_in_peace(peaceful, moment)
        phase, at_most = MOMENTS[day % len(MOMENTS)]
        left = run_and_kill(killed, moment, phase, dice.uniform(0, at_most))
        kills[phase] += 1
        print(f"{moment:%F} killed after {phase!r}, leaving {left or 'nothing open'}", flush=True)
        if "claimed" in left or "intended" in left:
            time.sleep(LEASE_SECONDS + 1)  # whoever holds a claim has that long to come back
        run_in_peace(killed, moment)
    faults = look_for_faults(peaceful, killed)
    messages, log = remembered(killed)
    print(f"{kills.total()} kills of a run; {len(messages)} messages, {len(log)} lines of journey log in both folders")
    print("\n".join(faults[:10]) or "no message written twice, nothing unexplained, nothing lost")
    if not asked.keep:
        shutil.rmtree(folder)
    return 1 if faults or not messages else 0


if __name__ == "__main__":
    raise SystemExit(main())
