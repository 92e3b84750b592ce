"""One bad file stops only itself: the others are read, and the run says which it was, why, and what to do."""

from pathlib import Path

import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, landing_report, rows
from tests.support.cases import CASES, land_case
from tests.support.landing import land, receipts
from tests.support.moments import NOW

GOOD = "pos/receipts_2025-12-01.csv"


def loaded(settings: Settings) -> dict[str, int]:
    return {f"{count.source}.{count.entity}": count.rows_loaded for count in landing_report(settings)}


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("receipts_2.csv", b'"receipt_no,store\n' + b"x,y\n" * 40_000),  # a quote that nothing closes
        ("receipts_2.csv", b"A" * 200_000 + b"\n"),
        ("receipts_2.csv", b'a,"' + b"B" * 140_000 + b'"\n1,2\n'),
        ("receipts_2.csv", b"<!DOCTYPE html><html><body>Log in</body></html>"),
        ("receipts_2.csv", b"\n\n \n"),
        ("receipts_2.csv", b"PK\x03\x04"),
        ("receipts_2.csv", b"\xff\xfea\0b\0"),
    ],
)
def test_a_file_that_is_none_is_named_and_the_others_are_read(settings: Settings, name: str, contents: bytes) -> None:
    land(settings, GOOD, receipts(1, 2))
    land(settings, f"pos/{name}", contents)
    report = ingest(settings, NOW)
    assert loaded(settings)["pos.receipts"] == 2
    named = [str(note) for note in [*report.not_read, *report.remarks]]
    quarantined = [entry for entry in report.files if entry.rows_quarantined]
    assert any(name in text for text in named) or quarantined


def test_what_nobody_foresaw_of_a_file_stops_only_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    land(settings, GOOD, receipts(1, 2))
    land(settings, "pos/receipts_2025-12-02.csv", receipts(3))
    read_header = rows.read_header

    def fails(head: bytes, columns: object) -> object:
        if b"R3" in head:
            raise RecursionError("somebody's row")
        return read_header(head, columns)  # type: ignore[arg-type]

    monkeypatch.setattr(rows, "read_header", fails)
    report = ingest(settings, NOW)
    (note,) = report.not_read
    assert "receipts_2025-12-02.csv: not read: an error nobody foresaw, RecursionError in" in str(note)
    assert "somebody" not in str(note)
    assert loaded(settings)["pos.receipts"] == 2


def test_the_cases_of_it(settings: Settings) -> None:
    land_case(settings, "data_1_long_first_line", keep_names=True)
    land(settings, "pos/members_open_quote.csv", _case("contain_header/members_open_quote.csv"))
    report = ingest(settings, NOW)
    assert sorted(note.file for note in report.not_read) == [
        "pos/members_open_quote.csv",
        "shopify/orders_export_2.csv",
    ]
    assert loaded(settings)["newsletter.members"] == 2


def _case(place: str) -> bytes:
    file: Path = CASES / place
    if not file.exists():
        pytest.skip(f"no {place} in {CASES} (set STAMMIS_CASES)")
    return file.read_bytes()
