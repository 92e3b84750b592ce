# ruff: noqa: T201
"""One suppressed address that, made opted-in in the exports, is one more message: the list must notice it.

python -m tests.proofs.opted_in CHANNELS_DIR [AS_OF]      lists the addresses that would do
"""

import csv
import gzip
import json
import sys
from datetime import datetime
from pathlib import Path

from .five_journeys import Entry, journeys
from .sample_truth import LISTS, Sample, clean, export, json_lines, known, read_sample, rows, utc

BLOCKING = {"bounce", "dropped", "unsubscribe", "group_unsubscribe", "spamreport"}


def candidates(sample: Sample, as_of: datetime) -> list[Entry]:
    """Suppressed e-mails which, opted in, give one message more; not of people who wrote a review since."""

    def messages(state: Sample) -> dict[tuple[str, str, str], Entry]:
        lists = journeys(state, as_of).items()
        return {(name, e.person, e.key): e for name, entries in lists for e in entries if e.verdict == "due"}

    before, ordered_at, found = messages(sample), {o.order_id: o.ordered_at for o in sample.orders}, []
    for entry in journeys(sample, as_of)["review_request"]:
        for email in known(sample, entry.person, "email") & sample.suppressed:
            freed = {"opted_in": sample.opted_in | {email}, "suppressed": sample.suppressed - {email}}
            after = messages(Sample(**{**vars(sample), **freed}))
            message = "review_request", entry.person, entry.key
            reviewed = any(at > ordered_at[entry.key] for at in sample.reviewed[email])
            if set(after) - set(before) == {message} and len(after) == len(before) + 1 and not reviewed:
                found.append(after[message])
    return found


def evidence(channels: Path, email: str) -> list[str]:
    """The landing rows that suppress an address."""
    listed = [
        f"{path}: {[value for value in row.values() if value]}"
        for path in LISTS
        for row in rows(channels / path)
        if clean("email", row["Email Address"]) == email
    ]
    path = export(channels, "sendgrid/events.jsonl")
    return listed + [
        f"{path.name}: {event}"
        for event in json_lines(path)
        if event["event"] in BLOCKING and clean("email", event["email"]) == email
    ]


def make_opted_in(landing: Path, email: str) -> None:
    """Edit a copy of the landing folder: one address subscribed and confirmed, its blocking events gone."""
    tables = {path: list(rows(landing / path)) for path in LISTS}
    everyone = (row for table in tables.values() for row in table)
    listed = [row for row in everyone if clean("email", row["Email Address"]) == email]
    moved = listed[0]
    moved["CONFIRM_TIME"] = moved["CONFIRM_TIME"] or moved["OPTIN_TIME"]
    for path, table in tables.items():
        (landing / path).chmod(0o644)  # a copy of a read-only file is read-only
        with open(landing / path, "w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, list(table[0]), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows([row for row in table if row not in listed] + [moved] * (path == LISTS[0]))
    path = export(landing, "sendgrid/events.jsonl")
    kept = [
        json.dumps(event) + "\n"
        for event in json_lines(path)
        if event["event"] not in BLOCKING or clean("email", event["email"]) != email
    ]
    path.chmod(0o644)
    text = "".join(kept).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)


def main() -> None:
    channels, as_of = Path(sys.argv[1]), utc(" ".join(sys.argv[2:]) or "2025-12-10T10:00Z")
    for entry in candidates(read_sample(channels), as_of):
        print(*entry[:3], *(line for email in entry.addresses for line in evidence(channels, email)))


if __name__ == "__main__":
    main()
