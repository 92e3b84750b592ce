"""Never back in time; people keep their ids when they turn out to be one, and their address may change."""

from datetime import datetime, timedelta

import duckdb
import pytest

from stammis import warehouse
from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings
from stammis.core.sql import copy_to
from stammis.ledger import open_ledger
from stammis.warehouse import published, scratch_copy
from stammis.warehouse.tables import RUN_HISTORY
from tests.support.cycles import run_cycle
from tests.support.landing import RECEIPTS, land
from tests.support.moments import NOW

LIST = "Email Address,First Name,Last Name,Phone Number,Birthday,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED\n"
CARDS = "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined\n"


def receipt(number: int, sold_at: str, email: str = "", card: str = "") -> str:
    return f'{number},S1,1,{sold_at},,{email},{card},20725,Lunch bag,1,"9,50","9,50",sale,1\n'


def test_a_merge_keeps_the_older_id_and_sends_nothing_again(settings: Settings) -> None:
    """A card without an address buys, a list member is asked for a review; then the card gets that address."""
    land(
        settings,
        "newsletter/subscribed_members_export.csv",
        LIST + "anna@example.com,Anna,Ek,,,2025-03-01 09:00:00,2025-03-01 09:00:00,2025-12-09 09:00:00\n",
    )
    land(settings, "pos/members_2025-12-01.csv", CARDS + "M1,Anna,Ek,,,,,,,01.02.2025\n")
    land(
        settings,
        "pos/receipts_2025-12-09.csv",
        RECEIPTS + receipt(1, "01.12.2025 12:00", "anna@example.com") + receipt(2, "02.12.2025 12:00", card="M1"),
    )
    first = run_cycle(settings, NOW)
    ids = "select identifier_type, customer_id from {identifiers} where identifier_type <> 'phone' order by 1"
    apart = {row["identifier_type"]: row["customer_id"] for row in published.rows(settings, ids, run_id=first.run_id)}
    asked = published.rows(settings, "select customer_id, entry_key from {outbox}", run_id=first.run_id)
    assert asked == [{"customer_id": apart["email"], "entry_key": "pos:S1/1/1/2025-12-01"}]
    assert apart["email"] != apart["member_card"]

    land(settings, "pos/members_2025-12-10.csv", CARDS + "M1,Anna,Ek,,,anna@example.com,,,,01.02.2025\n")
    again = run_cycle(settings, NOW + timedelta(hours=24))
    together = {row["customer_id"] for row in published.rows(settings, ids, run_id=again.run_id)}
    assert together == {apart["member_card"]}  # the card is the older of the two
    aliases = published.rows(settings, "select alias_id, customer_id from {customer_aliases}", run_id=again.run_id)
    assert {row["alias_id"] for row in aliases} == {apart["email"], apart["member_card"]}
    now = published.rows(settings, "select entry_key from {outbox}", run_id=again.run_id)
    assert now == [{"entry_key": "pos:S1/1/2/2025-12-02"}]  # the second purchase's own; the first is not asked twice
    with open_ledger(settings) as ledger:
        messages = ledger.messages_of(apart["email"], apart["member_card"])
    assert [message["entry_key"] for message in messages] == ["pos:S1/1/1/2025-12-01", "pos:S1/1/2/2025-12-02"]


def test_a_run_never_goes_back_in_time(settings: Settings) -> None:
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    warehouse.prepare_inputs(settings, NOW, "20251210T100000Z-1", [])
    with pytest.raises(WarehouseError, match=r"already decided for 2025-12-10T10:00:00Z; it cannot go back"):
        warehouse.prepare_inputs(settings, NOW - timedelta(minutes=1), "20251210T095900Z-1", [])


def test_a_customer_may_change_address_between_two_exports(settings: Settings) -> None:
    header = "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Phone,"
    header += "Accepts SMS Marketing,Tags\n"
    land(
        settings,
        "shopify/customers_export_2025-12-01.csv",
        header + "'7001,Anna,Ek,old@example.com,yes,SE,,no,\n",
    )
    land(
        settings,
        "shopify/customers_export_2025-12-08.csv",
        header + "'7001,Anna,Ek,new@example.com,yes,SE,,no,\n",
    )
    run = run_cycle(settings, NOW)
    assert run.holds == []
    customers = published.rows(settings, "select email, first_name from {customers}", run_id=run.run_id)
    assert customers == [{"email": "new@example.com", "first_name": "Anna"}]


def profile(segment: str, previous: str = "", changed_at: str = "") -> str:
    """A row of customer_profiles as far as the memory of segments reads it."""
    return (
        f"select 'anna' as customer_id, nullif('{segment}', '') as rfm_segment, "
        f"nullif('{previous}', '') as previous_rfm_segment, "
        f"cast(nullif('{changed_at}', '') as timestamp) as rfm_segment_changed_at"
    )


def test_a_run_remembers_only_what_has_changed(settings: Settings) -> None:
    """A second run that sees the same adds nothing; a moment decided twice is remembered as the second run saw it."""
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    runs = [
        ("20251210T100000Z-1", profile("loyal"), 1),
        ("20251211T100000Z-1", profile("loyal"), 0),
        ("20251212T100000Z-1", profile("at_risk", "loyal", "2025-12-12 10:00"), 1),
        ("20251212T100000Z-2", profile("loyal"), 1),
        ("20251213T100000Z-1", profile(""), 0),  # brought everything back: no segment, and none is forgotten
    ]
    for run_id, seen, expected in runs:
        moment = datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ")  # noqa: DTZ007 naive UTC, as everywhere
        warehouse.prepare_inputs(settings, moment, run_id, [])
        (settings.published / run_id).mkdir(parents=True)
        learned = settings.published / run_id / "customer_profiles.parquet"
        duckdb.execute(copy_to(seen, learned))
        warehouse.remember(settings, run_id)
        file = settings.history("segments") / f"{run_id}.parquet"
        kept = duckdb.execute(f"select count(*) from '{file}'").fetchall() if file.exists() else [(0,)]
        assert (run_id, [(expected,)]) == (run_id, kept)
        assert file.exists() == (expected > 0), "a run that has learned nothing adds no file"
    assert not settings.registry.exists()  # nothing was published to learn ids from


def test_a_plan_sees_what_runs_remember_and_adds_nothing(settings: Settings) -> None:
    for name in RUN_HISTORY:
        settings.history(name).mkdir(parents=True)
        (settings.history(name) / "20251210T100000Z-1.parquet").touch()
    with scratch_copy(settings) as scratch:
        found = {name: [file.name for file in scratch.history(name).iterdir()] for name in RUN_HISTORY}
    assert found == {name: ["20251210T100000Z-1.parquet"] for name in RUN_HISTORY}


def test_current_that_is_a_folder_is_refused_before_anything_is_built(settings: Settings) -> None:
    (settings.published / "current").mkdir(parents=True)
    with pytest.raises(WarehouseError, match=r"published/current is a folder and no link to a run.+ Remove it and run"):
        warehouse.prepare_inputs(settings, NOW, "20251210T090000Z-1", [])
    assert not settings.warehouse.exists()
    (settings.published / "current").rmdir()
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    (settings.published / "current").symlink_to("a run that is gone")
    warehouse.prepare_inputs(settings, NOW, "20251210T090000Z-1", [])
