"""Every landed row is accounted for, once, whatever the order in which files come."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from stammis.core.damage import DamagedFile
from stammis.core.errors import InputError
from stammis.core.settings import Settings
from stammis.intake import ingest, landing_report, not_read, quarantined, read_contracts, source_relations
from tests.support.landing import ORDERS as ORDERS_HEADER
from tests.support.landing import counts, event, land, order, receipt, receipts, rows, second_line, sms
from tests.support.moments import AS_OF


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_rows_become_typed_columns_with_their_file_and_line(settings: Settings) -> None:
    land(settings, "pos/receipts.csv", receipts(1, 2))
    land(settings, "shopify/orders_export_1.csv", "\ufeff" + ORDERS_HEADER + order(1) + second_line(1))
    ingest(settings, AS_OF)
    found = rows(settings, "pos", "receipts", "receipt_no, sold_at, unit_price::varchar, country, file_name, line")
    assert found == [
        ("R1", day("2025-12-01 08:45"), "0.8500", None, "receipts.csv", 2),
        ("R2", day("2025-12-01 08:45"), "0.8500", None, "receipts.csv", 3),
    ]
    # The first row's id reaches the second; the guarding apostrophe is gone; the offset became UTC.
    assert rows(settings, "shopify", "orders", "id, created_at, lineitem_name") == [
        ("501", day("2025-12-01 09:00"), "Cup"),
        ("501", day("2025-12-01 09:00"), "Saucer"),
    ]


def test_a_source_that_never_landed_is_an_empty_table_with_its_columns(settings: Settings) -> None:
    land(settings, "pos/receipts.csv", receipts(1))
    ingest(settings, AS_OF)
    assert rows(settings, "twilio", "inbound", "message_sid, sent_at, file_name, file_hash, line, received_at") == []
    declared = {(contract.source, contract.entity) for contract in read_contracts(settings.dbt_project)}
    assert len(declared) > 20
    assert set(source_relations(settings)) == declared


def test_the_same_files_again_change_nothing(settings: Settings) -> None:
    path = land(settings, "sendgrid/events.jsonl", event(1) + event(2) + event(1))
    first = ingest(settings, AS_OF)
    before = rows(settings, "sendgrid", "events")
    path.touch()  # a copy that kept its contents is the same file
    again = [ingest(settings, AS_OF), ingest(settings, day("2026-01-01 00:00"))]
    assert counts(settings)["sendgrid.events"] == (3, 2, 1, 0)
    assert rows(settings, "sendgrid", "events") == before
    assert [len(report.files) for report in [first, *again]] == [1, 0, 0]


@pytest.mark.parametrize("lost", ["intake/pos/receipts", "quarantine/pos/receipts"])
def test_lost_parquet_is_made_again_from_its_export_as_it_was(settings: Settings, lost: str) -> None:
    land(settings, "pos/receipts_1.csv", receipts(1, 2))
    land(settings, "pos/receipts_2.csv", receipts(2, 3) + receipt(9, price="free"))
    land(settings, "pos/receipts_copy.csv", receipts(1, 2))
    ingest(settings, AS_OF)
    before, counted = rows(settings, "pos", "receipts"), counts(settings)
    aside = quarantined(settings)
    assert len(aside) == 1
    for path in (settings.data / lost).iterdir():
        path.unlink()
    report = ingest(settings, day("2026-01-01 00:00"))
    assert "read again, because what was made of it is lost" in str(report.remarks[0])
    assert (rows(settings, "pos", "receipts"), counts(settings)) == (before, counted)
    assert quarantined(settings) == aside
    assert ingest(settings, day("2026-01-01 00:00")).remarks == []


@pytest.mark.parametrize("line", ["garbage", "[]", "{}", '{"source": "pos"}', "\xff"])
def test_damaged_manifest_is_named_with_its_remedy(settings: Settings, line: str) -> None:
    land(settings, "pos/receipts_1.csv", receipts(1, 2))
    ingest(settings, AS_OF)
    manifest = settings.intake / "manifest.jsonl"
    manifest.write_bytes(line.encode("latin-1") + b"\n" + manifest.read_bytes())
    with pytest.raises(DamagedFile, match=r"manifest\.jsonl is damaged\. Remove the folder intake and run again"):
        ingest(settings, AS_OF)


def test_order_and_batches_of_landing_do_not_change_totals_or_rows(tmp_path: Path) -> None:
    files = {
        "sendgrid/events_a.jsonl": event(1) + event(2),
        "sendgrid/events_b.jsonl": event(2) + event(3) + "{cut",
        "sendgrid/events_c.jsonl": event(3) + event(1),
        "pos/receipts_1.csv": receipts(1, 2),
        "pos/receipts_2.csv": receipts(2, 3),
    }
    seen = []
    for number, batches in enumerate(["abc12", "21|cba", "c|1|a|b2", "b|c2|1a"]):
        settings = Settings(data=tmp_path / f"data{number}", landing=tmp_path / f"landing{number}")
        for batch in batches.split("|"):
            for place, contents in files.items():
                if place.split("_")[1][0] in batch:
                    land(settings, place, contents)
            ingest(settings, AS_OF)
        events, sales = rows(settings, "sendgrid", "events"), rows(settings, "pos", "receipts")
        seen.append((counts(settings), events, sales))
    assert seen[0][0] == {"sendgrid.events": (7, 3, 3, 1), "pos.receipts": (4, 4, 0, 0)}
    assert [seen[0]] * 3 == seen[1:]


def test_the_same_contents_under_another_name_are_counted_as_duplicates(settings: Settings) -> None:
    land(settings, "pos/receipts_1.csv", receipts(1, 2))
    ingest(settings, AS_OF)
    land(settings, "pos/receipts_2.csv", receipts(1, 2))
    land(settings, "pos/receipts_3.csv", receipts(1, 2))
    ingest(settings, AS_OF)
    assert counts(settings)["pos.receipts"] == (6, 2, 4, 0)
    kept = rows(settings, "pos", "receipts", "receipt_no, file_name")  # each a version: the newest word may repeat one
    assert len(kept) == 6 and len({name for _, name in kept}) == 3


def test_received_at_is_the_rows_own_else_the_names_date_else_the_latest_event_not_after_the_run(
    settings: Settings,
) -> None:
    land(settings, "twilio/inbound_2025-12-09.jsonl", sms(1))
    land(settings, "pos/receipts_20251208T1830.csv", receipts(1))
    land(settings, "sendgrid/events.jsonl", event(5) + event(1) + event(9_000_000))
    people = "First Name,Last Name,Email,Accepts Email Marketing\nA,B,a@b.example,yes\n"
    land(settings, "shopify/customers_export.csv", people)
    report = ingest(settings, AS_OF)
    assert rows(settings, "twilio", "inbound", "received_at") == [(day("2025-12-05 09:00"),)]
    assert rows(settings, "pos", "receipts", "received_at") == [(day("2025-12-08 18:30"),)]
    assert rows(settings, "sendgrid", "events", "received_at") == [(day("2025-12-01 00:00:05"),)] * 3
    assert rows(settings, "shopify", "customers", "received_at, accepts_email_marketing, customer_id") == [
        (AS_OF, True, None)
    ]
    assert {c.source: c.rows_future_dated for c in landing_report(settings) if c.rows_future_dated} == {"sendgrid": 1}
    assert "1 dated in the future" in str(report)


def test_a_tills_local_time_is_future_only_when_it_is_so_everywhere(settings: Settings) -> None:
    land(settings, "pos/receipts.csv", receipts(1))
    ingest(settings, day("2025-12-01 07:50"))  # 08:50 in Stockholm, five minutes after the sale
    assert [count.rows_future_dated for count in landing_report(settings)] == [0]


def test_a_changed_contract_reads_its_files_again_and_keeps_when_they_came(settings: Settings, tmp_path: Path) -> None:
    for part in ("models/staging", "seeds"):
        shutil.copytree(settings.dbt_project / part, tmp_path / "dbt" / part)
    own = replace(settings, dbt_project=tmp_path / "dbt")
    land(own, "sendgrid/events_a.jsonl", event(1, category="news") + event(2))
    land(own, "sendgrid/events_b.jsonl", event(2))
    ingest(own, AS_OF)
    declared = tmp_path / "dbt/models/staging/sendgrid/_sendgrid__sources.yml"
    declared.write_text(declared.read_text() + "          - name: category\n            data_type: varchar\n")
    assert [row[0] for row in rows(own, "sendgrid", "events", "category")] == [None] * 3
    ingest(own, day("2026-02-02 00:00"))
    assert counts(own)["sendgrid.events"] == (3, 2, 1, 0)
    at = day("2025-12-01 00:00:02")
    assert rows(own, "sendgrid", "events", "category, received_at") == [("news", at), (None, at), (None, at)]


def test_a_crash_before_the_manifest_line_is_whole_leaves_the_file_to_be_read_again(settings: Settings) -> None:
    land(settings, "sendgrid/events_a.jsonl", event(1))
    ingest(settings, AS_OF)
    land(settings, "sendgrid/events_b.jsonl", event(2))
    ingest(settings, AS_OF)
    manifest = settings.intake / "manifest.jsonl"
    manifest.write_bytes(manifest.read_bytes()[:-20])
    assert len(rows(settings, "sendgrid", "events")) == 1  # its Parquet is there, and does not count
    ingest(settings, AS_OF)
    assert counts(settings)["sendgrid.events"] == (2, 2, 0, 0)
    assert [row[0] for row in rows(settings, "sendgrid", "events", "sg_event_id")] == ["e1", "e2"]


def test_what_an_intake_was_killed_at_goes_with_the_next(settings: Settings) -> None:
    left = settings.intake / ".scratch"
    left.mkdir(parents=True)
    for name in ("unfinished.parquet", "unpacked"):
        (left / name).touch()
    land(settings, "pos/receipts.csv", receipts(1))
    ingest(settings, AS_OF)
    assert not left.exists()


def test_a_missing_or_empty_landing_folder_says_what_is_expected(settings: Settings) -> None:
    with pytest.raises(InputError, match=r"there is no such folder.*--landing"):
        ingest(settings, AS_OF)
    land(settings, "till/receipts.csv", receipts(1))
    with pytest.raises(InputError, match=r"nothing to take in(.|\n)*pos/receipts\*(.|\n)*till/: not read"):
        ingest(settings, AS_OF)


def test_files_nobody_declared_are_named_and_others_go_on(settings: Settings) -> None:
    for place in ("pos/receipts.csv", "pos/sales.csv", "pos/receipts.xlsx", "till/x.csv", "stray.csv"):
        land(settings, place, receipts(1))
    for place in ("truth/answers.csv", ".hidden", "pos/.receipts.csv"):
        land(settings, place, receipts(2))
    report = ingest(settings, AS_OF)
    assert counts(settings) == {"pos.receipts": (1, 1, 0, 0)}
    assert sorted(note.file for note in report.not_read) == ["pos/receipts.xlsx", "pos/sales.csv", "stray.csv", "till/"]
    assert report.not_read == not_read(settings)


def test_the_sample_exports_are_counted_as_their_makers_did(channels_small: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, landing=channels_small)
    report = ingest(settings, day("2025-12-10 10:00"))
    assert counts(settings) == {
        "newsletter.members": (403, 403, 0, 0),
        "pos.members": (54, 54, 0, 0),
        "pos.receipts": (11_574, 11_574, 0, 0),
        "reviews.judgeme": (81, 81, 0, 0),
        "sendgrid.events": (6_236, 6_121, 115, 0),
        "shopify.customers": (652, 652, 0, 0),
        "shopify.orders": (50_214, 50_214, 0, 0),
        "twilio.inbound": (59, 58, 1, 0),
        "web.events": (1_478, 1_469, 9, 0),
    }
    assert [str(remark) for remark in report.remarks] == [
        "pos/members.csv: column 'dob' cannot be read on 1 row, where it is left empty"
    ]
    money = rows(settings, "pos", "receipts", "line_total")
    assert f"{sum(total for (total,) in money):.2f}" == "233822.61"
