# ruff: noqa: T201
"""Issue 3: a fortnight of the generated shop says the same to the same people on every machine.

    python -m tests.proofs.golden_fortnight [--write]

Fourteen days, one run each, one process. The hash is of every (day, message_id, journey, step) that was queued; it
stands in golden_fortnight.txt, and changes when ids are keyed anew or a rule decides otherwise. --write accepts that.
"""

import argparse
import hashlib
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from stammis import cycle as cycles
from stammis import published
from stammis.demo import AS_OF, write_shop
from stammis.demo_days import land_day
from stammis.settings import Settings, keep_quiet

CUSTOMERS, SEED, DAYS = 500, 7, 14
GOLDEN = Path(__file__).with_suffix(".txt")


def fortnight(folder: Path) -> tuple[str, Counter[str]]:
    """The hash of what fourteen days said, and how many messages each journey had."""
    write_shop(folder, customers=CUSTOMERS, seed=SEED, days=DAYS - 1)
    settings = Settings(data=folder / "data", landing=folder / "landing")
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
        print(f"{moment:%F} {cycles.ending(cycle).name}: {cycles.ending(cycle).message}", flush=True)
    return said.hexdigest(), counts


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--write", action="store_true", help="accept what came out as the golden hash")
    asked = words.parse_args()
    keep_quiet()
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found, counts = fortnight(Path(folder))
    print(f"{sum(counts.values())} messages {dict(sorted(counts.items()))}, {time.perf_counter() - started:.0f} s")
    if asked.write:
        GOLDEN.write_text(found + "\n")
    golden = GOLDEN.read_text().strip() if GOLDEN.exists() else "none yet: run with --write"
    print(f"found  {found}\ngolden {golden}")
    return 0 if found == golden else 1


if __name__ == "__main__":
    raise SystemExit(main())
