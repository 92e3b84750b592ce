"""Kill `stammis deliver` again and again while it sends; nothing may be written twice, nothing lost.

    python -m tests.proofs.torture_deliver [--kills 20] [--messages N] [--lease 1] [--seed 7] [--keep DIR]

A kill (SIGKILL) counts when it falls between claim and settle, as the ledger shows right after it. After
each, a new run withdraws what is unclaimed and queues every message again, as a scheduler would; then the
next worker starts. The evidence is the files: each holds the message id it was written for.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from stammis.core.settings import PROJECT, Settings, read_settings
from stammis.ledger import Queued, open_ledger

AS_OF = datetime.fromisoformat("2025-12-10T09:00")
DELIVER = [sys.executable, "-c", "from stammis.commands import app; app()", "deliver"]


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=20, help="kills between claim and settle")
    words.add_argument("--messages", type=int, help="default: 250 for each kill")
    words.add_argument("--lease", type=float, default=1.0, help="seconds")
    words.add_argument("--seed", type=int, default=7)
    words.add_argument("--keep", type=Path, help="keep the data folder here")
    chosen = words.parse_args()
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="torture-"))
    settings = read_settings(folder)
    rows = queue_rows(settings, chosen.messages or 250 * chosen.kills)
    dice, moments, wasted, doubted = random.Random(chosen.seed), Counter[str](), 0, 0
    for run in range(1, 20 * chosen.kills):
        if moments.total() == chosen.kills or not decide_again(settings, rows, run):
            break
        moment = kill_one(settings, chosen.lease, dice)
        doubted += states(settings).get("intended", 0)
        if moment:
            moments[moment] += 1
        else:
            wasted += 1
        time.sleep(chosen.lease)
    runs = 0
    while decide_again(settings, rows, 1000 + runs) and runs < 20:
        subprocess.run(
            [*DELIVER, "--data", folder, "--lease", str(chosen.lease)], check=True, stdout=subprocess.DEVNULL
        )
        runs, _ = runs + 1, time.sleep(chosen.lease)
    faults = look_for_faults(settings, rows)
    typer.echo(f"{len(rows)} messages, lease {chosen.lease} s")
    typer.echo(
        f"{moments.total()} kills between claim and settle, {wasted} missed it; {doubted} times a message in doubt"
    )
    for moment, count in sorted(moments.items()):
        typer.echo(f"  {count:>4} killed with {moment}")
    with open_ledger(settings) as ledger:
        typer.echo(f"ledger: {ledger.counts()}; {runs} deliveries to the end")
    typer.echo("\n".join(faults[:10]) or "no message written twice, nothing unexplained")
    if len(faults) > 10:
        typer.echo(f"... {len(faults)} faults")
    if not chosen.keep:
        shutil.rmtree(folder)
    return 1 if faults or moments.total() < chosen.kills else 0


def queue_rows(settings: Settings, count: int) -> list[Queued]:
    """A published outbox of made-up people, e-mails and texts, and its rows as the ledger takes them."""
    context = json.dumps(
        {
            "customer": {"first_name": "Åsa", "last_name": "Öberg"},
            "order": None,
            "offer": {"name": "win_back_15", "percent": 15, "expires_date": "2025-12-24"},
        }
    )
    outbox, queued = [], []
    for number in range(count):
        channel = "sms" if number % 4 == 0 else "email"
        row = {
            "message_id": f"{number:032x}",
            "journey": "win_back",
            "step": "your_code",
            "customer_id": f"customer-{number}",
            "entry_key": f"order-{number}",
            "channel": channel,
            "address": f"+4670{number:07}" if channel == "sms" else f"person{number}@exempel.se",
            "purpose": "marketing",
            "template_version": "v1",
            "offer": "win_back_15",
        }
        queued.append(Queued(**row))  # type: ignore[arg-type]
        outbox.append(
            row
            | {"locale": "sv", "time_zone": "Europe/Stockholm", "expires_at": AS_OF + timedelta(days=3)}
            | {"variant": None, "opens_hour": None, "closes_hour": None, "sunday_opens_hour": None, "context": context}
        )
    table = settings.published / "outbox" / "outbox.parquet"
    table.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(outbox), table)
    return queued


def decide_again(settings: Settings, rows: Sequence[Queued], run: int) -> int:
    """A new run: take back what nobody claimed and queue all again; returns how many are not there yet."""
    run_id = f"20251210T090000Z-{run}"
    (settings.published / run_id).symlink_to("outbox")
    with open_ledger(settings) as ledger:
        ledger.withdraw_unclaimed()
        accepted = ledger.counts().get("accepted", 0)
        ledger.commit_run(run_id, AS_OF, rows)
        return len(rows) - accepted


def kill_one(settings: Settings, lease: float, dice: random.Random) -> str | None:
    """Start a worker and kill it a random while after it claimed or intended; returns where it was."""
    awaited, pause = dice.choice(("claimed", "intended", "intended")), dice.choice((0, dice.uniform(0, 0.3)))
    worker = subprocess.Popen(
        [*DELIVER, "--data", settings.data, "--lease", str(lease)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=PROJECT,
    )
    while awaited not in states(settings) and worker.poll() is None:
        time.sleep(0.001)
    time.sleep(pause)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    return where_it_was(settings)


def states(settings: Settings) -> dict[str, int]:
    with sqlite3.connect(f"file:{settings.ledger}?mode=ro", uri=True) as ledger:
        return dict(ledger.execute("select state, count(*) from messages group by state").fetchall())


def where_it_was(settings: Settings) -> str | None:
    """What a kill left behind: rows claimed or intended, and how many of their files; None: it missed."""
    with sqlite3.connect(f"file:{settings.ledger}?mode=ro", uri=True) as ledger:
        begun = [each for (each,) in ledger.execute("select send_id from messages where state = 'intended'")]
    if not begun:
        return "a batch claimed, nothing intended" if states(settings).get("claimed") else None
    there = sum(any(path.exists() for path in places(settings, send_id)) for send_id in begun)
    if there in (0, len(begun)):
        return "a batch intended, " + ("all of it sent" if there else "nothing sent")
    return "a batch intended, some of it sent"


def places(settings: Settings, send_id: str) -> list[Path]:
    return [settings.messages / "email" / f"{send_id}.eml", settings.messages / "sms" / f"{send_id}.txt"]


def read_written(settings: Settings) -> dict[str, list[str]]:
    """message_id -> the send ids of the files written for it: the evidence, whatever the ledger believes."""
    written: dict[str, list[str]] = {}
    for folder in ("email", "sms"):
        for entry in os.scandir(settings.messages / folder):
            if entry.is_file():
                head = Path(entry.path).read_bytes().partition(b"X-Stammis-Message-Id: ")[2]
                written.setdefault(head.split()[0].decode(), []).append(Path(entry.path).stem)
    return written


def look_for_faults(settings: Settings, rows: Sequence[Queued]) -> list[str]:
    """Compare what was written with what the ledger says, both ways."""
    written = read_written(settings)
    with open_ledger(settings) as ledger:
        known = {row[0]: row[1:] for row in ledger.all_messages(("message_id", "state", "send_id"))}
    faults = [f"{message_id} was written {len(ids)} times" for message_id, ids in written.items() if len(ids) > 1]
    for row in rows:
        state, send_id = known.get(row.message_id, ("missing", None))
        if state != "accepted":
            faults.append(f"{row.message_id} is {state} in the end")
        elif written.get(row.message_id) != [send_id]:
            faults.append(f"{row.message_id} is accepted, but its file is not there")
    return faults


if __name__ == "__main__":
    sys.exit(main())
