"""What spreadsheets and tables of numbers make of a cell: ids with decimals, rounded ids, errors, thousands."""

import json
from decimal import Decimal

import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, quarantined
from tests.support.landing import ORDERS, RECEIPTS, land, order, rows, sms
from tests.support.moments import NOW

ERRORS = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "######",
    "#n/a",
    "#SAKNAS!",
    "#VÄRDEFEL!",
]
ROUNDED = [
    "5E+12",
    "5,00000E+12",
    "5.0E12",
    "5.E+12",
    "-5E+12",
    "５E+12",
    "5E +12",
    "5e12",
    "5 E+12",
    "5,e+12",
    "５.０Ｅ＋12",
]


def sale(receipt_no: str = "R1", phone: str = "", card: str = "", total: str = "10,00") -> str:
    cells = [receipt_no, "S1", "1", "01.12.2025 08:45", phone, "", card, "A1", "VASE", "1", total, total, "sale", "1"]
    return ",".join('"' + cell.replace('"', '""') + '"' if "," in cell else cell for cell in cells) + "\n"


def read(settings: Settings, *lines: str, columns: str) -> list[tuple[object, ...]]:
    land(settings, "pos/receipts_1.csv", RECEIPTS + "".join(lines))
    ingest(settings, NOW)
    return rows(settings, "pos", "receipts", columns)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("231.0", "231"),
        ("231.00", "231"),
        ("231,0", "231"),
        ('="231"', "231"),
        ('"=""231"""', "231"),
        ('="0231"', "0231"),
        ('="231.0"', "231"),
        ("'231", "231"),
        ("0.0", "0"),
        ("1.10", "1.10"),
        ("1.01", "1.01"),
        ("1.000", "1.000"),
        ("A1.0", "A1.0"),
        ("1.2.0", "1.2.0"),
        (".0", ".0"),
        ("2310", "2310"),
        ('=""', None),
    ],
)
def test_ids_that_became_numbers_are_read_as_they_were(settings: Settings, written: str, meant: str | None) -> None:
    assert read(settings, sale(card=written), columns="member_card") == [(meant,)]
    assert not quarantined(settings)


@pytest.mark.parametrize(
    "written", ["46701740605.0", "46701740605,00", "+46701740605.0", '="46701740605"', '="+46701740605"']
)
def test_phones_that_became_numbers_are_read_as_they_were(settings: Settings, written: str) -> None:
    assert read(settings, sale(phone=written), columns="member_phone_e164") == [("+46701740605",)]


def test_ids_of_every_kind_of_file_lose_their_decimals(settings: Settings) -> None:
    land(settings, "shopify/orders_export_1.csv", ORDERS + order(1, shop_id="5001.0"))
    land(settings, "shopify/orders_1.json", json.dumps([api_order(5002.0)]))
    land(settings, "pos/receipts_1.csv", RECEIPTS + sale("7.0"))
    ingest(settings, NOW)
    assert rows(settings, "shopify", "orders", "id") == [("5001",)]
    assert rows(settings, "shopify", "orders_api", "id, customer_id") == [("5002", "231")]
    assert rows(settings, "pos", "receipts", "receipt_no") == [("7",)]


def api_order(order_id: object) -> dict[str, object]:
    at = "2025-12-01T10:00:00+01:00"
    told = {
        "currency": "SEK",
        "subtotal_price": "10.00",
        "financial_status": "paid",
        "created_at": at,
        "updated_at": at,
    }
    return {"id": order_id, **told, "customer": {"id": 231.0}}


@pytest.mark.parametrize("written", ROUNDED)
def test_rounded_ids_are_set_aside(settings: Settings, written: str) -> None:
    cell = f'"{written}"' if "," in written else written
    lines = ORDERS + order(1, shop_id=cell) + order(2)
    land(settings, "shopify/orders_export_1.csv", lines)
    assert read(settings, sale("R1", card=written), sale("R2", card="231"), columns="member_card") == [("231",)]
    assert {(row.source, row.line) for row in quarantined(settings)} == {("shopify", 2), ("pos", 2)}
    assert all("was rounded by a spreadsheet" in row.reason for row in quarantined(settings))


