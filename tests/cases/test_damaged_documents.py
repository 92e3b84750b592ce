"""A damaged row of a JSON document costs itself; what of a document is not read is said, and holds what may be a no."""

import json

import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, not_read, quarantined, unread_words
from stammis.intake.lines import REST
from tests.support.landing import counts, event, land, rows
from tests.support.moments import NOW

EVENTS = [event(number).strip() for number in range(1, 6)]
UNCLOSED = {
    "string": '{"event": "open", "email": "b@x.example, "timestamp": 1764547209, "sg_event_id": "e9"}',
    "last string": '{"event": "open", "email": "b@x.example", "timestamp": 1764547209, "sg_event_id": "e9}',
    "first string": '{"event": "open, "email": "b@x.example", "timestamp": 1764547209, "sg_event_id": "e9"}',
    "key": '{"event": "open", "email: "b@x.example", "timestamp": 1764547209, "sg_event_id": "e9"}',
    "brace": '{"event": "open", "email": "b@x.example", "timestamp": 1764547209, "sg_event_id": "e9"',
    "inner brace": '{"event": "open", "email": "b@x.example", "more": {"a": [{"b": 1}, {"c": 2}], "sg_event_id": "e9"}',
    "inner list": '{"event": "open", "email": "b@x.example", "more": [{"a": 1}, {"event": 2}, "sg_event_id": "e9"}',
    "half": '{"event": "open", "email": "b@x.ex',
    "end of a string": '{"event": "open", "email": "b@x.example", "reason": "\\',
    "word": '{"event": "open", "email": "b@x.example", "more": nope}',
}


def document(rows: list[str], style: str) -> str:
    if style == "lines":
        return "[\n" + ",\n".join(rows) + "\n]\n"
    if style == "indented":
        return (
            "[\n" + ",\n".join("  " + row.replace(", ", ",\n    ").replace("{", "{\n    ", 1) for row in rows) + "\n]"
        )
    return "[" + {"line": ", ", "dense": ","}[style].join(rows) + "]"


def read(settings: Settings, place: str, contents: str) -> list[str]:
    land(settings, place, contents)
    ingest(settings, NOW)
    return [told for (told,) in rows(settings, "sendgrid", "events", "sg_event_id")]


@pytest.mark.parametrize("style", ["lines", "line", "dense", "indented"])
@pytest.mark.parametrize("damage", UNCLOSED)
@pytest.mark.parametrize("at", [0, 2, 5])
def test_a_row_whose_end_cannot_be_told_costs_itself(settings: Settings, style: str, damage: str, at: int) -> None:
    text = document([*EVENTS[:at], UNCLOSED[damage], *EVENTS[at:]], style)
    assert read(settings, "sendgrid/events_1.json", text) == ["e1", "e2", "e3", "e4", "e5"]
    (row,) = quarantined(settings)
    assert row.line == at + 1
    assert "b@x" in row.row and "a@b" not in row.row
    swallows = at == 5 and damage != "word"
    assert (REST in row.reason) <= swallows
    held = {(word.channel, word.address) for word in unread_words(settings)}
    if REST in row.reason:
        assert ("email", None) in held  # and whoever stands in its beginning
    else:
        assert held <= {("email", "b@x.example"), ("email", "b@x.ex")}


def test_two_damaged_rows_cost_themselves(settings: Settings) -> None:
    broken = UNCLOSED["string"]
    text = document([EVENTS[0], broken, broken, EVENTS[1], broken, EVENTS[2]], "line")
    assert read(settings, "sendgrid/events_1.json", text) == ["e1", "e2", "e3"]
    assert [row.line for row in quarantined(settings)] == [2, 3, 5]


