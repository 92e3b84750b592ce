"""What spreadsheets of Europe make of an export: semicolons, decimal commas, Windows-1252, a line sep=; above all."""

from decimal import Decimal

import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, quarantined
from tests.support.cases import land_case
from tests.support.landing import ORDERS, RECEIPTS, land, receipt, rows
from tests.support.moments import NOW


def orders(*totals: str, delimiter: str = ";") -> str:
    """An order each, saved by a spreadsheet that writes numbers so."""
    day = "2025-12-01 10:00:00 +0100"
    rows = [
        [
            f"#{number}",
            "a@b.example",
            "paid",
            day,
            "",
            "",
            "SEK",
            total,
            total,
            "",
            day,
            "1",
            "Cup",
            "10",
            "C1",
            "",
            "0",
        ]
        for number, total in enumerate(totals, 1)
    ]
    lines = [delimiter.join([*row, f"50{number}"]) for number, row in enumerate(rows, 1)]
    return "\n".join([ORDERS.strip().replace(",", delimiter), *lines]) + "\n"


def read(settings: Settings, place: str, contents: str | bytes) -> list[Decimal]:
    land(settings, place, contents)
    ingest(settings, NOW)
    return [total for (total,) in rows(settings, "shopify", "orders", "subtotal")]


@pytest.mark.parametrize(
    ("contents", "totals"),
    [
        (orders("10,50", "1234,50"), ["10.50", "1234.50"]),
        (orders("1.234,50", "1 234,50", "1,234"), ["1234.50", "1234.50", "1.234"]),
        (orders("-1.234,5", "\u22127,25"), ["-1234.5", "-7.25"]),
        (orders("10.50", "1,234.50", "1,234"), ["10.50", "1234.50", "1234"]),
        ("\ufeff" + orders("10,50"), ["10.50"]),
        ("sep=;\n" + orders("10,50"), ["10.50"]),
        ("\ufeffsep=;\r\n" + orders("10,50").replace("\n", "\r\n"), ["10.50"]),
        ('"sep=;"\n' + orders("10,50"), ["10.50"]),
        ("sep=\t\n" + orders("10,50", delimiter="\t"), ["10.50"]),
        ("sep=|\n" + orders("10,50", delimiter="|"), ["10.50"]),
        (orders('"10,50"', '"1.234,50"', delimiter=","), ["10.50", "1234.50"]),
        (orders('"1,234"', "10.50", delimiter=","), ["1234", "10.50"]),
        (orders('"1,234"', delimiter=","), ["1234"]),
        (orders("1234", "15"), ["1234", "15"]),
        (orders("10,50").encode("cp1252"), ["10.50"]),
    ],
)
def test_numbers_are_read_as_all_of_the_file_says(settings: Settings, contents: str | bytes, totals: list[str]) -> None:
    assert read(settings, "shopify/orders_export_1.csv", contents) == [Decimal(total) for total in totals]
    assert not quarantined(settings)


def test_numbers_that_differ_are_read_as_declared_and_the_others_named(settings: Settings) -> None:
    assert read(settings, "shopify/orders_export_1.csv", orders("10.50", "10,50")) == [Decimal("10.50")]
    (row,) = quarantined(settings)
    assert row.reason == (
        "column 'Subtotal' is not a number like 1234.50: it has a decimal comma, where other numbers of the file have "
        "none; export them all alike, or say `decimal: ','` of the column in the source's YAML"
    )


def test_a_number_that_may_be_either_is_taken_for_neither(settings: Settings) -> None:
    assert read(settings, "shopify/orders_export_1.csv", orders("1,234", "15")) == [Decimal(15)]
    (row,) = quarantined(settings)
    assert "may have a decimal comma" in row.reason


def test_a_till_that_writes_points_is_read_and_said(settings: Settings) -> None:
    land(settings, "pos/receipts_1.csv", RECEIPTS + receipt(1, price="0.85") + receipt(2, price="1234.50"))
    report = ingest(settings, NOW)
    assert [total for (total,) in rows(settings, "pos", "receipts", "line_total")] == [
        Decimal("0.85"),
        Decimal("1234.50"),
    ]
    assert [note.text for note in report.remarks] == [
        "its numbers have a decimal point and are read so; `decimal: '.'` in the source's YAML declares it"
    ]


def items(settings: Settings, text: str, encoding: str) -> list[str]:
    land(settings, "pos/receipts_1.csv", (RECEIPTS + receipt(1) + receipt(2, text) + receipt(3)).encode(encoding))
    ingest(settings, NOW)
    return [item for (item,) in rows(settings, "pos", "receipts", "item")]


@pytest.mark.parametrize(
    "text", ["KÖTTBULLAR", "Rømø smør", "Glögg – 12 €", "L’île flottante", "Weißbier, süß", "Ärtor"]
)
def test_western_text_of_one_byte_a_character_is_read(settings: Settings, text: str) -> None:
    assert items(settings, f'"{text}"', "cp1252") == ["VASE", text, "VASE"]
    assert not quarantined(settings)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Köttbullar", "cp850"),
        ("Köttbullar", "mac_roman"),
        ("Пельмени", "cp1251"),
        ("Łódź", "cp1250"),
        ("寿司", "shift_jis"),
    ],
)
def test_text_of_another_encoding_is_named(settings: Settings, text: str, encoding: str) -> None:
    assert items(settings, text, encoding) == ["VASE", "VASE"]
    (row,) = quarantined(settings)
    assert row.line == 3
    assert row.reason.startswith("is not UTF-8: export the file again as UTF-8, or say `encoding: windows-1252`")


def test_a_file_of_two_encodings_keeps_what_is_utf_8(settings: Settings) -> None:
    mixed = RECEIPTS.encode() + receipt(1, "Smör").encode() + receipt(2, "Smör").encode("cp1252")
    land(settings, "pos/receipts_1.csv", mixed)
    ingest(settings, NOW)
    assert rows(settings, "pos", "receipts", "item") == [("Smör",)]
    assert [row.line for row in quarantined(settings)] == [3]


def test_who_left_in_a_spreadsheets_export_has_left(settings: Settings) -> None:
    land_case(settings, "data_2_opt_outs_unread", keep_names=True)
    ingest(settings, NOW)
    assert not [row for row in quarantined(settings, "newsletter")]
    files = {str(name) for (name,) in rows(settings, "newsletter", "members", "file_name")}
    assert files >= {"unsubscribed_members_export_2.csv", "unsubscribed_email_audience_export_0f1e2d3c4b.csv"}