@pytest.mark.parametrize("written", ROUNDED)
def test_rounded_phones_are_no_numbers(settings: Settings, written: str) -> None:
    found = read(settings, sale(phone=written), columns="member_phone_e164, member_phone_fault")
    assert found == [(None, "written as an exponent: format the column as text, and export it again")]


@pytest.mark.parametrize("written", ["1e5", "12E34", "E12", "5E", "A5E+12", "5e123"])
def test_ids_with_an_e_in_them_stay(settings: Settings, written: str) -> None:
    assert read(settings, sale(card=written), columns="member_card") == [(written,)]


@pytest.mark.parametrize("written", ERRORS)
def test_errors_of_a_spreadsheet_are_no_value(settings: Settings, written: str) -> None:
    found = read(
        settings, sale("R1", written, written), sale("R2", card="231"), columns="member_card, member_phone_e164"
    )
    assert found == [(None, None), ("231", None)]
    assert not quarantined(settings)


@pytest.mark.parametrize("written", ERRORS)
def test_errors_where_a_value_is_needed_cost_the_row(settings: Settings, written: str) -> None:
    land(
        settings,
        "shopify/orders_export_1.csv",
        ORDERS + order(1, shop_id=written) + order(2, shop_id=written) + order(3),
    )
    elsewhere = sale(written).replace(",S1,1,", ",S9,9,")  # at R2's till it might be of R2
    found = read(settings, elsewhere, sale("R2"), sale("R3", total=written), columns="receipt_no")
    assert found == [("R2",)]
    assert rows(settings, "shopify", "orders", "id") == [("503",)]
    assert len(quarantined(settings)) == 4
    assert all("holds an error of a spreadsheet: mend" in row.reason for row in quarantined(settings))


def test_what_people_write_is_no_error(settings: Settings) -> None:
    land(settings, "twilio/inbound_1.jsonl", sms(1, Body="#N/A") + sms(2, Body="######"))
    land(settings, "shopify/orders_export_1.csv", ORDERS + order(1))
    assert read(settings, sale("#12"), sale("#1A!"), columns="receipt_no") == [("#12",), ("#1A!",)]
    assert rows(settings, "twilio", "inbound", "body") == [("#N/A",), ("######",)]
    assert rows(settings, "shopify", "orders", "name") == [("#1",)]


@pytest.mark.parametrize(
    "written", ["0.250", "00.250", "-0.250", "1.2345", "1.234.56", "12.34.567", "1.234 567", "0 250", ".250"]
)
def test_with_a_decimal_comma_points_that_are_between_no_thousands_cost_the_row(
    settings: Settings, written: str
) -> None:
    totals = read(settings, sale("R1", total=written), sale("R2", total="10,50"), columns="line_total")
    assert totals == [(Decimal("10.50"),)]
    assert [row.line for row in quarantined(settings)] == [2]


@pytest.mark.parametrize("written", ["0,250", "-00,250", "1,2345", "1,234,56", "12,34,567", "1,234 567"])
def test_with_a_decimal_point_commas_that_are_between_no_thousands_cost_the_row(
    settings: Settings, written: str
) -> None:
    lines = order(1).replace("10.00,10.00", f'"{written}","{written}"') + order(2)
    land(settings, "shopify/orders_export_1.csv", ORDERS + lines)
    ingest(settings, NOW)
    assert rows(settings, "shopify", "orders", "subtotal") == [(Decimal("10.00"),)]
    assert [row.line for row in quarantined(settings)] == [2]


def test_weights_below_one_tell_the_mark_of_the_file(settings: Settings) -> None:
    totals = read(settings, sale("R1", total="0.250"), sale("R2", total="1.500"), columns="line_total")
    assert totals == [(Decimal("0.250"),), (Decimal("1.500"),)]


def test_thousands_of_either_kind_are_read(settings: Settings) -> None:
    written = ("1.234", "12.345.678,5", "1 234 567", "0,250", "10.000")
    totals = read(settings, *(sale(f"R{n}", total=total) for n, total in enumerate(written)), columns="line_total")
    meant = ("1234", "12345678.5", "1234567", "0.250", "10000")
    assert totals == [(Decimal(total),) for total in meant]