def api_order(number: int) -> dict[str, object]:
    at = "2025-12-01T10:00:00+01:00"
    told = {
        "currency": "SEK",
        "subtotal_price": "10.00",
        "financial_status": "paid",
        "created_at": at,
        "updated_at": at,
    }
    lines = [{"id": 90 + n, "sku": "C1", "name": "Cup", "quantity": 1, "price": "5.00"} for n in range(3)]
    return {"id": number, **told, "line_items": lines, "customer": {"id": 7, "email": "a@b.example"}}


@pytest.mark.parametrize("wrapped", ['{{"orders": {}}}', '{{"count": 3, "orders": {}, "more": {{"a": 1}}}}', "{}"])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("indent", [None, 2])
def test_lines_of_a_damaged_order_are_no_orders(settings: Settings, wrapped: str, at: int, indent: int | None) -> None:
    texts = [json.dumps(api_order(number), indent=indent) for number in range(1, 4)]
    texts[at] = texts[at].replace('"SEK"', '"SEK', 1)
    land(settings, "shopify/orders_1.json", wrapped.format("[" + ", ".join(texts) + "]"))
    ingest(settings, NOW)
    found = [told for (told,) in rows(settings, "shopify", "orders_api", "id")]
    assert found == [str(number) for number in range(1, 4) if number != at + 1]
    assert counts(settings)["shopify.orders_api"] == (3, 2, 0, 1)


@pytest.mark.parametrize("ending", ["", ",", ",\n", "\n", ", "])
def test_a_document_cut_between_two_rows_is_no_whole_one(settings: Settings, ending: str) -> None:
    assert read(settings, "sendgrid/events_1.json", f"[{EVENTS[0]}, {EVENTS[1]}{ending}") == ["e1", "e2"]
    (row,) = quarantined(settings)
    assert REST in row.reason
    assert {(word.channel, word.address) for word in unread_words(settings)} == {("email", None)}


@pytest.mark.parametrize(
    "contents",
    [
        "[" * 100_000,
        "{" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000,
        "[{" * 50_000,
        "[[[]]]",
        "[",
        "{",
        '""',
        "null",
        "true",
        "1",
        "[1,2]",
        "[null]",
        '["a@b.example"]',
        "{}",
        "[{}]",
        "[{}, {}]",
        " \n \t\n",
        "<html>\n<body>Bad gateway</body>\n</html>",
        "Bad gateway",
    ],
)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_a_document_of_which_nothing_is_read_holds_its_channel(settings: Settings, contents: str, ending: str) -> None:
    place = f"sendgrid/events_1.{ending}"
    assert read(settings, place, contents) == []
    if ending == "jsonl" and not contents.strip():
        assert not unread_words(settings)  # nothing happened that day
        return
    if ending == "jsonl" and contents.startswith('{"a":'):
        assert len(quarantined(settings)) == 1  # a row that is cut
        return
    said = [note.file for note in not_read(settings)] + [row.file for row in quarantined(settings)]
    assert said == [place]
    assert {(word.channel, word.address) for word in unread_words(settings)} == {("email", None)}


@pytest.mark.parametrize("contents", ["[]", " [ \n ] \n", "\ufeff[]"])
def test_an_empty_list_is_read(settings: Settings, contents: str) -> None:
    assert read(settings, "sendgrid/events_1.json", contents) == []
    land(settings, "shopify/customers_1.json", '{"customers": []}')
    land(settings, "shopify/customers_2.json", '[{"customers": []}, {"customers": []}]')
    ingest(settings, NOW)
    assert not not_read(settings) and not unread_words(settings)


def test_an_answer_of_an_interface_without_its_rows_holds_its_channels(settings: Settings) -> None:
    land(settings, "shopify/customers_1.json", '{"errors": [{"message": "Throttled"}]}')
    land(settings, "shopify/orders_1.json", '{"errors": [{"message": "Throttled"}]}')
    ingest(settings, NOW)
    assert {(word.place, word.channel) for word in unread_words(settings)} == {
        ("shopify/customers_1.json", "email"),
        ("shopify/customers_1.json", "sms"),
    }
