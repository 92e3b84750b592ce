"""A receipt or order of which a row is damaged or cut away replaces no whole one, wherever its rows stand."""

import csv
import gzip
import json
from collections import Counter
from datetime import timedelta
from io import StringIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, quarantined
from stammis.intake.cut import OF_CUT_UNIT, OF_DAMAGED_UNIT
from stammis.warehouse import published
from tests.support.cases import CASES, land_case
from tests.support.cycles import run_cycle
from tests.support.landing import ORDERS, RECEIPTS, land, order, receipt, rows, second_line
from tests.support.moments import NOW

pytestmark = pytest.mark.xdist_group("cases")

A1, B1, A2, B2 = receipt(1, "A"), receipt(1, "B"), receipt(2, "A"), receipt(2, "B")
A3 = receipt(3, "A")
NONE_OF_2 = {1: 2, 3: 1}
NO_NUMBER = B2.replace("R2", "")


def left(settings: Settings, table: str = "receipts") -> dict[int, int]:
    """Receipt or order → how many of its rows were read."""
    source, number = ("pos", "receipt_no") if table == "receipts" else ("shopify", "name")
    return dict(Counter(int(str(told)[1:]) for (told,) in rows(settings, source, table, number)))


def as_objects(lines: str) -> list[dict[str, str]]:
    return [dict(zip(RECEIPTS.strip().split(","), cells, strict=False)) for cells in csv.reader(StringIO(lines))]


def as_json(lines: str) -> str:
    return "".join(json.dumps(row) + "\n" for row in as_objects(lines))


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        (A1 + B1 + A2 + B2.replace('"0,85"', "free", 1) + A3, NONE_OF_2),
        (A1 + B1 + A2.replace('"0,85"', "free", 1) + B2 + A3, NONE_OF_2),
        (A1 + B1 + A2 + "R2,S1,1,01.12.2025 08:45,,\n" + A3, NONE_OF_2),
        (A1 + B1 + A2 + "R2,S1,1,\n" + A3, NONE_OF_2),  # tells no day, but a receipt that is beside it
        (A1 + B1 + A2 + B2.rstrip() + ",more\n" + A3, NONE_OF_2),
        (A1 + B1 + A2 + B2.replace(",B,", ',"B,') + A3, NONE_OF_2),
        (A1 + B1 + A2 + B2.replace(",B,", ",B\0,") + A3, NONE_OF_2),
        (A1 + B1 + A2 + B2.replace("S1", "S\0", 1) + A3, NONE_OF_2),
        (A1 + B1 + A2 + "garbage\n" + B2 + A3, NONE_OF_2),  # within it
        (A1 + B1 + A2 + B2.replace("R2", "#N/A") + receipt(2, "C") + A3, NONE_OF_2),
        (A1 + B1 + A2 + B2.replace("01.12.2025", "41.12.2025") + A3, {1: 2, 3: 1}),
        (A1 + B1 + A2 + A3 + B2.replace('"0,85"', "free", 1), NONE_OF_2),  # its rows do not stand together
        (B2.replace('"0,85"', "free", 1) + A1 + B1 + A3 + A2, NONE_OF_2),
        (A1 + B1 + A2 + A3 + "R2,S1,1,01.12.2025 08:45,x\n", NONE_OF_2),
        # of another receipt, or of nobody knows which
        (A1 + B1 + A2 + receipt(4, price="free") + B2 + A3, {1: 2, 2: 2, 3: 1}),
        (A1 + B1 + "R2,S1,1\n" + A3, {1: 2, 3: 1}),
        (A1 + B1 + NO_NUMBER + A3, {1: 2, 3: 1}),
        (A1 + B1 + A3 + NO_NUMBER, {1: 2, 3: 1}),
        (A1 + B1 + "garbage\n" + A3, {1: 2, 3: 1}),
        (A1 + B1 + A2 + receipt(2, sold_at="02.12.2025 08:45", price="free") + B2 + A3, {1: 2, 2: 2, 3: 1}),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "json", "parquet"])
def test_a_damaged_row_costs_its_receipt(settings: Settings, kind: str, damaged: str, expected: dict[int, int]) -> None:
    is_of_cells = all(len(row) == 14 for row in csv.reader(StringIO(damaged))) and ',"B' not in damaged
    if kind in ("jsonl", "json", "parquet") and (not is_of_cells or "\0" in damaged):
        pytest.skip("damage of a CSV")
    if kind == "parquet":
        path = land(settings, "pos/receipts_2.parquet", b"")
        pq.write_table(pa.Table.from_pylist(as_objects(damaged)), path)
    else:
        text = {"jsonl": as_json(damaged), "json": json.dumps(as_objects(damaged))}.get(kind, RECEIPTS + damaged)
        land(settings, f"pos/receipts_2.{kind}", gzip.compress(text.encode()) if kind.endswith("gz") else text)
    ingest(settings, NOW)
    assert left(settings) == expected


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        (order(1) + second_line(1) + order(2) + second_line(2).replace("5.00", "five") + order(3), {1: 2, 3: 1}),
        (order(1) + second_line(1) + order(2).replace("10.00", "ten") + second_line(2) + order(3), {1: 2, 3: 1}),
        (order(1) + second_line(1) + order(2) + "#2,a@b.example\n" + order(3), {1: 2, 3: 1}),
        (order(1) + second_line(1) + order(2) + "#2,a@b.example,,,x,y,\n" + second_line(2) + order(3), {1: 2, 3: 1}),
        (order(2) + order(1) + second_line(1) + order(3) + second_line(2).replace(",,,\n", ",,,,more\n"), {1: 2, 3: 1}),
        (order(1) + second_line(1) + order(2).replace("'502", "5E+12") + second_line(2) + order(3), {1: 2, 3: 1}),
        (order(1) + second_line(1) + order(2, shop_id="#N/A") + second_line(2) + order(3), {1: 2, 3: 1}),
    ],
)
def test_a_damaged_row_costs_its_order(settings: Settings, damaged: str, expected: dict[int, int]) -> None:
    land(settings, "shopify/orders_export_1.csv", ORDERS + damaged)
    ingest(settings, NOW)
    assert left(settings, "orders") == expected


