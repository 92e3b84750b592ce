"""What is no header, or no text of ours, says what was seen and what to do; what is one is read."""

import codecs
import json

import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, not_read, quarantined
from stammis.intake.headers import MOST_COLUMNS
from tests.support.landing import MOVEMENTS, RECEIPTS, counts, event, land, receipt, receipts, rows
from tests.support.moments import AS_OF

GOOD = receipts(1)
FIRST = "its first line has"


def land_beside_a_good_one(settings: Settings, contents: str | bytes, place: str = "pos/receipts_2.csv") -> None:
    land(settings, "pos/receipts_1.csv", GOOD)
    land(settings, place, contents)
    ingest(settings, AS_OF)
    assert ("R1",) in rows(settings, "pos", "receipts", "receipt_no"), "the good file beside it"


def wide(columns: int, name: str = "x") -> str:
    added = columns - RECEIPTS.count(",") - 1
    return f"{RECEIPTS.strip()}{f',{name}' * added}\n{receipt(2).strip()}{',1' * added}\n"


@pytest.mark.parametrize(
    ("contents", "why"),
    [
        ("sep=;", "not read: it holds no header, only the line sep=;"),
        ("sep=;\n", "not read: it holds no header, only the line sep=;"),
        ('\ufeff"sep=,"\r\n\r\n', 'not read: it holds no header, only the line "sep=,"'),
        ("sep=|\r", "not read: it holds no header, only the line sep=|"),
        (codecs.BOM_UTF32_LE + GOOD.encode("utf-32-le"), "not read: it is UTF-32; export it as UTF-8"),
        (codecs.BOM_UTF32_BE + GOOD.encode("utf-32-be"), "not read: it is UTF-32; export it as UTF-8"),
        (codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le"), "not read: it is UTF-16; export it as UTF-8"),
        (codecs.BOM_UTF16_BE + GOOD.encode("utf-16-be"), "not read: it is UTF-16; export it as UTF-8"),
        (GOOD.encode("utf-16-le"), "not read: it is UTF-16; export it as UTF-8"),
        (GOOD.encode("utf-16-be"), "not read: it is UTF-16; export it as UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "not read: it is a spreadsheet; save it as CSV"),
        (b"%PDF-1.7\n", "not read: it is a PDF"),
        (wide(5_000), f"not read: {FIRST} 5,000 columns, and no export has more than 1,000"),
        (wide(50_000), f"not read: {FIRST} 50,000 columns, and no export has more than 1,000"),
        (wide(1_001, "a_longer_name"), f"not read: {FIRST} 1,001 columns, and no export has more than 1,000"),
        (wide(50_000, "a_longer_name"), f"not read: {FIRST} more than 262,144 bytes"),
        (RECEIPTS.strip() + "," * (16_384 - 14), f"not read: {FIRST} 16,384 columns"),
    ],
)
def test_a_file_of_which_nothing_can_be_read_says_why(settings: Settings, contents: str | bytes, why: str) -> None:
    land_beside_a_good_one(settings, contents)
    (note,) = not_read(settings)
    assert (note.file, note.text[: len(why)]) == ("pos/receipts_2.csv", why)
    assert counts(settings) == {"pos.receipts": (1, 1, 0, 0)}


def test_a_header_as_wide_as_any_is_read(settings: Settings) -> None:
    land_beside_a_good_one(settings, wide(MOST_COLUMNS))
    assert counts(settings) == {"pos.receipts": (2, 2, 0, 0)}


ABOVE = "the header stands on line {}: delete the lines above it, and land the file under a new name"


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        ("Receipts of November\n" + receipts(2, 3), ABOVE.format(2)),
        ("Receipts of November\r\rby Anna, Eva\r" + receipts(2, 3).replace("\n", "\r"), ABOVE.format(4)),
        ("Receipts;;;\n\n" + receipts(2, 3).replace(",", ";"), ABOVE.format(3)),
        ("sep=;\nReceipts\n" + receipts(2, 3).replace(",", ";"), ABOVE.format(3)),
        (receipts(2, 3).replace(",", "^"), "the columns of its header have '^' between them: export it with commas"),
        (receipts(2, 3).replace(",", "\x01"), "the columns of its header have '\\x01' between them: export it with"),
        (receipts(2, 3).replace(",", "   "), "the columns of its header have '   ' between them: export it with"),
        ("R2,S1\nR3,S1\n", "none of the expected columns is in the first line: land the file with its header"),
    ],
)
def test_rows_below_no_header_say_what_was_seen(settings: Settings, contents: str, reason: str) -> None:
    land_beside_a_good_one(settings, contents)
    found = quarantined(settings)
    assert len(found) >= 2
    assert {row.reason[: len(reason)] for row in found} == {reason}


