"""One bad file stops only itself: the others are read, and the run says which it was, why, and what to do."""

import gzip
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from stammis.core.settings import Settings, read_settings
from stammis.intake import ingest, landing_report, quarantined, rows, unread_words
from tests.support.cases import CASES, land_case
from tests.support.landing import event, land, receipts
from tests.support.landing import rows as source_rows
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

    def fails(head: bytes, columns: object, encoding: str) -> object:
        if b"R3" in head:
            raise RecursionError("somebody's row")
        return read_header(head, columns, encoding)  # type: ignore[arg-type]

    monkeypatch.setattr(rows, "read_header", fails)
    report = ingest(settings, NOW)
    (note,) = report.not_read
    assert "receipts_2025-12-02.csv: not read: an error nobody foresaw, RecursionError in" in str(note)
    assert "somebody" not in str(note)
    assert loaded(settings)["pos.receipts"] == 2


def test_what_is_no_plain_file_of_the_folder_is_named_and_not_followed(settings: Settings, tmp_path: Path) -> None:
    land(settings, GOOD, receipts(1, 2))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "subscribed_members_export.csv").write_text("Email Address\na@b.example\n")
    pos, circle = settings.landing / "pos", settings.landing / "pos" / "receipts_circle.csv"
    circle.symlink_to(circle)
    (pos / "receipts_out.csv").symlink_to("/etc/hostname")
    (pos / "receipts_gone.csv").symlink_to(tmp_path / "nowhere")
    os.mkfifo(pos / "receipts_pipe.csv")
    (settings.landing / "newsletter").symlink_to(outside)
    Path(os.fsdecode(os.fsencode(pos / "receipts_k") + b"\xf6p.csv")).write_text(receipts(9))
    report = ingest(settings, NOW)
    assert sorted(str(note).split(";")[0] for note in report.not_read) == [
        "newsletter: not read: it is a link, which may lead out of the landing folder",
        "pos/receipts_circle.csv: not read: it is a link, which may lead out of the landing folder",
        "pos/receipts_gone.csv: not read: it is a link, which may lead out of the landing folder",
        "pos/receipts_k\\xf6p.csv: not read: its name is not UTF-8",
        "pos/receipts_out.csv: not read: it is a link, which may lead out of the landing folder",
        "pos/receipts_pipe.csv: not read: it is no plain file",
    ]
    assert loaded(settings) == {"pos.receipts": 2}


DEEP = "[" * 20_000 + "]" * 20_000
IS_LONG, NO_OBJECT = "is longer than a million characters", "is not a JSON object"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"sg_event_id": "e9", bad: "x, ]"}', "is not JSON (line 2, character 23): export the row again"),
        ("{'sg_event_id': 'e9'}", "is not JSON (line 2, character 2): export the row again"),
        ('{"deep": [%s}', "is not JSON (line 2, character "),
        ('{"long": "' + "x" * 3_000_000 + '"}', IS_LONG),
        ('{"long": "' + "x" * 1_500_000 + '"}', IS_LONG),
        ('"a word"', NO_OBJECT),
        ("[[[1]]]", NO_OBJECT),
        ("null", NO_OBJECT),
    ],
)
def test_a_row_that_is_no_json_costs_itself(settings: Settings, bad: str, reason: str) -> None:
    if reason[-1] != " ":  # in an array a bracket too few has no end
        land(settings, "sendgrid/events_1.json", f"[{event(1).strip()},\n{bad},\n{event(2)}]")
    land(settings, "sendgrid/events_2.jsonl", f"{event(3)}{bad}\n{event(4)}")
    ingest(settings, NOW)
    assert loaded(settings) == {"sendgrid.events": 4 if reason[-1] != " " else 2}
    of_array, of_lines = ([row for row in quarantined(settings) if row.file.endswith(end)] for end in (".json", "l"))
    assert [row.line for row in of_lines] == [2]
    assert [row.line for row in of_array] in ([2], [])
    assert all(row.reason.startswith(reason) or reason == IS_LONG for row in of_array)  # the database takes 4 MB


def test_an_element_that_is_never_closed_is_kept_with_its_beginning(settings: Settings) -> None:
    opened = event(1, event="unsubscribe", email="a@left.example").strip()[:-1]
    land(settings, "sendgrid/events_1.json", f"[{opened},\n{event(2, email='b@left.example').strip()}]")
    land(settings, "sendgrid/events_2.json", f'[{{"long": "{"x" * 3_000_000}"}},\n{event(3)}]')
    ingest(settings, NOW)
    kept = {row.file: row.row for row in quarantined(settings)}
    assert kept["sendgrid/events_1.json"].startswith(opened)
    assert kept["sendgrid/events_2.json"].startswith('{"long": "xxx')
    assert "a@left.example" in {word.address for word in unread_words(settings)}
    assert ("b@left.example",) in source_rows(settings, "sendgrid", "events", "email")  # what follows is read


def test_a_number_of_thousands_of_digits_costs_its_row(settings: Settings) -> None:
    bad = event(1).strip()[:-1] + f', "x": {"9" * 6000}}}'
    land(settings, "sendgrid/events_1.json", f"[{bad},\n{{bad}},\n{event(2)}]")
    assert not ingest(settings, NOW).not_read
    assert loaded(settings)["sendgrid.events"] >= 1