def test_tables_with_a_row_for_each_unit_lose_the_bad_row_alone(settings: Settings) -> None:
    movements = "movement_id,member_card,points,reason,moved_at\n"
    lines = "".join(f"M{n},L1,{n},sale,2025-12-01 10:00:00\n" for n in range(4)).replace("L1,2", "L1,two")
    land(settings, "programme/points_movements_1.csv", movements + lines)
    members = "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country\n"
    people = "".join(f"L{n},Alva,Ek,,,a@x.example,,,,0{n}.02.2025,SE\n" for n in range(1, 4)).replace("02.02", "32.02")
    land(settings, "pos/members_1.csv", members + people)
    ingest(settings, NOW)
    assert rows(settings, "pos", "members", "member_card") == [("L1",), ("L3",)]
    assert len(quarantined(settings)) == 2


def test_what_is_set_aside_says_why(settings: Settings) -> None:
    land(settings, "pos/receipts_1.csv", RECEIPTS + A1 + B1.replace('"0,85"', "free", 1) + A2 + B2[:-20])
    ingest(settings, NOW)
    reasons = {row.line: row.reason for row in quarantined(settings)}
    assert (reasons[2], reasons[4]) == (OF_DAMAGED_UNIT, OF_CUT_UNIT)
    assert len(reasons) == 4


WHOLE = A1 + B1 + A2 + B2


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        (WHOLE[:-2], {1: 2}),  # ends with a comma: sale,
        (WHOLE[:-3], {1: 2}),
        (WHOLE[:-9], {1: 2}),  # within the price
        (WHOLE[:-13], {1: 2}),
        (WHOLE + "R2,S", {1: 2}),
        (WHOLE + "R", {1: 2}),
        (WHOLE + "R\n\n", {1: 2}),
        (WHOLE[:-2] + "\n\n", {1: 2}),
        (WHOLE[:-9] + "\n\n", {1: 2}),
        (WHOLE[:-9] + "\n", {1: 2}),
        (WHOLE[:-9] + "\r\n\r\n", {1: 2}),
        (WHOLE + "R3,S1,1,01.12.2025 08:45,,", {1: 2, 2: 2}),
        (A1 + A2 + B2 + "R1,S1,1,01.12.2025 08:45,,", {2: 2}),  # the cut receipt's other row stands above
        (A1 + A2 + B2 + B1[:-2], {2: 2}),
        # whole, with whatever at its end
        (WHOLE, {1: 2, 2: 2}),
        (WHOLE.rstrip(), {1: 2, 2: 2}),
        (WHOLE + "\n", {1: 2, 2: 2}),
        (WHOLE + "\n \n", {1: 2, 2: 2}),
        (WHOLE.replace("\n", "\r\n").rstrip(), {1: 2, 2: 2}),
        (WHOLE.replace("\n", "\r\n")[:-1], {1: 2, 2: 2}),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_cut_last_row_costs_its_receipt(
    settings: Settings, contents: str, expected: dict[int, int], delimiter: str
) -> None:
    text = RECEIPTS + contents
    if delimiter == ";":
        text = text.replace('"0,85"', "0.85").replace(",", ";").replace("0.85", "0,85")
        text = text.replace('"0;8', "0,8").replace('"0', "0")
    land(settings, "pos/receipts_2.csv", text)
    ingest(settings, NOW)
    assert left(settings) == expected


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_copy_cut_anywhere_replaces_no_whole_receipt(settings: Settings, cut: int) -> None:
    file = CASES / "data_10_cut_file_replaces/landing/pos/receipts_1.csv"
    if not file.exists():
        pytest.skip("no case")
    whole = file.read_text()
    land(settings, "pos/receipts_2.csv", whole[:-cut])
    ingest(settings, NOW)
    assert left(settings) == ({1: 3} if cut == 1 else {})


def test_half_a_receipt_does_not_become_the_newest(settings: Settings) -> None:
    land_case(settings, "data_10_cut_file_replaces", keep_names=True)
    whole = (settings.landing / "pos/receipts_1.csv").read_text()
    land(settings, "pos/receipts_2.csv", whole[:-2])
    land(settings, "pos/receipts_3.csv", whole.replace("A2;Thing;1;10,00", "A2;Thing;1;ten"))
    total = "select net_total::varchar as net_total from {orders}"
    run_cycle(settings, NOW)
    assert published.rows(settings, total) == [{"net_total": "30.00"}]
    land(settings, "pos/receipts_4.csv", whole.replace("A2;Thing;1;10,00;10,00", "A2;Thing;1;10,00;11,00"))
    run_cycle(settings, NOW + timedelta(minutes=10))
    assert published.rows(settings, total) == [{"net_total": "31.00"}]