@pytest.mark.parametrize(
    "contents",
    [
        receipts(2, 3).replace(",", "|").replace('"0|85"', "0,85"),
        "sep=;\r" + receipts(2, 3).replace(",", ";").replace('"0;85"', "0,85").replace("\n", "\r"),
        "\ufeffsep=|\r\n" + receipts(2, 3).replace(",", "|").replace('"0|85"', "0,85"),
        "sep=,\r" + receipts(2, 3).replace("\n", "\r"),
        "\n\n" + receipts(2, 3),
    ],
)
def test_a_header_is_found_with_any_line_end_and_delimiter(settings: Settings, contents: str) -> None:
    land_beside_a_good_one(settings, contents)
    assert [number for (number,) in rows(settings, "pos", "receipts", "receipt_no")] == ["R1", "R2", "R3"]
    assert not quarantined(settings)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (json.dumps({f"key_{number}": number for number in range(50_000)}), "none of the expected columns"),
        (
            json.dumps({"event": "open"} | {f"k{n}": n for n in range(50_000)}),
            "column 'email' (and 2 more) is missing",
        ),
        ('{"a":' * 2_000 + "1" + "}" * 2_000, "column 'event' is empty"),
        ('{"a":' + "9" * 5_000 + "}", "column 'event' is empty"),
        ('{"' + "k" * 500_000 + '": 1}', "none of the expected columns is in the first line"),
    ],
)
def test_an_object_with_any_keys_costs_itself(settings: Settings, row: str, reason: str) -> None:
    land_beside_a_good_one(settings, f"{row}\n{row}\n", "sendgrid/events_1.jsonl")
    assert not not_read(settings)
    assert [found.reason[: len(reason)] for found in quarantined(settings)] == [reason] * 2


def test_a_key_is_found_behind_fifty_thousand_others(settings: Settings) -> None:
    land_beside_a_good_one(
        settings,
        json.dumps({f"k{n}": n for n in range(50_000)} | json.loads(event(1))) + "\n",
        "sendgrid/events_1.jsonl",
    )
    assert counts(settings)["sendgrid.events"] == (1, 1, 0, 0)


LETTERS = ("å", "ä", "é", "€", "🎁")


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("kept", [1, 2, 3])
def test_a_file_cut_within_a_letter_is_cut_and_of_no_other_encoding(settings: Settings, letter: str, kept: int) -> None:
    if kept >= len(letter.encode()):
        return
    cut = (RECEIPTS + receipt(2) + receipt(3, "VASE X").partition("X")[0]).encode() + letter.encode()[:kept]
    land_beside_a_good_one(settings, cut)
    (row,) = quarantined(settings)
    assert row.reason == "the file may be cut short here: land it again whole, under a new name"
    assert not [note for note in ingest(settings, AS_OF).remarks if "Windows" in note.text]
    assert [number for (number,) in rows(settings, "pos", "receipts", "receipt_no")] == ["R1", "R2"]


def test_western_text_that_ends_in_a_letter_of_its_own_is_read_as_such(settings: Settings) -> None:
    points = (MOVEMENTS + "m1,K1,1,köp,2025-12-01 10:00:00\nm2,K1,1,x,2025-12-01 10:00:00\n").encode("cp1252")
    land(settings, "programme/points_movements_1.csv", points)
    land(settings, "pos/receipts_1.csv", (RECEIPTS + receipt(1, "KAFFÉ").strip() + " café").encode("cp1252"))
    report = ingest(settings, AS_OF)
    assert {note.file for note in report.remarks if "Windows-1252" in note.text} == {
        "programme/points_movements_1.csv",
        "pos/receipts_1.csv",
    }
