"""API answers wrap their rows and nest their lists: each row is found, judged and counted like a line of its own."""

import gzip
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stammis.core.settings import Settings
from stammis.intake import Contract, ingest, quarantined, read_contracts
from stammis.intake.contracts import Column
from stammis.intake.cut import NOT_AN_OBJECT
from stammis.intake.files import find_files
from stammis.intake.scrub import Task, scrub_file
from tests.support.landing import counts, land, reasons, rows
from tests.support.moments import AS_OF


def shopify_order(number: int) -> dict[str, Any]:
    """The least that an order of the API has; `updated_at` makes it a version of its own."""
    return {
        "id": number,
        "currency": "SEK",
        "subtotal_price": "10.00",
        "financial_status": "paid",
        "created_at": "2025-12-01T10:00:00+01:00",
        "updated_at": f"2025-12-01T10:0{number}:00+01:00",
    }


def test_rows_are_taken_out_of_what_wraps_them(settings: Settings) -> None:
    orders = [json.dumps(shopify_order(number)) for number in range(8)]
    edges = ", ".join(f'{{"node": {order}}}' for order in orders[3:5])
    land(settings, "shopify/orders_a.json", f'{{"orders": [{orders[0]},\n{orders[1]}, 7]}}')
    land(settings, "shopify/orders_b.json", json.dumps({"order": shopify_order(2)}, indent=2))
    land(settings, "shopify/orders_c.json", f'{{"data": {{"orders": {{"edges": [{edges}]}}}}}}')
    land(settings, "shopify/orders_d.jsonl", f'{{"order": {orders[5]}}}\n{{"order": {orders[6]}}}\n')
    land(settings, "shopify/orders_e.json", f"[{orders[7]}]")
    land(settings, "shopify/orders_f.jsonl", f"{orders[0]}\n\n{orders[1]}\n")
    land(settings, "shopify/orders_g.json", '{"orders": []}')
    ingest(settings, AS_OF)
    assert counts(settings) == {"shopify.orders_api": (11, 8, 2, 1)}
    assert [row[0] for row in rows(settings, "shopify", "orders_api", "id")] == [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "0",
        "1",
    ]
    assert [row[0] for row in rows(settings, "shopify", "orders_api", "line")] == [1, 2, 1, 1, 2, 1, 2, 1, 1, 3]
    assert reasons(settings) == {3: NOT_AN_OBJECT.split(":")[0]}


def test_a_document_without_its_rows_says_what_it_has(settings: Settings) -> None:
    land(settings, "shopify/orders.json", '{"errors": [{"message": "Throttled"}], "anna@post.example": 1}')
    ingest(settings, AS_OF)
    (row,) = quarantined(settings)
    assert "no rows at orders[] or order or data.orders.edges[].node or data.orders.nodes[] or " in row.reason
    assert row.reason.endswith(": the document has errors")


def test_an_amount_within_a_list_that_cannot_be_read_quarantines_its_order(settings: Settings) -> None:
    dear, none, given = shopify_order(1), shopify_order(2), shopify_order(3)
    dear["line_items"] = [{"price": "1.00"}, {"price": "dear", "quantity": 1}]
    none["line_items"] = "Cup"
    given["refunds"] = [{"refund_line_items": [{"subtotal": "1.00"}, {"subtotal": "some"}]}]
    land(settings, "shopify/orders.json", json.dumps([dear, none, given, shopify_order(4)]))
    ingest(settings, AS_OF)
    assert counts(settings) == {"shopify.orders_api": (4, 1, 0, 3)}
    number = "is not a number like 1234.50"
    assert {row.line: row.reason for row in quarantined(settings)} == {
        1: f"in an element of 'line_items', column 'price' {number}",
        2: "column 'line_items' is not a list",
        3: f"in an element of 'refunds', column 'refund_line_items[].subtotal' {number}",
    }


def test_an_order_emptied_of_its_buyer_keeps_what_was_traded(settings: Settings) -> None:
    order = shopify_order(1) | {
        "discount_codes": [{"code": "HEJ", "amount": "1.00"}],
        "line_items": [{"sku": "C1", "name": "Cup", "quantity": 1, "price": "11.00"}],
        "fulfillments": [{"created_at": "2025-12-02T10:00:00+01:00"}],
    }
    land(settings, "shopify/orders.json", json.dumps({"orders": [order]}))
    (file,), _ = find_files(settings.landing, read_contracts(settings.dbt_project))
    assert scrub_file(file, Task(lines=[1]))
    ingest(settings, AS_OF)
    ((code, lines, sent),) = rows(settings, "shopify", "orders_api", "discount_code, line_items, fulfilled_at::varchar")
    assert (code, [line["sku"] for line in json.loads(lines)], sent) == ("HEJ", ["C1"], "2025-12-02 09:00:00")


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "json", "parquet"])
def test_what_is_emptied_already_is_left_as_it_is(settings: Settings, ending: str) -> None:
    """Orders of somebody erased are met again in every later reading of their file."""
    order = {"id": 1, "name": "#1", "email": "anna@post.example", "note": "Hej, Åsa", "total": "10.00"}
    header, cells = ",".join(order), ",".join(f'"{value}"' for value in order.values())
    text = {"csv": f"{header}\n{cells}\n", "jsonl": json.dumps(order) + "\n", "json": json.dumps([order])}
    path = settings.landing / "bokhandel" / f"orders.{ending}"
    path.parent.mkdir(parents=True)
    if ending == "parquet":
        pq.write_table(pa.Table.from_pylist([order]), path)
    else:
        written = text[ending.removesuffix(".gz")].encode()
        path.write_bytes(gzip.compress(written) if ending.endswith(".gz") else written)
    columns = [
        Column("id", "bigint", ("id",)),
        Column("email", "varchar", ("email",), personal="email"),
        Column("total", "decimal(18,4)", ("total",)),
    ]
    contract = Contract("bokhandel", "orders", ("orders*",), tuple(columns), unit=("id",))
    (file,), _ = find_files(settings.landing, [contract])
    task = Task(lines=[2 if ending.startswith("csv") else 1])  # below the header
    first = scrub_file(file, task)
    assert first and (first.emptied, first.dropped, first.cut, first.left) == (1, 0, 0, 1)
    emptied = path.read_bytes()
    again = scrub_file(file, task)
    assert again and (again.touched, again.left) == (0, 1)
    assert path.read_bytes() == emptied
    assert b"anna" not in (gzip.decompress(emptied) if ending.endswith(".gz") else emptied)
