"""One impossible movement of points, seen where people look: the run's state, its artifact, and `why`."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from stammis.commands.demo import prefect_server
from stammis.core.settings import PROJECT
from stammis.demo import AS_OF, write_shop
from tests.proofs.commands import query, stammis
from tests.support.places import TEMPLATES

CUSTOMERS, SEED = 400, 7


def impossible_points_stop_tier_nudge(work: Path, samples: Path) -> str:
    """Issue 3: points below zero stop tier_nudge alone: run state, artifact, why; the outbox is as with it disabled."""
    shop = work / "points_shop"
    write_shop(shop, customers=CUSTOMERS, seed=SEED)
    off = work / "points_off"
    subprocess.run(["cp", "-r", str(TEMPLATES), str(off)], check=True)
    journey = off / "tier_nudge" / "journey.yaml"
    journey.write_text(journey.read_text().replace("enabled: true", "enabled: false"))
    moment = f"{AS_OF:%Y-%m-%dT%H:%M:%S}+00:00"
    stammis("run", "--landing", shop / "landing", "--data", off / "data", "--templates", off, "--as-of", moment)
    cards = "select identifier, customer_id from {identifiers} where identifier_type = 'member_card' order by 1"
    card, customer = query(off / "data", cards)[0]
    slip = shop / "landing" / "programme" / "points_movements_2025-12-09.csv"
    slip.parent.mkdir(exist_ok=True)
    slip.write_text(
        f"movement_id,member_card,points,reason,moved_at\nslip-1,{card},-9999999,correction,2025-12-09 10:00:00\n"
    )
    with prefect_server(work / "points_prefect") as api:
        run_flow(api, work / "points_prefect", shop, moment)
        (run,) = ask(api, "flow_runs/filter")
        (artifact,) = ask(api, "artifacts/filter")
    named = "tier_nudge by assert_no_points_are_overdrawn (1)"
    assert (run["state_type"], run["state_name"]) == ("FAILED", "Held"), run["state_name"]
    assert named in run["state"]["message"], run["state"]["message"]
    assert run["name"].endswith(" UTC: tier_nudge held by assert_no_points_are_overdrawn"), run["name"]
    assert "| tier_nudge | assert_no_points_are_overdrawn | 1 |" in artifact["data"], artifact["data"]
    others = "select * from {outbox} where journey <> 'tier_nudge' order by message_id"
    held, disabled = query(shop / "data", others), query(off / "data", others)
    assert held == disabled and len(held) > 20, (len(held), len(disabled))
    assert not query(shop / "data", "select 1 from {outbox} where journey = 'tier_nudge'")
    why = stammis("why", customer, "--data", shop / "data")
    assert "assert_no_points_are_overdrawn" in why, why
    return f"state {run['state_name']}: {run['state']['message']}; {len(held)} rows of the others equal"


def run_flow(api: str, home: Path, shop: Path, moment: str) -> None:
    subprocess.run(
        [
            sys.executable,
            PROJECT / "flows" / "send_due.py",
            "--as-of",
            moment,
            "--data",
            shop / "data",
            "--landing",
            shop / "landing",
        ],
        env={**os.environ, "PREFECT_API_URL": api, "PREFECT_HOME": str(home)},
        capture_output=True,
        check=False,
    )


def ask(api: str, question: str) -> list[dict[str, object]]:
    asked = urllib.request.Request(f"{api}/{question}", data=b"{}", headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        found: list[dict[str, object]] = json.load(answer)
        return found
