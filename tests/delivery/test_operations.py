"""What people do to a running system is a row in the ledger, and the answer says what happens next."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stammis.core.errors import StammisError
from stammis.core.settings import Settings
from stammis.delivery import operations, reconcile
from stammis.ledger import open_ledger
from stammis.run.alerts import find_alerts, not_raised_lately
from tests.support.ledger import in_doubt
from tests.support.moments import AS_OF


def publish(settings: Settings, **tables: list[dict[str, object]]) -> None:
    folder = settings.published / "20251210T090000Z-1"
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    current = settings.published / "current"
    current.unlink(missing_ok=True)
    current.symlink_to(folder.name)


def test_what_is_stopped_stays_stopped_until_it_is_resumed(settings: Settings) -> None:
    assert "Stopped: journey win_back." in operations.stop(settings, "win_back", "ops")
    operations.stop(settings, "sms", "ops")
    operations.stop(settings, "all", "ops")
    with open_ledger(settings) as ledger:
        assert [(row["scope"], row["name"]) for row in ledger.stopped()] == [
            ("journey", "win_back"),
            ("channel", "sms"),
            ("all", "all"),
        ]
    assert "Resumed: channel sms." in operations.resume(settings, "sms", "ops")
    with pytest.raises(StammisError, match=r"channel sms is not stopped\. Stopped is journey win_back, everything"):
        operations.resume(settings, "sms", "ops")


def test_a_name_there_is_not_is_answered_with_the_nearest(settings: Settings) -> None:
    with pytest.raises(StammisError, match="did you mean `win_back`"):
        operations.stop(settings, "winback", "ops")


def test_a_release_holds_for_a_day_of_the_runs_own_clock(settings: Settings) -> None:
    held = {
        "journey": "win_back",
        "reason": "five times as many",
        "check_name": "audience_size_win_back",
        "failure_count": 1,
        "is_releasable": True,
    }
    publish(settings, clock=[{"as_of": AS_OF, "run_id": "run-1"}], held_journeys=[held])
    assert "Released: win_back from audience_size_win_back" in operations.release(settings, "win_back", "ops")
    with open_ledger(settings) as ledger:
        released = {("win_back", "audience_size_win_back")}
        assert (ledger.released(AS_OF), ledger.released(AS_OF + timedelta(hours=24))) == (released, released)
        assert ledger.released(AS_OF + timedelta(hours=25)) == ledger.released(AS_OF - timedelta(hours=1)) == set()
    with pytest.raises(StammisError, match=r"welcome is not held in run-1, the last run\. Held: win_back by audience"):
        operations.release(settings, "welcome", "ops")


def test_what_can_only_be_mended_cannot_be_released(settings: Settings) -> None:
    held = {
        "journey": "win_back",
        "reason": "your_code.email.sv.html:3: no word",
        "check_name": "lint",
        "failure_count": 1,
        "is_releasable": False,
    }
    publish(settings, clock=[{"as_of": AS_OF, "run_id": "run-1"}], held_journeys=[held])
    with pytest.raises(StammisError, match="held by lint, which can only be mended: your_code"):
        operations.release(settings, "win_back", "ops")


def test_releasing_a_journey_that_waits_for_approval_approves_its_version(settings: Settings) -> None:
    nobody = pa.schema([("journey", pa.string()), ("check_name", pa.string())])
    publish(
        settings,
        clock=[{"as_of": AS_OF, "run_id": "run-1"}],
        journeys=[{"journey": "win_back", "version": "v2"}],
        outbox_candidates=[{"journey": "win_back", "hold_reason": "needs_approval"}],
    )
    pq.write_table(nobody.empty_table(), settings.published / "current" / "held_journeys.parquet")
    assert "Approved: this version of win_back." in operations.release(settings, "win_back", "ops")
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    (approval,) = pq.read_table(settings.ledger_export / "approvals" / "all.parquet").to_pylist()
    assert tuple(approval[name] for name in ("journey", "version", "approved_by")) == ("win_back", "v2", "ops")


def test_a_person_settles_what_nobody_else_can_tell(settings: Settings) -> None:
    in_doubt(settings, "anna")
    assert "the next run may send it" in operations.settle_by_hand(settings, "anna", False, "ops")
    with pytest.raises(StammisError, match="anna is not in doubt: it is not_sent"):
        operations.settle_by_hand(settings, "anna", True, "ops")
    with pytest.raises(StammisError, match="the ledger knows no nobody"):
        operations.settle_by_hand(settings, "nobody", True, "ops")


def test_an_event_about_a_send_settles_it_and_silence_does_not(settings: Settings) -> None:
    doubt = in_doubt(settings, "anna")
    folder = settings.intake / "sendgrid" / "events"
    folder.mkdir(parents=True)
    other = {"send_id": "somebody else's", "sg_message_id": "sg-0"}
    pq.write_table(pa.Table.from_pylist([other]), folder / "one.parquet")
    with open_ledger(settings) as ledger:
        assert reconcile.settle_by_events(settings, ledger) == 0
        pq.write_table(
            pa.Table.from_pylist([other, {"send_id": doubt.send_id, "sg_message_id": "sg-1"}]), folder / "two.parquet"
        )
        assert (reconcile.settle_by_events(settings, ledger), len(ledger.doubts())) == (1, 0)
        assert ledger.states_of(["anna"])["anna"] == ("accepted", "event")
        assert ledger.messages_of("customer of anna")[0]["provider_id"] == "sg-1"


def test_old_doubts_and_bounces_raise_an_alert_once_in_six_hours(settings: Settings) -> None:
    begun = in_doubt(settings, "anna").intended_at
    assert find_alerts(settings, begun + timedelta(hours=2)) == []
    health = {
        "channel": "email",
        "message_count": 300,
        "bounce_count": 20,
        "complaint_count": 0,
        "is_bouncing": True,
        "is_complained_about": False,
    }
    publish(settings, delivery_health=[health])
    wall = begun + timedelta(hours=3)
    alerts = find_alerts(settings, wall)
    assert [alert.event for alert in alerts] == ["stammis.doubts.old", "stammis.bounces.high"]
    assert alerts[1].message == "20 of 300 messages by email bounced"
    assert alerts == not_raised_lately(settings, alerts, wall)
    assert not_raised_lately(settings, alerts, wall + timedelta(hours=6)) == []
    assert alerts == not_raised_lately(settings, alerts, wall + timedelta(hours=7))