@pytest.mark.parametrize("deep", [DEEP, DEEP[:-3], "[" * 50_000])
def test_what_is_nested_deeply_stops_nothing(settings: Settings, deep: str) -> None:
    land(settings, "sendgrid/events_1.json", f'[{event(1).strip()},\n{{"deep": {deep}}},\n{event(2)}]')
    land(settings, "sendgrid/events_2.jsonl", f'{event(3)}{{"deep": {deep}}}\n{event(4)}')
    land(settings, "sendgrid/events_3.json", '{"a":' * 50_000)
    land(settings, "shopify/orders_1.json", deep)
    land(settings, "shopify/orders_2.json", f'{{"orders": [{{"deep": {deep}}}, {{"id": 5}}]}}')
    report = ingest(settings, NOW)
    assert not [note for note in report.not_read if "nobody foresaw" in str(note)]
    assert loaded(settings)["sendgrid.events"] >= 3


def test_rows_that_a_long_document_wraps_are_read_through_a_window(settings: Settings) -> None:
    orders = [{"id": number, "name": f"#{number}", "note": "x" * 2000} for number in range(2500)]
    written = [json.dumps(order) for order in orders]
    written[1000] = '{"id": 5, bad: "x, ]"}'
    extra = {"before": {"orders": [1, "]"]}, "text": "y" * 3_000_000}
    wrapped = json.dumps(extra)[:-1] + ', "orders": [' + ",\n".join(written) + '], "after": {}}'
    land(settings, "shopify/orders_1.json", wrapped)
    land(
        settings,
        "shopify/orders_2.json",
        '{"data": {"orders": {"edges": [{"node": ' + '}, {"node": '.join(written) + "}]}}}",
    )
    land(settings, "shopify/orders_3.json", wrapped[:-1000])
    land(settings, "shopify/orders_4.json", json.dumps({"text": "y" * 3_000_000}))
    ingest(settings, NOW)
    counted = Counter(row.file for row in quarantined(settings))  # all of them, as an order needs more than these
    assert counted == {f"shopify/orders_{number}.json": 2500 for number in (1, 2, 3)} | {"shopify/orders_4.json": 1}


def test_a_file_that_unpacks_to_more_than_is_allowed_is_named(settings: Settings) -> None:
    settings = replace(settings, largest_file=100_000)
    land(settings, GOOD, receipts(1, 2))
    land(settings, "pos/receipts_2.csv.gz", gzip.compress(b"0" * 200_000))
    land(settings, "pos/receipts_3.csv", b"0" * 200_000)
    report = ingest(settings, NOW)
    assert [str(note) for note in report.not_read] == [
        f"pos/{name}: not read: it has more than 100,000 bytes; land it in parts, or set STAMMIS_LARGEST_FILE"
        for name in ("receipts_2.csv.gz", "receipts_3.csv")
    ]
    assert loaded(settings) == {"pos.receipts": 2}


def test_a_quotation_mark_that_is_not_closed_swallows_no_other_row(settings: Settings) -> None:
    header = "Email,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp,Email Suppressions,Country"
    opened, whole, short = '{},",UNSUBSCRIBED,,,SE', "{},,UNSUBSCRIBED,,,SE", "{},UNSUBSCRIBED"
    for number, forms in enumerate([(opened, whole, opened), (opened, short, opened), (whole, opened, short)]):
        lines = [form.format(f"p{place}@left{number}.example") for place, form in enumerate(forms)]
        land(settings, f"klaviyo/klaviyo_{number}.csv", "\n".join([header, *lines]) + "\n")
    land(settings, "klaviyo/klaviyo_4.csv", f'{header}\na@x.example,"070\n174",SUBSCRIBED,,,SE\n')
    ingest(settings, NOW)
    read = {str(email) for (email,) in source_rows(settings, "klaviyo", "profiles", "email")}
    held = {word.address for word in unread_words(settings)}
    assert read == {"p1@left0.example", "p0@left2.example"}
    wanted = {f"p{place}@left{number}.example" for place in range(3) for number in range(3)} | {"a@x.example"}
    assert held == wanted - read


def test_a_line_break_within_tags_is_a_quotation_mark_that_is_not_closed(settings: Settings) -> None:
    """Tags are personal text, and of one line all the same: what stands behind the mark may be another's refusal."""
    header = "Email Address,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,TAGS,UNSUB_REASON\n"
    left = "{}@left.example,,,2025-12-01 10:00:00,{},{}\n"
    rows = left.format("bo", '"VIP\nca@left.example"', "") + left.format("di", "VIP", '"In\ntwo lines"')
    land(settings, "newsletter/unsubscribed_members_export_1.csv", header + rows)
    ingest(settings, NOW)
    assert source_rows(settings, "newsletter", "members", "email_address") == [("di@left.example",)]
    assert {word.address for word in unread_words(settings)} >= {"bo@left.example"}


def test_what_is_written_is_its_users_alone(tmp_path: Path) -> None:
    settings = read_settings(data=tmp_path / "data", landing=tmp_path / "landing", environment={})
    land(settings, GOOD, receipts(1, 2))
    ingest(settings, NOW)
    written = [settings.data, *settings.data.rglob("*")]
    assert len(written) > 4
    assert {oct(path.stat().st_mode & 0o777) for path in written} == {"0o700", "0o600"}


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
