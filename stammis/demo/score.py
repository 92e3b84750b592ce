"""Scores how well a run found the demo shop's people: compares pairs of source records with the planted truth.

It scores records that describe a person: web shop accounts, newsletter addresses, cards. A pair is right when
truth/identity.csv gives both records the same person.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stammis.core.settings import Settings
from stammis.warehouse import published

RECORDS = {
    "shopify/customers_export.csv": ("Customer ID", "shop_customer"),
    "newsletter/subscribed_members_export.csv": ("Email Address", "email"),
    "newsletter/unsubscribed_members_export.csv": ("Email Address", "email"),
    "newsletter/cleaned_members_export.csv": ("Email Address", "email"),
    "pos/members.csv": ("member_card", "member_card"),
}


@dataclass(frozen=True, slots=True)
class PeopleScore:
    """How well pairs of `records` records were found: the share of found ones that is right, of true ones found."""

    records: int
    precision: float
    recall: float


def score_people(settings: Settings, truth: Path, run_id: str | None = None) -> PeopleScore:
    """Score a published run (the current one unless named) of a shop written by write_shop."""
    kinds = {"shopify_customer": "shop_customer", "member_card": "member_card", "email": "email"}
    person_of = {
        (kinds[row["key_type"]], row["key"].lower()): row["person_id"]
        for row in _rows(truth / "identity.csv")
        if row["key_type"] in kinds
    }
    records = {
        (kind, row[column].lstrip("'").strip().lower())
        for name, (column, kind) in RECORDS.items()
        for row in _rows(settings.landing / name)
    }
    found = published.rows(
        settings,
        "select distinct identifier_type, lower(identifier) as identifier, customer_id from {identifiers}",
        run_id=run_id,
    )
    ours = [
        (row["customer_id"], person_of[row["identifier_type"], row["identifier"]])
        for row in found
        if (row["identifier_type"], row["identifier"]) in records
    ]
    right = _pairs(ours)
    together = _pairs(customer for customer, _ in ours)
    true = _pairs(person_of[record] for record in records)
    return PeopleScore(len(records), right / max(together, 1), right / max(true, 1))


def _pairs(groups: Iterable[object]) -> int:
    """Count the pairs within each group."""
    return sum(count * (count - 1) // 2 for count in Counter(groups).values())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)
