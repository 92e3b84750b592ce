# ruff: noqa: T201
"""Issue 3: a fortnight of the generated shop says the same to the same people on every machine.
Issue 5: its eighth day, looked back to when all of it is known, is what was built with only that day's files.

    python -m tests.proofs.golden_fortnight [--write]

Fourteen days, one run each, one process. The hash is of every (day, message_id, journey, step) that was queued; it
stands in golden_fortnight.txt, and changes when ids are keyed anew or a rule decides otherwise. --write accepts that.
"""

import argparse
import hashlib
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from stammis.core.settings import Settings, disable_telemetry
from stammis.demo import AS_OF, write_shop
from stammis.demo.days import land_day
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import published
from tests.proofs.commands import stammis
from tests.support.places import settings_in

CUSTOMERS, SEED, DAYS = 500, 7, 14
# about a run, or about what became of messages since: not what was known of people
NOT_MARTS = {
    "clock",
    "journeys",
    "journey_steps",
    "held_journeys",
    "landing_report",
    "journey_results",
    "journey_goals",
}
GOLDEN = Path(__file__).with_suffix(".txt")


def fortnight(folder: Path) -> tuple[str, Counter[str]]:
    """The hash of what fourteen days said, and how many messages each journey had."""
    write_shop(folder, customers=CUSTOMERS, seed=SEED, days=DAYS - 1)
    settings = settings_in(folder)
    said, counts = hashlib.sha256(), Counter[str]()
    for number in range(DAYS):
        moment = AS_OF + timedelta(days=number)
        if number:
            land_day(folder, moment.date())
        cycle = cycles.Cycle(settings, moment)
        for _, phase in cycles.PHASES:
            phase(cycle)
        query = "select message_id, journey, step from {outbox} order by 1, 2, 3"
        for row in published.rows(settings, query, run_id=cycle.run_id):
            said.update(f"{moment:%F} {row['message_id']} {row['journey']} {row['step']}\n".encode())
            counts[row["journey"]] += 1
        print(f"{moment:%F} {report.ending(cycle).name}: {report.ending(cycle).message}", flush=True)
    return said.hexdigest(), counts


def differences(settings: Settings, moment: datetime, folder: Path) -> dict[str, int]:
    """Tables that differ between the run of a past moment and a look back to it, with how many rows do."""
    stammis("look-back", f"{moment:%Y-%m-%dT%H:%MZ}", "--data", settings.data, "--out", folder)
    then = settings.published / f"{moment:%Y%m%dT%H%M%SZ}-1"
    found, compared = {}, 0
    with duckdb.connect() as database:
        for file in sorted(folder.glob("*.parquet")):
            if file.stem in NOT_MARTS or file.stem.startswith("rules_"):
                continue
            sides = [f"(from read_parquet('{side / file.name}'))" for side in (then, folder)]
            count = "select count(*) from (from {} except all from {})"
            rows = sum(database.execute(count.format(*pair)).fetchall()[0][0] for pair in (sides, sides[::-1]))
            found |= {file.stem: rows} if rows else {}
            compared += 1
    assert compared > 15, f"only {compared} tables were compared"
    return found


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--write", action="store_true", help="accept what came out as the golden hash")
    asked = words.parse_args()
    disable_telemetry()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found, counts = fortnight(Path(folder))
        settings = Settings(data=Path(folder) / "data", landing=Path(folder) / "landing")
        differing = differences(settings, AS_OF + timedelta(days=7), Path(folder) / "past")
    print(f"{sum(counts.values())} messages {dict(sorted(counts.items()))}, {time.perf_counter() - started:.0f} s")
    if asked.write:
        GOLDEN.write_text(found + "\n")
    golden = GOLDEN.read_text().strip() if GOLDEN.exists() else "none yet: run with --write"
    print(f"found  {found}\ngolden {golden}")
    print(f"the eighth day looked back to: {differing or 'every mart and audience as it was'}")
    return 0 if found == golden and not differing else 1


if __name__ == "__main__":
    raise SystemExit(main())
