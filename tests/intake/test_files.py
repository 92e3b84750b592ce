"""A bad row costs itself, a bad file costs itself: good rows and other files go on, and each says why."""

import gzip
import json

import duckdb
import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, not_read, quarantined
from stammis.intake.cut import OF_CUT_UNIT
from tests.support.landing import (
    ORDERS,
    RECEIPTS,
    counts,
    event,
    land,
    order,
    reasons,
    receipt,
    receipts,
    rows,
    second_line,
)
from tests.support.moments import AS_OF

GOOD = receipt(1)
BAD_ROWS = {
    "a_nul_byte": (receipt(2, "VA\0SE").encode(), "holds a NUL byte"),
    "of_dos": (receipt(2, "KÖTT").encode("cp850"), "is not UTF-8"),
    "too_few_cells": (b"R2,S1,1\n", "has 3 cells where the header has 14"),
    "too_many_cells": (receipt(2).rstrip().encode() + b",more\n", "has 15 cells where the header has 14"),
    "an_open_quote": (b'R2,S1,1,01.12.2025 08:45,,,,1,"VASE,1,1,1\n', "opens a quotation mark that is never closed"),
    "a_stray_quote": (receipt(2, '"VA"SE').encode(), "has a quotation mark in the wrong place"),
    "no_such_day": (receipt(2, sold_at="31.02.2025 08:45").encode(), "column 'sold_at' is not a time like 24.12.2025"),
    "a_two_digit_year": (receipt(2, sold_at="1.12.25 8:45").encode(), "column 'sold_at' is not a time like 24.12.2025"),
    "a_word_for_a_price": (receipt(2, price="free").encode(), "column 'unit_price' is not a number like 1234,50"),
    "a_point_for_a_comma": (receipt(2, price="0.85").encode(), "column 'unit_price' is not a number like 1234,50"),
    "no_receipt_number": (receipt(2).replace("R2", "  ").encode(), "column 'receipt_no' is empty"),
}
SOUND_CELLS = {
    "quoted newlines": ('"TWO\n\nLINES"', "TWO\n\nLINES"),
    "doubled quotes": ('"A ""BIG"" ONE"', 'A "BIG" ONE'),
    "inches": ('5" NAIL', '5" NAIL'),
    "spaces and a comma": ('" VASE, BLUE "', "VASE, BLUE"),
    "an apostrophe of its own": ("'68 Vase", "'68 Vase"),
    "a guarding apostrophe": ("'0701740605", "0701740605"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_quarantined_with_its_line_and_the_rows_around_it_go_on(case: str, settings: Settings) -> None:
    bad, reason = BAD_ROWS[case]
    land(settings, "pos/receipts.csv", (RECEIPTS + GOOD).encode() + bad + receipts(3, 4)[len(RECEIPTS) :].encode())
    ingest(settings, AS_OF)
    assert reasons(settings) == {3: reason}
    assert counts(settings) == {"pos.receipts": (4, 3, 0, 1)}
    assert rows(settings, "pos", "receipts", "receipt_no, line") == [("R1", 2), ("R3", 4), ("R4", 5)]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_lines_are_counted_as_an_editor_counts_them(ending: str, settings: Settings) -> None:
    text = RECEIPTS + GOOD + receipt(2, '"TWO\nLINES"') + "\n" + receipt(3) + "R4,S1\n" + receipt(5).rstrip()
    land(settings, "pos/receipts.csv", text.replace("\n", ending))
    ingest(settings, AS_OF)
    assert [line for (line,) in rows(settings, "pos", "receipts", "line")] == [2, 3, 6, 8]
    assert list(reasons(settings)) == [7]


@pytest.mark.parametrize("case", SOUND_CELLS)
def test_odd_but_sound_cells_are_read(case: str, settings: Settings) -> None:
    written, meant = SOUND_CELLS[case]
    land(settings, "pos/receipts.csv", RECEIPTS + receipt(1, written) + receipt(2))
    ingest(settings, AS_OF)
    assert rows(settings, "pos", "receipts", "item") == [(meant,), ("VASE",)]


def test_numbers_with_thousands_and_a_semicolon_file_are_read(settings: Settings) -> None:
    text = RECEIPTS + receipt(1, price="X") + receipt(2, price="Y") + receipt(3, price="Z")
    prices = text.replace(",", ";").replace("X", "-1.234,50").replace("Y", "1 234,5").replace("Z", "\u22127")
    land(settings, "pos/receipts.csv", prices)
    ingest(settings, AS_OF)
    found = rows(settings, "pos", "receipts", "line_total::varchar")
    assert found == [("-1234.5000",), ("1234.5000",), ("-7.0000",)]


def test_a_file_cut_short_gives_its_whole_rows(settings: Settings) -> None:
    whole = receipts(*range(1, 2000))
    packed = gzip.compress(whole.encode())
    land(settings, "pos/receipts_1.csv.gz", packed[: len(packed) // 2])
    land(settings, "pos/receipts_2.csv", whole[: whole.index("R50") + 5])
    ingest(settings, AS_OF)
    *units, packed_cut, text_cut = quarantined(settings)
    assert [row.reason for row in units] in ([], [OF_CUT_UNIT])  # R104 stays only where the cut row is seen to be R105
    assert "the packed file is cut short" in packed_cut.reason
    assert "the file may be cut short here" in text_cut.reason
    loaded = [line for (line,) in rows(settings, "pos", "receipts", "line")]
    assert packed_cut.line - 2 + text_cut.line - 2 == len(loaded) + len(units)
    assert text_cut.line - 1 == 50


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (RECEIPTS.replace("sold_at", "sold_on"), "column 'sold_at' is missing; is 'sold_on' its new name?"),
        (RECEIPTS.replace("kind", "x"), "column 'kind' is missing; export it, or accept its new name"),
        (RECEIPTS.replace("item", "sku"), "column 'sku' stands twice in the header"),
        ("", "none of the expected columns is in the first line"),
    ],
)
def test_a_wrong_header_quarantines_all_rows_and_other_files_go_on(
    header: str, reason: str, settings: Settings
) -> None:
    land(settings, "pos/receipts_1.csv", header + receipt(1) + receipt(2))
    land(settings, "pos/receipts_2.csv", receipts(3))
    ingest(settings, AS_OF)
    assert counts(settings) == {"pos.receipts": (3, 1, 0, 2)}
    assert all(row.reason.startswith(reason) for row in quarantined(settings))


def test_an_order_whose_first_row_is_bad_is_quarantined_whole(settings: Settings) -> None:
    bad = order(2).replace("SEK,10.00", "SEK,ten")
    land(settings, "shopify/orders_export_1.csv", ORDERS + order(1) + bad + second_line(2) + order(3) + second_line(3))
    ingest(settings, AS_OF)
    assert reasons(settings) == {
        3: "column 'Subtotal' is not a number like 1234.50",
        4: "column 'Id' is empty, and no good row above with the same name has one",
    }
    assert [row[0] for row in rows(settings, "shopify", "orders", "id")] == ["501", "503", "503"]


@pytest.mark.parametrize(
    ("name", "contents", "why"),
    [
        ("receipts_empty.csv", b"", "it is empty"),
        ("receipts_blank.csv.gz", gzip.compress(b"\n \n", mtime=0), "it is empty"),
        ("receipts_wide.csv", receipts(1).encode("utf-16"), "it is UTF-16"),
        ("receipts_sheet.csv", b"PK\x03\x04rest", "it is a zip or a spreadsheet"),
        ("receipts_torn.parquet", b"PAR1", "it is not a whole Parquet file"),
    ],
)
def test_a_file_without_a_readable_row_is_named_and_others_go_on(
    name: str, contents: bytes, why: str, settings: Settings
) -> None:
    land(settings, f"pos/{name}", contents)
    land(settings, "pos/receipts_good.csv", receipts(1))
    ingest(settings, AS_OF)
    assert counts(settings) == {"pos.receipts": (1, 1, 0, 0)}
    assert [(note.file, why in note.text) for note in not_read(settings)] == [(f"pos/{name}", True)]


def test_json_is_read_by_line_as_an_array_and_as_one_object(settings: Settings) -> None:
    land(settings, "sendgrid/events_a.jsonl", event(1) + "\n{broken\n[1]\n" + event(2, timestamp="soon") + event(3))
    land(settings, "sendgrid/events_b.json", f"[{event(4)},\n{event(5)}, 7]")
    land(settings, "sendgrid/events_c.json", json.dumps(json.loads(event(6)), indent=2))
    land(settings, "sendgrid/events_d.json.gz", gzip.compress(f"[{event(7)},{event(8)[:30]}".encode()))
    ingest(settings, AS_OF)
    found = [row[0] for row in rows(settings, "sendgrid", "events", "sg_event_id")]
    assert found == ["e1", "e3", "e4", "e5", "e6", "e7"]
    assert [(row.file[16], row.line) for row in quarantined(settings)] == [
        ("a", 3),
        ("a", 4),
        ("a", 5),
        ("b", 3),
        ("d", 2),
    ]


def test_a_key_that_no_event_has_is_named_with_its_likely_new_name(settings: Settings) -> None:
    land(settings, "sendgrid/events.jsonl", (event(1) + event(2)).replace("sg_event_id", "sg_eventid"))
    ingest(settings, AS_OF)
    assert set(reasons(settings).values()) == {
        "column 'sg_event_id' is missing; is 'sg_eventid' its new name? Then accept it as a header in the source's YAML"
    }


def test_parquet_is_read_by_its_types_or_its_text(settings: Settings) -> None:
    path = land(settings, "sendgrid/events.parquet", b"")
    duckdb.execute(
        f"""copy (select 'open' as event, ' A@b.example' as email, 1764547200 + range as "timestamp", range as
        sg_event_id, case when range = 1 then chr(0) end as reason, true as sg_machine_open from range(3))
        to '{path}'"""
    )
    ingest(settings, AS_OF)
    found = rows(settings, "sendgrid", "events", "sg_event_id, email, epoch(timestamp)::int, sg_machine_open, line")
    assert found == [("0", "A@b.example", 1764547200, True, 1), ("2", "A@b.example", 1764547202, True, 3)]
    assert reasons(settings) == {2: "holds a NUL byte"}
