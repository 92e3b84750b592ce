"""The ledger: an id is queued as often as needed and meant once, whoever asks and whenever we die."""

from datetime import timedelta
from pathlib import Path

import pytest

from stammis.core.errors import LedgerError
from stammis.core.types import Outcome
from stammis.ledger import Batch, Ledger, LogEntry
from stammis.ledger.rows import Suppression
from tests.support.ledger import Wall, queued
from tests.support.moments import AS_OF


def claim_and_intend(ledger: Ledger) -> tuple[Batch, dict[str, str]]:
    batch = ledger.claim("email")
    assert batch
    return batch, ledger.intend(batch, [row.message_id for row in batch.rows])


def state(ledger: Ledger, message_id: str = "anna") -> str:
    return ledger.states_of([message_id])[message_id][0]


def test_the_same_commit_twice_changes_nothing(ledger: Ledger) -> None:
    entered = LogEntry("win_back", "anna", "order-1", "entered", "hash", AS_OF)
    dropped = LogEntry("win_back", "anna", "order-1", "step_dropped", "hash", AS_OF, step="your_code")
    left = Suppression("bo@exempel.se", "email", "unsubscribed", AS_OF)
    first = ledger.commit_run("run-1", AS_OF, [queued("anna", offer="o")], [entered, dropped], [left])
    again = ledger.commit_run("run-1", AS_OF, [queued("anna", offer="o")], [entered, dropped], [left])
    assert (first.queued, first.logged, first.suppressed, first.codes, first.refused) == (1, 2, 1, 1, {})
    assert (
        again.queued,
        again.logged,
        again.suppressed,
        again.codes,
        again.refused,
    ) == (0, 0, 0, 0, {"queued": 1})


def test_a_commit_that_fails_leaves_nothing_behind(ledger: Ledger) -> None:
    broken = LogEntry("win_back", "anna", "order-1", "entered", None, AS_OF)  # type: ignore[arg-type]
    with pytest.raises(LedgerError, match="nothing of this step was recorded"):
        ledger.commit_run("run-1", AS_OF, [queued("anna")], [broken])
    assert ledger.counts() == {}


def test_what_is_queued_is_withdrawn_and_decided_again(ledger: Ledger) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    assert ledger.withdraw_unclaimed() == 1
    assert state(ledger) == "withdrawn"
    assert ledger.commit_run("run-2", AS_OF + timedelta(hours=1), [queued("anna", channel="sms")]).queued == 1
    assert ledger.counts("run-2") == {"queued": 1}
    assert ledger.claim("email") is None


@pytest.mark.parametrize("ended", ["accepted", "failed", "suppressed", "in_doubt"])
def test_what_was_intended_is_never_queued_again(ledger: Ledger, ended: str) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    batch, _ = claim_and_intend(ledger)
    assert ledger.commit_run("run-2", AS_OF, [queued("anna")]).refused == {"intended": 1}
    ledger.settle(batch, [Outcome("anna", ended)])
    assert ledger.commit_run("run-3", AS_OF, [queued("anna")]).refused == {ended: 1}
    assert ledger.withdraw_unclaimed() == 0


@pytest.mark.parametrize("ended", ["expired", "withdrawn"])
def test_what_was_given_up_before_the_intent_may_be_queued_again(ledger: Ledger, ended: str) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    batch = ledger.claim("email")
    assert batch and ledger.settle(batch, [Outcome("anna", ended, "quiet_hours")]) == 1
    assert ledger.commit_run("run-2", AS_OF, [queued("anna")]).queued == 1


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(ledger: Ledger, wall: Wall) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    assert ledger.claim("email", lease_seconds=60)
    assert (ledger.claim("email"), ledger.withdraw_unclaimed()) == (None, 0)
    wall.move(seconds=61)
    assert ledger.claim("email")


def test_an_intent_whose_lease_ended_is_in_doubt_and_waits_for_an_answer(ledger: Ledger, wall: Wall) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna"), queued("bo")])
    _, send_ids = claim_and_intend(ledger)
    wall.move(seconds=61)
    assert ledger.claim("email") is None
    assert {doubt.message_id: doubt.send_id for doubt in ledger.doubts()} == send_ids
    assert ledger.settle_doubts([Outcome("anna", "accepted"), Outcome("bo", "not_sent", "no_file")]) == 2
    refused = ledger.commit_run("run-2", AS_OF, [queued("anna"), queued("bo")]).refused
    assert refused == {"accepted": 1}
    _, anew = claim_and_intend(ledger)
    assert list(anew) == ["bo"]
    assert anew["bo"] != send_ids["bo"]


