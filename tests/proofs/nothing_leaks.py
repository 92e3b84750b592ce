"""Nobody's address or number, and no key, in a log at DEBUG, an artifact, an error, Prefect's database or metadata."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stammis import sandbox
from stammis.commands.demo import prefect_server
from stammis.core.settings import PROJECT
from stammis.demo import AS_OF, write_shop
from tests.proofs.commands import query

KEYS = ("SG.canary-key-of-sendgrid", "canary-token-of-twilio")
FAULTS = ("reset_after", "400", "500", "garbage_after", "partial_after", "disconnect")


def no_address_and_no_key_leaks(work: Path, samples: Path) -> str:
    """Issue 4: no address, number or key of a run through both SDKs, with faults, in logs, artifacts or metadata."""
    home = work / "leaks"
    write_shop(home, customers=400, seed=11)
    faults = {f"{provider}.{fault}": 0.06 for provider in ("sendgrid", "twilio") for fault in FAULTS}
    with sandbox.running(faults=faults, keys=KEYS) as box, prefect_server(home / "prefect") as api:
        environment = {
            **os.environ,
            **box.environment,
            "SENDGRID_API_KEY": KEYS[0],
            "TWILIO_AUTH_TOKEN": KEYS[1],
            "PREFECT_API_URL": api,
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_LOGGING_LEVEL": "DEBUG",
            "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
        }
        begun = [
            sys.executable,
            "flows/send_due.py",
            "--as-of",
            f"{AS_OF:%Y-%m-%dT%H:%M:%S}+00:00",
            "--data",
            str(home / "data"),
            "--landing",
            str(home / "landing"),
            "--show-models",
        ]
        ran = subprocess.run(begun, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        (home / "flow.log").write_text(ran.stdout + ran.stderr)
        customer = query(home / "data", "select min(customer_id) from {outbox}")[0][0]
        asked = f"from operate import why_not; why_not({customer!r}, data={str(home / 'data')!r}, return_state=True)"
        ran = subprocess.run(
            [sys.executable, "-c", asked],
            cwd=PROJECT / "flows",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        (home / "why.log").write_text(ran.stdout + ran.stderr)
        accepted = box.accepted()
        metadata = [{name: each[name] for name in ("custom_args", "categories", "callback")} for each in accepted]
        (home / "metadata.json").write_text(json.dumps(metadata))
        met = len({request["fault"] for request in box.requests()} - {None})
    people = query(
        home / "data",
        "select address from {outbox} union select identifier from {identifiers} "
        "where identifier_type in ('email', 'phone')",
    )
    addresses = {str(address) for (address,) in people}
    assert len(accepted) > 50 and met > 5 and "why not" in (home / "why.log").read_text(), (len(accepted), met)
    canaries = [each.lower().lstrip("+").encode() for each in (*addresses, *KEYS)]
    places = list(logs(home))
    for place in places:
        content = place.read_bytes().lower()
        found = [canary for canary in canaries if canary in content]
        assert not found, f"{place.relative_to(home)} holds {len(found)} addresses, numbers or keys"
    read = sum(place.stat().st_size for place in places)
    return f"{len(addresses)} addresses and numbers, {len(KEYS)} keys: 0 hits in {len(places)} files of {read:,} bytes"


def logs(home: Path) -> Iterator[Path]:
    """What is no store of people, but might have caught one."""
    yield from (home / "flow.log", home / "why.log", home / "metadata.json")
    yield from (path for path in (home / "prefect").rglob("*") if path.is_file())
    yield from (home / "data" / "dbt" / "logs").rglob("*.log*")
    yield home / "data" / "dbt" / "target" / "run_results.json"
