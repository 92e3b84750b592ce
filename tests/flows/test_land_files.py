"""The collector's run says what landed and is red where somebody must look. No server here."""

from pathlib import Path

from flows import land_files
from stammis.intake.collect.inbox import Collected

LANDED = Collected("zendesk/tickets.csv", "zendesk", "landed", 1200)
KNOWN = Collected("zendesk/users.csv", "zendesk", "landed before", 300)
WAITING = Collected("ads/spend.csv.part", "ads", "still being written", 10, "its name says so")
UNKNOWN = Collected("ads/spent.csv", "ads", "unknown", 20, "no table has files of this name; expected ads/spend*")


def test_a_run_says_how_much_landed_and_what_waits() -> None:
    ended = land_files.ending_of([LANDED, KNOWN, WAITING])
    assert ended.is_completed()
    assert ended.message == "1 files landed, 1,200 bytes; ads/spend.csv.part: still being written, its name says so"
    assert land_files.ending_of([KNOWN]).message == "nothing new"


def test_a_file_that_no_source_expects_makes_the_run_red() -> None:
    ended = land_files.ending_of([LANDED, UNKNOWN])
    assert (ended.name, ended.is_failed()) == ("Left behind", True)
    assert "ads/spent.csv: unknown, no table has files of this name" in str(ended.message)


def test_what_stays_by_agreement_is_listed_once() -> None:
    files = [LANDED, KNOWN, WAITING, UNKNOWN]
    assert [each.file for each in files] == [row["file"] for row in land_files.rows_of(files, leave=False)]
    assert KNOWN.file not in [row["file"] for row in land_files.rows_of(files, leave=True)]
    assert land_files.rows_of(files, leave=True)[-1] == {
        "file": "ads/spent.csv",
        "source": "ads",
        "bytes": 20,
        "became": "unknown",
        "note": "no table has files of this name; expected ads/spend*",
    }


def test_an_inbox_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    refused = land_files.land_files.fn(inbox=str(tmp_path / "nowhere"), data=str(tmp_path))
    assert (refused.name, refused.is_failed()) == ("Refused", True)
    assert "nowhere: there is no such inbox; name it with STAMMIS_INBOX" in str(refused.message)


def test_every_field_of_the_form_says_what_belongs_in_it() -> None:
    fields = land_files.land_files.parameters.properties
    assert set(fields) == {"inbox", "leave", "quiet_seconds", "data"}
    assert all(field.get("description") for field in fields.values())