def test_a_doubt_is_settled_once_and_only_by_an_answer(ledger: Ledger) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    batch, _ = claim_and_intend(ledger)
    ledger.settle(batch, [Outcome("anna", "in_doubt", "timeout")])
    with pytest.raises(LedgerError, match="accepted or not_sent"):
        ledger.settle_doubts([Outcome("anna", "failed")])
    assert ledger.settle_doubts([Outcome("anna", "accepted")]) == 1
    assert ledger.settle_doubts([Outcome("anna", "not_sent")]) == 0


def test_a_worker_that_overslept_is_refused(ledger: Ledger, wall: Wall) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    asleep = ledger.claim("email")
    wall.move(seconds=61)
    awake = ledger.claim("email")
    assert asleep and awake and asleep.number < awake.number
    assert ledger.intend(asleep, ["anna"]) == {}
    assert list(ledger.intend(awake, ["anna"])) == ["anna"]
    assert ledger.settle(asleep, [Outcome("anna", "failed", "late")]) == 0
    assert ledger.settle(awake, [Outcome("anna", "accepted")]) == 1


def test_a_late_answer_does_not_overrule_the_doubt(ledger: Ledger, wall: Wall) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    batch, _ = claim_and_intend(ledger)
    wall.move(seconds=61)
    ledger.recover()
    assert (ledger.settle(batch, [Outcome("anna", "accepted")]), state(ledger)) == (0, "in_doubt")


def test_a_batch_is_of_one_run_journey_step_and_channel(ledger: Ledger) -> None:
    rows = [queued("anna"), queued("bo", step="reminder"), queued("cy", journey="review_request")]
    ledger.commit_run("run-1", AS_OF, [*rows, queued("di", channel="sms")])
    ledger.commit_run("run-2", AS_OF, [queued("ed")])
    found = []
    while batch := ledger.claim("email", limit=10):
        ids = [row.message_id for row in batch.rows]
        found.append((batch.run_id, batch.journey, batch.step, ids))
    assert sorted(found) == [
        ("run-1", "review_request", "your_code", ["cy"]),
        ("run-1", "win_back", "reminder", ["bo"]),
        ("run-1", "win_back", "your_code", ["anna"]),
        ("run-2", "win_back", "your_code", ["ed"]),
    ]


def test_a_limit_splits_a_batch(ledger: Ledger) -> None:
    ledger.commit_run("run-1", AS_OF, [queued(f"m{number}") for number in range(5)])
    sizes = []
    while batch := ledger.claim("email", limit=2):
        sizes.append(len(batch.rows))
    assert sizes == [2, 2, 1]


def test_the_ledger_is_one_file_for_readers_and_a_writer(ledger: Ledger) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna", address="åsa.öberg@exempel.se")])
    rows = ledger.all_messages(["message_id"])
    assert next(rows) == ("anna",)
    with Ledger(ledger.path) as other:
        assert ledger.withdraw_unclaimed() == 1
        assert other.messages_of("customer of anna", "nobody")[0]["address"] == "åsa.öberg@exempel.se"


def test_a_file_that_is_no_ledger_is_named(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, but long enough to be looked at" * 99)
    with pytest.raises(LedgerError, match=r"ledger\.sqlite is damaged \(.+\)\. .+ from a backup"):
        Ledger(tmp_path / "ledger.sqlite")


def test_an_error_names_no_address(ledger: Ledger) -> None:
    with pytest.raises(LedgerError) as caught:
        ledger.commit_run("run-1", AS_OF, [queued("anna", address="anna@exempel.se", journey=None)])
    assert "anna@" not in f"{caught.value} {caught.value.__cause__}"


def test_a_replayed_day_has_its_own_time(ledger: Ledger, wall: Wall) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    wall.move(hours=2)
    batch = ledger.claim("email")
    assert batch and batch.clock(wall()) == AS_OF + timedelta(hours=2)
