"""A person who asks to be forgotten is nowhere any more; what was sold and sent is still counted."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from stammis import intake
from stammis.core.errors import StammisError
from stammis.core.settings import PROJECT, Settings
from stammis.ledger import open_ledger
from stammis.privacy import erase_stores, erasure
from stammis.privacy.erase_stores import COUNTED
from stammis.privacy.person import find_person
from stammis.privacy.personal_data import collect_personal_data, write_personal_data
from stammis.privacy.places import PLACES, Hit, look_everywhere
from stammis.privacy.request import ErasureRequest, open_requests
from stammis.warehouse import published
from tests.support import canary
from tests.support.cycles import copy_of
from tests.support.ledger import queued

SUMS = "select count(*) as orders, sum(net_total) as net, sum(gross_total) as gross from {orders}"
LINES = "select count(*) as lines, sum(line_total) as total from {order_lines}"
RESULTS = "select * from {journey_results} order by all"


@dataclass
class Forgotten:
    settings: Settings
    done: ErasureRequest
    said: str


COUNTED_FILES = {f"published/*/{table}.parquet" for table in COUNTED}
LEFT = (
    "intake/.scratch/unfinished.parquet",
    "scratch/copy-1/intake/pos/members/1.csv",
    "preview/preview.html",
    "preview/.preview.html.77.unfinished",
)


@pytest.fixture(scope="module")
def forgotten(planted: Settings, tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    """The same after she was erased, whatever others were killed at; read it, do not write."""
    settings = copy_of(planted, tmp_path_factory.mktemp("forgotten"))
    for name in LEFT:
        (settings.data / name).parent.mkdir(parents=True, exist_ok=True)
        (settings.data / name).write_text(canary.EMAIL)
    assert {hit.file: bool(hit.place) for hit in hits(settings)}.items() >= dict.fromkeys(LEFT, True).items()
    done = erasure.erase(settings, canary.EMAIL)
    return Forgotten(settings, done, erasure.summary(done))


def hits(settings: Settings) -> list[Hit]:
    return [hit for hit in look_everywhere(settings, canary.WORDS) if hit]


def counts(settings: Settings) -> dict[str, tuple[int, ...]]:
    report = intake.landing_report(settings)
    for each in report:
        assert each.rows_in == each.rows_loaded + each.rows_duplicate + each.rows_quarantined
    return {f"{each.source}/{each.entity}": (each.rows_in, each.rows_loaded, each.rows_quarantined) for each in report}


def test_a_person_stands_only_in_places_that_are_declared(planted: Settings) -> None:
    found = hits(planted)
    assert [hit.file for hit in found if hit.place is None] == []
    quiet = {"dbt/*", "dbt_try/*", "gate/*", "erasures/*", "last_run.json"}  # only an accident brings somebody there
    quiet |= {"scratch/*", "preview/*"}  # only a kill, and a masked customer
    quiet |= {"days/*", "truth/*"}  # a demo's
    quiet |= {"valuations/*", "segments/*", "prefect/*", *COUNTED_FILES}  # ids alone
    quiet |= {"inbox/*"}  # it has not landed
    assert {place.pattern for place in PLACES} - quiet == {hit.place for hit in found}
    assert len(found) > 30


def test_who_is_forgotten_stands_in_no_file_and_no_table(forgotten: Forgotten) -> None:
    assert hits(forgotten.settings) == []
    assert open_requests(forgotten.settings) == []


def test_sums_stay(planted: Settings, forgotten: Forgotten) -> None:
    for query in (SUMS, LINES, RESULTS):
        assert published.rows(planted, query) == published.rows(forgotten.settings, query)
    before, after = counts(planted), counts(forgotten.settings)
    for kept in ("shopify/orders", "reviews/judgeme", "sendgrid/events", "twilio/statuses"):
        assert before[kept] == after[kept]
    assert (before["pos/receipts"][1], 0) == (after["pos/receipts"][1], after["pos/receipts"][2])
    assert {
        table: before[table][0] - after[table][0] for table in ("pos/members", "twilio/inbound", "shopify/customers")
    } == {"pos/members": 1, "twilio/inbound": 1, "shopify/customers": 2}
    with open_ledger(planted) as old, open_ledger(forgotten.settings) as new:
        assert old.counts() == new.counts()


def test_a_rebuild_from_landing_finds_nobody(forgotten: Forgotten, tmp_path: Path) -> None:
    settings = copy_of(forgotten.settings, tmp_path)
    shutil.rmtree(settings.intake)
    shutil.rmtree(settings.data / "quarantine")
    intake.ingest(settings, published.rows(settings, "select as_of from {clock}")[0]["as_of"])
    assert hits(settings) == []
    assert counts(forgotten.settings) == counts(settings)


def test_an_export_that_brings_somebody_back_is_rid_of_them_before_it_is_read(
    forgotten: Forgotten, planted: Settings, tmp_path: Path
) -> None:
    settings = copy_of(forgotten.settings, tmp_path)
    for path in [path for path in planted.landing.rglob("*") if path.is_file() and path.suffix != ".txt"]:
        stem, _, ending = path.name.partition(".")
        shutil.copy(path, settings.landing / path.parent.name / f"{stem}_again.{ending}")
    said = intake.ingest(settings, published.rows(settings, "select as_of from {clock}")[0]["as_of"])
    assert [note.file for note in said.not_read] == ["shopify/notes.txt"]
    assert any("brought somebody back" in note.text for note in said.remarks)
    assert hits(settings) == []
    counts(settings)


def test_nothing_is_sent_to_who_is_forgotten(forgotten: Forgotten, tmp_path: Path) -> None:
    settings = copy_of(forgotten.settings, tmp_path)
    rows = [
        queued("by hand", address=canary.EMAIL.upper(), customer_id="somebody new"),
        queued("to others", address="else.berg@example.org"),
    ]
    moment = published.rows(settings, "select as_of from {clock}")[0]["as_of"]
    with open_ledger(settings) as ledger:
        ledger.commit_run("20251210T090000Z-9", moment, rows)
        batch = ledger.claim("email")
        assert batch
        assert set(ledger.intend(batch, ["by hand", "to others"])) == {"to others"}
        assert ledger.states_of(["by hand"])["by hand"] == ("suppressed", "erased")


def test_what_is_said_of_an_erasure_names_nobody(forgotten: Forgotten) -> None:
    assert not canary.WORDS.search(forgotten.said.encode())
    assert forgotten.done.person.customer_id in forgotten.said
    assert "rows emptied" in forgotten.said and "What stays" in forgotten.said


def test_who_asks_after_somebody_forgotten_is_told_so(forgotten: Forgotten) -> None:
    with pytest.raises(StammisError, match="erased on"):
        collect_personal_data(forgotten.settings, forgotten.done.person.customer_id)
    with pytest.raises(StammisError, match="its person is erased"):
        collect_personal_data(forgotten.settings, canary.EMAIL)
    with pytest.raises(StammisError, match="nobody is known by"):
        collect_personal_data(forgotten.settings, "stranger@example.org")


def test_an_export_holds_every_planted_fact(planted: Settings, tmp_path: Path) -> None:
    json_path, html_path = write_personal_data(collect_personal_data(planted, canary.EMAIL), tmp_path / "held")
    facts = [
        canary.CARD,
        canary.SHOP_ID,
        canary.PHONE,
        "Kanariegatan 7",
        "STOP Kanarie",
        "From Kanariegatan",
        "canary1",
        "SMcanary2",
        "R900001",
        "R900002",
        "5900000000001",
        "58db0289a3d7640e5e8a897a",
        "win_back",
        "nora.kanarie@",
    ]
    for path in (json_path, html_path):
        text = path.read_text()
        assert [fact for fact in facts if fact not in text] == [], path.name
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_table_in_capitals_is_exported_and_erased(planted: Settings, tmp_path: Path) -> None:
    settings = copy_of(planted, tmp_path)
    tables = [settings.published / "current" / f"{name}.parquet" for name in ("orders", "rules_win_back")]
    for path in tables:
        rows = pq.read_table(path)
        pq.write_table(rows.rename_columns([name.upper() for name in rows.column_names]), path)
    held = collect_personal_data(settings, canary.EMAIL)["published"]
    assert held["orders"] and held["rules_win_back"]
    customer_id = erasure.erase(settings, canary.EMAIL).person.customer_id
    assert [path.name for path in tables if customer_id in str(pq.read_table(path)["CUSTOMER_ID"].to_pylist())] == []
    assert published.rows(planted, SUMS) == published.rows(settings, SUMS)


class Killed(Exception):
    pass


STEPS = ["requested", "rewritten pos/receipts_2.csv", "read anew shopify/orders_export_1.csv", "warehouse", "shredded"]


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_ends_the_same(planted: Settings, forgotten: Forgotten, tmp_path: Path, step: str) -> None:
    settings = copy_of(planted, tmp_path)

    def kill(reached: str) -> None:
        if reached == step:
            raise Killed

    with pytest.raises(Killed):
        erasure.erase(settings, canary.EMAIL, kill)
    assert len(open_requests(settings)) == 1
    erasure.finish_open(settings)
    assert hits(settings) == []
    assert counts(forgotten.settings) == counts(settings)
    assert published.rows(forgotten.settings, SUMS) == published.rows(settings, SUMS)


def test_what_a_household_shares_stays_with_the_others(planted: Settings, tmp_path: Path) -> None:
    settings = copy_of(planted, tmp_path)
    query = """select identifier, list(distinct customer_id order by customer_id) as ids from {identifiers}
        where identifier_type = 'phone' group by 1 having count(distinct customer_id) > 1 order by 1"""
    phone, (goes, stays) = (row := published.rows(settings, query)[0])["identifier"], row["ids"]
    before = find_person(settings, stays)
    done = erasure.erase(settings, goes)
    assert f"phone|{phone}" in done.person.shared
    after = find_person(settings, stays)
    assert before.own | before.shared == after.own | after.shared
    assert any(after.own) and published.rows(settings, "select * from {customers} where customer_id = ?", [stays])
    with pytest.raises(StammisError, match="erased on"):
        find_person(settings, goes)
    with open_ledger(settings) as ledger:
        assert len(done.person.own) + len(done.parent_keys) == len(ledger.tombstones())


def test_the_wrong_landing_folder_is_refused_before_anything_is_touched(planted: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(data=planted.data, landing=tmp_path)
    for ask in (erasure.erase, collect_personal_data):
        with pytest.raises(StammisError, match="name the folder with --landing"):
            ask(elsewhere, canary.EMAIL)
    assert open_requests(planted) == []


def test_a_file_of_a_table_that_keeps_ids_is_a_place_that_keeps_them() -> None:
    assert {place.pattern for place in PLACES if place.stays == "ids"} >= COUNTED_FILES


def test_every_place_is_in_the_docs() -> None:
    page = (PROJECT / "docs" / "data_engineers.md").read_text()
    assert [place for place in PLACES if f"| {place.pattern} | {place.holds} | {place.erasure} |" not in page] == []


@pytest.mark.parametrize("others", ["", "union all select 'R2', null"])
def test_an_order_loses_its_person_also_where_every_order_has_one(tmp_path: Path, others: str) -> None:
    """A column without an empty cell is written as one that may have none."""
    file = tmp_path / "orders.parquet"
    duckdb.execute(f"copy (select 'R1' as order_id, 'anna' as customer_id {others}) to '{file}'")
    person = SimpleNamespace(customer_ids=("anna",), addresses=())
    request: Any = SimpleNamespace(person=person)
    assert erase_stores._erase_parquet(file, request, re.compile(b"anna@example.com")) == 1
    assert {row[1] for row in duckdb.read_parquet(str(file)).fetchall()} == {None}
