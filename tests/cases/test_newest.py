"""The newest version counts: by the source's own time, the date in a file's name, its number, its arrival."""

import csv
import gzip
import json
from collections import Counter
from contextlib import closing
from datetime import timedelta
from io import StringIO

import duckdb
import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, quarantined
from stammis.warehouse import published
from tests.support.cases import land_case
from tests.support.cycles import run_cycle
from tests.support.landing import ORDERS, RECEIPTS, land, receipt, rows, second_line
from tests.support.landing import order as created
from tests.support.moments import NOW

pytestmark = pytest.mark.xdist_group("cases")


def as_json(lines: str) -> str:
    """Receipts' lines as JSON, an object each."""
    names = RECEIPTS.strip().split(",")
    return "".join(json.dumps(dict(zip(names, cells, strict=True))) + "\n" for cells in csv.reader(StringIO(lines)))


def order(number: int, total: str, order_id: str | None = None) -> str:
    paid = "paid,2025-11-25 12:00:00 +0000,fulfilled,2025-11-25 12:00:00 +0000"
    line = f"1,Vas,{total},A1,,0.00,{order_id or 90000 + number}"
    return f"#{number},o{number}@x.example,{paid},SEK,{total},{total},,2025-11-25 12:00:00 +0000,{line}\n"


def totals(settings: Settings) -> dict[str, str]:
    rows = published.rows(settings, "select order_id, net_total from {orders} order by order_id")
    return {str(row["order_id"]): str(row["net_total"]) for row in rows}


def test_files_count_as_people_number_and_date_them(settings: Settings) -> None:
    land_case(settings, "17", keep_names=True)
    files = {
        "orders_export_99.csv": order(1, "10.00"),
        "orders_export_100.csv": order(1, "11.00"),
        "orders_export_9.1.csv": order(5, "50.00"),
        "orders_export_10.1.csv": order(5, "51.00"),
        "orders_export_9.2.csv": order(6, "60.00"),
        "orders_export_8.3.csv": order(6, "61.00"),
        "orders_export_b_2025-12-01.csv": order(2, "20.00"),
        "orders_export_a_2025-12-02.csv": order(2, "21.00"),
        "orders_export_20251203.csv": order(3, "31.00"),
        "orders_export_2025-12-02.csv": order(3, "30.00"),
        "orders_export_7.csv": order(4, "40.00"),
    }
    for name, lines in files.items():
        land(settings, f"shopify/{name}", ORDERS + lines)
    run_cycle(settings, NOW)
    assert totals(settings) == {
        "shopify:171701": "0.00",
        "shopify:90001": "11.00",
        "shopify:90002": "21.00",
        "shopify:90003": "31.00",
        "shopify:90004": "40.00",
        "shopify:90005": "51.00",
        "shopify:90006": "60.00",
    }
    land(settings, "shopify/orders_export_7.csv", ORDERS + order(4, "41.00"))
    run_cycle(settings, NOW + timedelta(minutes=10))
    assert totals(settings)["shopify:90004"] == "41.00"  # the same name, other contents


@pytest.mark.parametrize("written", ["5E+12", "5,00000E+12", "5.0E12"])
def test_an_id_that_a_spreadsheet_rounded_is_none(settings: Settings, written: str) -> None:
    land(settings, "shopify/orders_export_1.csv", ORDERS + order(1, "10.00", f'"{written}"') + order(2, "20.00"))
    ingest(settings, NOW)
    assert [(row.line, row.reason.split(":")[0]) for row in quarantined(settings)] == [
        (2, "column 'Id' was rounded by a spreadsheet")
    ]


def test_rounded_ids_merge_nobody(settings: Settings) -> None:
    land_case(settings, "data_3_excel_ids", keep_names=True)
    ingest(settings, NOW)
    assert [row.line for row in quarantined(settings)] == [2, 3, 4]


WHOLE = receipt(1, "A") + receipt(1, "B") + receipt(2, "C") + receipt(2, "D")
ORDER = created(3) + second_line(3)


@pytest.mark.parametrize(
    ("name", "contents", "left"),
    [
        ("pos/receipts_2.csv", RECEIPTS + WHOLE[:-20], {1: 2}),
        ("pos/receipts_2.csv", RECEIPTS + WHOLE + "R3,S1,1,01.12.20", {1: 2, 2: 2}),  # seen to be another's
        ("pos/receipts_2.csv", RECEIPTS + WHOLE + "R2,S1,1,01.12.2025 08:45,,", {1: 2}),
        ("pos/receipts_2.csv", RECEIPTS + WHOLE + "R", {1: 2}),  # may be R2's
        ("pos/receipts_2.csv", RECEIPTS + WHOLE + "R2,S1,1,01.12.2025 08:45,,A@B", {1: 2}),
        ("pos/receipts_2.csv", RECEIPTS + WHOLE + 'R2,S1,1,01.12.2025 08:45,,,,1,"VA', {1: 2}),
        ("pos/receipts_2.csv", RECEIPTS + WHOLE + "R2,S1,1,02.12.2025 08:45,,A@B", {1: 2, 2: 2}),  # of another day
        ("pos/receipts_2.csv.gz", gzip.compress((RECEIPTS + WHOLE).encode())[:-12], {1: 2}),
        ("pos/receipts_2.jsonl", as_json(WHOLE)[:-30], {1: 2}),
        ("pos/receipts_2.jsonl", as_json(WHOLE) + as_json(receipt(3))[:70], {1: 2, 2: 2}),
        ("shopify/orders_export_2.csv", ORDERS + created(2) + ORDER + "#3,a@b.ex", {2: 1}),
        ("shopify/orders_export_2.csv", ORDERS + created(2) + ORDER + "#4,a@b.ex", {2: 1, 3: 2}),
        ("shopify/orders_export_2.csv", ORDERS + created(2) + ORDER[:-30], {2: 1}),
    ],
)
def test_a_cut_file_loses_the_unit_at_which_it_breaks_off(
    settings: Settings, name: str, contents: str | bytes, left: dict[int, int]
) -> None:
    land(settings, name, contents)
    ingest(settings, NOW)
    table, number = ("pos.receipts", "receipt_no") if name.startswith("pos") else ("shopify.orders", "name")
    assert dict(Counter(int(str(told)[1:]) for (told,) in rows(settings, *table.split("."), number))) == left
    assert quarantined(settings)


def test_a_cut_copy_replaces_no_whole_receipt(settings: Settings) -> None:
    land_case(settings, "data_10_cut_file_replaces", keep_names=True)
    run_cycle(settings, NOW)
    assert totals(settings) == {"pos:S1/1/R1/2025-12-01": "30.00"}


def test_ids_that_lost_their_zeros_are_named_with_their_file(settings: Settings) -> None:
    land_case(settings, "23", keep_names=True)
    cycle = run_cycle(settings, NOW)
    name = "assert_no_id_lost_its_zeros"
    assert {hold.check_name for hold in cycle.holds if not hold.check_name.startswith("freshness_")} == {name}
    with closing(duckdb.connect(str(settings.warehouse), read_only=True)) as database:
        found = database.execute(f"select id_column, file_name from failures.{name} order by all").fetchall()
    assert found == [(column, "receipts_2025-12-10.csv") for column in ("member_card", "store", "till")]
