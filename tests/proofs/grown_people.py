"""Issue 5: ten times the records are ten times the work, and precision holds.

5,000 and 50,000 records of invented people: names, streets and postcodes drawn from FEBRL's word lists, birth dates
from eighty years, and two people in five recorded twice or three times, with the slips FEBRL makes: letters changed,
left out or added, names swapped, replaced or missing, a date or a postcode mistyped, somebody who has moved.
"""

import csv
import random
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.proofs.known_people import recognise, score, write_source
from tests.support.places import SAMPLES

SIZES = (5_000, 50_000)
HEADER = ("rec_id", "given_name", "surname", "street_number", "address_1", "postcode", "date_of_birth")
FIRST_BIRTH, BIRTH_DAYS = date(1925, 1, 1), 80 * 365
LETTERS = "abcdefghijklmnopqrstuvwxyz"
COUNTED = ("keys", "edges", "compared", "pairs", "shared")
EDGES = """
    select
        (select count(*) from intermediate.int_records_keyed) as keys,
        sum(record_count) filter (where not is_shared) as edges,
        sum(record_count) filter (where name_count is not null) as compared,
        sum(record_count * (record_count - 1) // 2) filter (where not is_shared) as pairs,
        count(*) filter (where is_shared) as shared
    from intermediate.int_keys_judged
"""


def invent(words: list[dict[str, str]], count: int, dice: random.Random) -> list[dict[str, str]]:
    """`count` records of invented people, each recorded once, twice or three times."""
    records: list[dict[str, str]] = []
    person = 0
    while len(records) < count:
        found = {name: dice.choice(words)[name] for name in HEADER}
        found["date_of_birth"] = f"{FIRST_BIRTH + timedelta(days=dice.randrange(BIRTH_DAYS)):%Y%m%d}"
        found["street_number"] = str(dice.randrange(1, 200))
        for telling in range(dice.choice((1, 1, 1, 2, 3))):
            slips = dice.randrange(1, 4) if telling else 0
            record = dict(found)
            for _ in range(slips):
                record = slip(record, words, dice)
            records.append({**record, "rec_id": f"rec-{person}-{telling}"})
        person += 1
    return records[:count]


def slip(record: dict[str, str], words: list[dict[str, str]], dice: random.Random) -> dict[str, str]:
    """One mistake in one field."""
    name = dice.choice(HEADER[1:])
    kind = dice.choice(("letter", "letter", "letter", "missing", "replaced", "swapped"))
    if kind == "swapped" and name in ("given_name", "surname"):
        return {**record, "given_name": record["surname"], "surname": record["given_name"]}
    if kind == "missing":
        return {**record, name: ""}
    if kind == "replaced" and name != "date_of_birth":
        return {**record, name: dice.choice(words)[name]}
    text = record[name]
    if not text:
        return record
    spot = dice.randrange(len(text))
    letter = dice.choice(LETTERS if text[spot].isalpha() else "0123456789")
    changed = dice.choice(
        (text[:spot] + text[spot + 1 :], text[:spot] + letter + text[spot + 1 :], text[:spot] + letter + text[spot:])
    )
    return {**record, name: changed}


def keys_grow_with_the_records(work: Path, samples: Path) -> str:
    """Issue 5: 50,000 records make ten times the candidate edges of 5,000, not a hundred times; precision >= .995."""
    with (SAMPLES / "identity" / "dataset2.csv").open(encoding="utf-8") as lines:
        words = [{name.strip(): cell.strip() for name, cell in row.items()} for row in csv.DictReader(lines)]
    project = work / "grown_project"
    write_source(project)
    counts, lines = [], []
    for size in SIZES:
        people = invent(words, size, random.Random(size))
        landing = work / f"grown_{size}" / "landing"
        (landing / "known").mkdir(parents=True)
        with (landing / "known" / "people.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HEADER)
            writer.writeheader()
            writer.writerows(people)
        settings = recognise(project, work / f"grown_{size}" / "data", landing)
        truth = {f"known:{row['rec_id']}": row["rec_id"].split("-")[1] for row in people}
        recall, precision = score(settings, truth)
        with duckdb.connect(str(settings.warehouse), read_only=True) as reader:
            found = dict(zip(COUNTED, reader.sql(EDGES).fetchall()[0], strict=True))
        assert precision >= 0.995, (size, recall, precision, found)
        counts.append(found)
        lines.append(
            f"{size:,} records: {found['keys']:,} keys, {found['edges']:,} edges of record to key, "
            f"{found['compared']:,} compared by name, {found['pairs']:,} pairs they stand for, "
            f"{found['shared']:,} keys shared, recall {recall:.3f} precision {precision:.4f}"
        )
    small, large = counts
    for what in COUNTED[:-1]:
        assert large[what] <= 1.5 * small[what] * SIZES[1] / SIZES[0], (what, counts)
    return "; ".join(lines)
