"""Who still says no in the intent transaction, and what becomes of the codes."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from stammis.core.errors import LedgerError
from stammis.core.types import Outcome
from stammis.ledger import Ledger, Queued
from stammis.ledger.codes import check_code, derive_code
from stammis.ledger.rows import Suppression
from tests.support.ledger import CODE_KEY, queued
from tests.support.moments import AS_OF


def intend_all(ledger: Ledger, run_id: str, rows: list[Queued], after: timedelta = timedelta(0)) -> list[str]:
    """Commit, claim and intend; returns what was allowed, sorted."""
    ledger.commit_run(run_id, AS_OF + after, rows)
    allowed = []
    while batch := ledger.claim("email"):
        allowed += ledger.intend(batch, [row.message_id for row in batch.rows])
    return sorted(allowed)


def reserved(ledger: Ledger) -> dict[str, bool]:
    """code -> is it reserved, as it stands in the file."""
    with create_engine(f"sqlite:///{ledger.path}").connect() as connection:
        return {row.code: bool(row.is_reserved) for row in connection.execute(text("select * from codes"))}


def test_a_suppression_after_the_decision_wins(ledger: Ledger) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna"), queued("bo")])
    ledger.commit_run("run-2", AS_OF, [], barred=[Suppression("Anna@Exempel.SE", "email", "stop_word", AS_OF)])
    assert intend_all(ledger, "run-3", []) == ["bo"]
    assert ledger.states_of(["anna"])["anna"] == ("suppressed", "stop_word")


@pytest.mark.parametrize("kept", ["anna@blåbär.se", "Anna@xn--blbr-noae.SE"])  # as it was kept once, and is now
@pytest.mark.parametrize("sent_to", ["anna@blåbär.se", "anna@xn--blbr-noae.se"])
def test_a_suppression_holds_in_every_spelling(ledger: Ledger, kept: str, sent_to: str) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna", address=sent_to)])
    row = {"address": kept.casefold(), "channel": "email", "reason": "unsubscribed", "since": AS_OF}
    with create_engine(f"sqlite:///{ledger.path}").begin() as connection:
        names = ", ".join(row)
        connection.execute(
            text(f"insert into suppressions ({names}) values ({', '.join(f':{name}' for name in row)})"), row
        )
    assert intend_all(ledger, "run-2", []) == []


def test_a_suppression_is_for_its_channel_or_for_all(ledger: Ledger) -> None:
    barred = [
        Suppression("anna@exempel.se", "sms", "stop_word", AS_OF),
        Suppression("bo@exempel.se", "all", "erased", AS_OF),
    ]
    ledger.commit_run("run-1", AS_OF, [], barred=barred)
    assert intend_all(ledger, "run-2", [queued("anna"), queued("bo")]) == ["anna"]


def test_who_consents_anew_after_leaving_is_written_to_until_leaving_again(ledger: Ledger) -> None:
    back = AS_OF - timedelta(days=3)
    left = Suppression("anna@exempel.se", "email", "unsubscribed", back - timedelta(days=30))
    ledger.commit_run("run-1", AS_OF, [], barred=[left])
    assert intend_all(ledger, "run-2", [queued("anna", consented_at=back)]) == ["anna"]
    left_again = Suppression("anna@exempel.se", "email", "unsubscribed", back)
    ledger.commit_run("run-3", AS_OF, [], barred=[left_again])
    assert intend_all(ledger, "run-4", [queued("anna2", address="anna@exempel.se", consented_at=back)]) == []


@pytest.mark.parametrize(("scope", "name"), [("all", "all"), ("journey", "win_back"), ("channel", "email")])
def test_what_is_stopped_stays_queued_until_it_is_resumed(ledger: Ledger, scope: str, name: str) -> None:
    ledger.stop(scope, name)
    assert intend_all(ledger, "run-1", [queued("anna")]) == []
    assert ledger.counts() == {"queued": 1}
    ledger.resume(scope, name)
    assert intend_all(ledger, "run-2", []) == ["anna"]


def test_a_stop_between_claim_and_intent_is_heard(ledger: Ledger) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    batch = ledger.claim("email")
    ledger.stop("journey", "win_back")
    assert batch and ledger.intend(batch, ["anna"]) == {}
    assert ledger.counts() == {"queued": 1}


def test_a_switch_of_an_unknown_kind_is_an_error(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="'customer'"):
        ledger.stop("customer", "anna")


def test_nobody_gets_more_than_the_ceiling_in_any_24_hours(ledger: Ledger) -> None:
    def letters(prefix: str, count: int) -> list[Queued]:
        return [queued(f"{prefix}{number}", customer_id="anna") for number in range(count)]

    assert len(intend_all(ledger, "run-1", letters("morning", 3))) == 3
    evening = intend_all(ledger, "run-2", letters("evening", 4), timedelta(hours=12))
    assert (len(evening), ledger.counts("run-2")) == (2, {"intended": 2, "withdrawn": 2})
    assert intend_all(ledger, "run-3", letters("next", 1), timedelta(hours=23, minutes=59)) == []
    # the morning's three have left the window, the evening's two have not
    assert len(intend_all(ledger, "run-4", letters("day", 6), timedelta(hours=24, minutes=1))) == 3


def test_a_message_certainly_not_sent_does_not_count_towards_the_ceiling(ledger: Ledger) -> None:
    for run in range(7):
        assert intend_all(ledger, f"run-{run}", [queued("anna")]) == ["anna"]
        ledger.wall.move(seconds=61)  # type: ignore[attr-defined]
        ledger.recover()
        ledger.settle_doubts([Outcome("anna", "not_sent")])


def test_an_entry_keeps_its_code_over_steps_and_days(ledger: Ledger) -> None:
    of_anna = {"customer_id": "anna", "entry_key": "order-1", "offer": "win_back_15"}
    ledger.commit_run("run-1", AS_OF, [queued("first", **of_anna)])
    ledger.withdraw_unclaimed()
    assert list(reserved(ledger).values()) == [False]
    rows = [queued("first", **of_anna), queued("reminder", step="reminder", **of_anna)]
    ledger.commit_run("run-2", AS_OF, rows)
    codes = {row["code"] for row in ledger.messages_of("anna")}
    assert codes == set(reserved(ledger)) == {derive_code(CODE_KEY, "win_back_15", "anna", "order-1")}
    assert all(map(check_code, codes))


@pytest.mark.parametrize(
    ("ended", "is_reserved"), [("accepted", True), ("in_doubt", True), ("failed", False), ("not_sent", False)]
)
def test_a_code_is_given_back_only_when_it_surely_never_went(ledger: Ledger, ended: str, is_reserved: bool) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna", offer="win_back_15")])
    batch = ledger.claim("email")
    assert batch and batch.rows[0].code
    ledger.intend(batch, ["anna"])
    ledger.settle(batch, [Outcome("anna", ended)])
    assert reserved(ledger) == {batch.rows[0].code: is_reserved}


def test_a_code_another_message_still_carries_is_kept(ledger: Ledger) -> None:
    of_anna = {"customer_id": "anna", "entry_key": "order-1", "offer": "win_back_15"}
    assert intend_all(ledger, "run-1", [queued("first", **of_anna)]) == ["first"]
    ledger.commit_run("run-2", AS_OF, [queued("reminder", step="reminder", **of_anna)])
    ledger.withdraw_unclaimed()
    assert list(reserved(ledger).values()) == [True]


def test_two_entries_never_share_a_code(ledger: Ledger) -> None:
    taken = derive_code(CODE_KEY, "win_back_15", "anna", "order-1")
    with create_engine(f"sqlite:///{ledger.path}").begin() as connection:
        row = {"code": taken}
        connection.execute(text("insert into codes values (:code, 'other', 'bo', 'order-9', null, 1)"), row)
    anna = queued("m", customer_id="anna", entry_key="order-1", offer="win_back_15")
    ledger.commit_run("run-1", AS_OF, [anna])
    assert ledger.messages_of("anna")[0]["code"] == derive_code(CODE_KEY, "win_back_15", "anna", "order-1", n=1)


def test_an_offer_without_a_key_is_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path / "keyless.sqlite") as ledger, pytest.raises(LedgerError, match="open_ledger"):
        ledger.commit_run("run-1", AS_OF, [queued("anna", offer="win_back_15")])
