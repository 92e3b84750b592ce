# ruff: noqa: T201
"""Issue 4: kill the sender while real requests are under way; providers must see nobody twice, and nobody is lost.

    python -m tests.proofs.torture_send [--kills 200] [--messages 10000] [--lease 1] [--seed 7] [--naive]

The providers are the sandbox's, 40 ms away, with at most ten requests under way. The evidence is what they accepted:
each made-up person has one address, so an address accepted twice is a message sent twice. --naive kills a sender that
sends first and writes down afterwards, to show that the harness finds what it looks for.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stammis import sandbox
from stammis.core.settings import PROJECT, Settings, read_settings
from stammis.ledger import Queued, open_ledger
from tests.proofs.torture_deliver import AS_OF, DELIVER, queue_rows, states

LATENCY_MS = 40
LONGEST_PAUSE = 0.6  # seconds between the first claim and the kill


def decide_again(settings: Settings, rows: Sequence[Queued], run: int) -> int:
    """A new run: take back what nobody claimed, queue what may not have arrived; returns how many are open."""
    run_id = f"20251210T090000Z-{run}"
    (settings.published / run_id).symlink_to("outbox")
    with open_ledger(settings) as ledger:
        ledger.withdraw_unclaimed()
        known = dict(ledger.all_messages(("message_id", "state")))
        waiting = [row for row in rows if known.get(row.message_id) not in ("accepted", "intended", "in_doubt")]
        ledger.commit_run(run_id, AS_OF, waiting)
        return len(rows) - ledger.counts().get("accepted", 0)


def kill_one(worker: "subprocess.Popen[bytes]", settings: Settings, dice: random.Random) -> str:
    """Kill a worker a random while after its first claim; returns what the ledger then held."""
    while worker.poll() is None and not {"claimed", "intended"} & states(settings).keys():
        time.sleep(0.002)
    time.sleep(dice.uniform(0, LONGEST_PAUSE))
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    left = states(settings)
    return "intended" if left.get("intended") else "claimed" if left.get("claimed") else "neither"


def torture(settings: Settings, box: sandbox.Sandbox, kills: int, count: int, lease: float, seed: int) -> int:
    environment = {**os.environ, **box.environment, "STAMMIS_ABSENT_AFTER_SECONDS": "3"}
    command = [*DELIVER, "--data", str(settings.data), "--lease", str(lease)]
    rows, dice, moments, doubted = queue_rows(settings, count), random.Random(seed), Counter[str](), 0
    for run in range(kills):
        if not decide_again(settings, rows, run):
            break
        worker = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=PROJECT, env=environment
        )
        moments[kill_one(worker, settings, dice)] += 1
        doubted += states(settings).get("intended", 0)
        time.sleep(lease)
        if run % 20 == 19:
            print(f"{run + 1} kills {dict(moments)}; {states(settings)}", flush=True)
    for run in range(20):
        time.sleep(4)
        settle(settings, environment)
        if not decide_again(settings, rows, kills + run):
            break
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=PROJECT, env=environment)
    faults = look_for_faults(settings, rows, box)
    between = moments["claimed"] + moments["intended"]
    print(f"{moments.total()} kills of {len(rows)} messages, lease {lease} s, {LATENCY_MS} ms: {dict(moments)}, ")
    print(f"{100 * between // max(moments.total(), 1)} % between claim and settle; {doubted} times a message in doubt")
    print(f"ledger: {states(settings)}; providers accepted {len(box.accepted())}")
    print("\n".join(faults[:10]) or "nobody was written to twice, nothing unexplained, no doubt left")
    return 1 if faults or not doubted or moments.total() < kills or between < 0.6 * kills else 0


def settle(settings: Settings, environment: Mapping[str, str]) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "stammis", "reconcile", "--data", settings.data],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    print(said.stdout.strip(), flush=True)


def look_for_faults(settings: Settings, rows: Sequence[Queued], box: sandbox.Sandbox) -> list[str]:
    """What providers accepted against what the ledger says, both ways."""
    taken = Counter(each["to"] for each in box.accepted())
    send_ids = {each["send_id"] for each in box.accepted()}
    with open_ledger(settings) as ledger:
        known = {row[0]: row[1:] for row in ledger.all_messages(("message_id", "state", "send_id"))}
    faults = [f"an address was accepted {times} times" for times in taken.values() if times > 1]
    for row in rows:
        state, send_id = known.get(row.message_id, ("missing", None))
        if state != "accepted":
            faults.append(f"{row.message_id} is {state} in the end")
        elif row.address not in taken or send_id not in send_ids:
            faults.append(f"{row.message_id} is accepted, but no provider has it")
    return faults


# ---------------------------------------------------------------------------- the sender everybody writes first


def naive_worker(folder: Path, url: str) -> None:
    """Ten at a time: send, then write down that it was sent."""
    with sqlite3.connect(folder / "naive.sqlite", check_same_thread=False) as book, ThreadPoolExecutor(10) as pool:
        while waiting := book.execute("select address from outbox where not is_sent limit 10").fetchall():
            list(pool.map(lambda row: naive_send(url, row[0]), waiting))
            book.executemany("update outbox set is_sent = 1 where address = ?", waiting)
            book.commit()


def naive_send(url: str, address: str) -> None:
    content = [{"type": "text/plain", "value": "Hej"}]
    mail = {
        "personalizations": [{"to": [{"email": address}]}],
        "from": {"email": "crm@lindvall.example"},
        "subject": "Hej",
        "content": content,
    }
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{url}/v3/mail/send", json.dumps(mail).encode(), headers)).close()


def torture_naively(folder: Path, box: sandbox.Sandbox, kills: int, count: int, seed: int) -> int:
    with sqlite3.connect(folder / "naive.sqlite") as book:
        book.execute("create table outbox (address text primary key, is_sent integer not null default 0)")
        book.executemany("insert into outbox (address) values (?)", [(f"p{n}@exempel.se",) for n in range(count)])
    dice, killed = random.Random(seed), 0
    while killed < kills:
        before = len(box.accepted())
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.torture_send", "--naive-worker", box.url, "--keep", folder],
            cwd=PROJECT,
        )
        while worker.poll() is None and len(box.accepted()) == before:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, LONGEST_PAUSE))
        if worker.poll() is not None:
            break
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed += 1
    twice = sum(times > 1 for times in Counter(each["to"] for each in box.accepted()).values())
    print(f"naive: {killed} kills, {len(box.accepted())} accepted, {twice} people written to twice")
    return 0 if twice else 1


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=200)
    words.add_argument("--messages", type=int, default=10_000)
    words.add_argument("--lease", type=float, default=1.0, help="seconds")
    words.add_argument("--seed", type=int, default=7)
    words.add_argument("--naive", action="store_true")
    words.add_argument("--naive-worker", help=argparse.SUPPRESS)
    words.add_argument("--keep", type=Path, help="work here and leave it behind")
    asked = words.parse_args()
    if asked.naive_worker:
        naive_worker(asked.keep, asked.naive_worker)
        return 0
    with tempfile.TemporaryDirectory(prefix="torture-send-") as scratch, sandbox.running(latency_ms=LATENCY_MS) as box:
        folder = asked.keep or Path(scratch)
        if asked.naive:
            return torture_naively(folder, box, asked.kills, asked.messages, asked.seed)
        return torture(read_settings(folder), box, asked.kills, asked.messages, asked.lease, asked.seed)


if __name__ == "__main__":
    raise SystemExit(main())
