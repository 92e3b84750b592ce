"""Writes all kinds' exports, and truth/kinds.csv: what must be known of each."""

import csv
from datetime import timedelta
from pathlib import Path

from stammis.demo.kinds import everyday, orders, people, refusals, shops
from stammis.demo.kinds.files import write_records
from stammis.demo.people import AS_OF

KINDS = orders.ORDERS + orders.RETURNS + people.PEOPLE + refusals.REFUSALS + shops.SHOPS


def write_kinds(landing: Path, truth: Path) -> dict[str, int]:
    """Write all kinds' exports and truth/kinds.csv; returns how many records each export has."""
    with (truth / "kinds.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "why", "keys", "what", "value"))
        for kind in KINDS:
            keys = " ".join(kind.known_by())
            writer.writerows((kind.name, kind.why, keys, *known) for known in kind.truth.items())
    records = [record for kind in KINDS for record in kind.records]
    return write_records(landing, [*records, *everyday.bring(0)], 0)


def write_later_day(folder: Path, days: int) -> None:
    """Write folder/days/<date>/ of so many days after AS_OF: what comes of the sources that the kinds' people use."""
    day = (AS_OF + timedelta(days=days)).date()
    write_records(folder / "days" / f"{day}", everyday.bring(days), days)
