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
KINDS = "kinds.csv"
OF_ADDRESSES = ("suppressions", "unread_words")  # tables that know addresses, and nobody behind them


@dataclass(frozen=True, slots=True)
class PeopleScore:
    """How well pairs of `records` records were found: the share of found ones that is right, of true ones found."""

    records: int
    precision: float
    recall: float


def compare_in_words(settings: Settings, truth: Path) -> list[str]:
    """Say how the published people compare with the planted ones, and which kinds of records were read wrong."""
    score = score_people(settings, truth)
    said = (
        f"Compared with the planted truth, in pairs of {score.records:,} accounts, newsletter addresses and cards: "
        f"precision {score.precision:.4f}, recall {score.recall:.4f}."
    )
    if not (truth / KINDS).exists():  # a plain shop
        return [said]
    kinds = len({row["kind"] for row in _rows(truth / KINDS)})
    wrong = score_kinds(settings, truth)
    return [said, *(wrong or [f"All {kinds} kinds of records that are easily read wrong came out as planted."])]


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


def score_kinds(settings: Settings, truth: Path, run_id: str | None = None) -> list[str]:
    """Hold a published run against truth/kinds.csv: what a kind has, and what it should have, in words."""
    known = list(_rows(truth / KINDS))
    keys = sorted({(row["kind"], key) for row in known for key in row["keys"].split()})
    found = {
        what: {
            row["kind"]: row["value"] for row in published.rows(settings, text, list(zip(*keys, strict=True)), run_id)
        }
        for what, text in {row["what"]: _asking(row["what"]) for row in known}.items()
    }
    values = [(row, found[row["what"]].get(row["kind"]) or "") for row in known]
    return [
        f"{row['kind']}: {row['what']} is {value or 'nothing'}, should be {row['value'] or 'nothing'} ({row['why']})"
        for row, value in values
        if value != row["value"]
    ]


def _asking(what: str) -> str:
    """The query of `people`, or of a table's column, for each kind: all its values as text, in order."""
    theirs = """
        with asked as (select unnest(?) as planted, unnest(?) as identifier),
        theirs as (
            select distinct planted, customer_id from {identifiers} as known
            inner join asked on lower(known.identifier) = asked.identifier
        )
        select planted as kind,
    """
    if what == "people":
        return theirs + "cast(count(*) as varchar) as value from theirs group by planted"
    table, _, column = what.partition(".")
    found = f"{{{table}}} inner join theirs using (customer_id)"
    if table in OF_ADDRESSES:
        found = f"theirs inner join {{identifiers}} using (customer_id) inner join {{{table}}} on address = identifier"
    values = f"string_agg(cast({column} as varchar), ', ' order by cast({column} as varchar))"
    return f"{theirs} {values} as value from {found} group by planted"


def _pairs(groups: Iterable[object]) -> int:
    """Count the pairs within each group."""
    return sum(count * (count - 1) // 2 for count in Counter(groups).values())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)
