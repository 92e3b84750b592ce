"""Killed between any two steps of a delivery, no message goes twice and none is forgotten."""

import os
import signal

import pytest

from stammis.core.types import Message, Outcome
from tests.support.ledger import Sender, queued, written


class Killed(BaseException):
    """Stands for a kill: nobody catches it, nothing after it runs."""


def kill() -> None:
    raise Killed


def test_killed_before_the_intent_the_message_goes_later(sender: Sender) -> None:
    def killed_while_rendering(*_: object) -> Message:
        raise Killed

    sender.queue(queued("anna"))
    sender.render = killed_while_rendering
    with pytest.raises(Killed):
        sender.deliver()
    sender.render = written
    assert (sender.deliver().accepted, sender.state("anna")[0]) == (0, "claimed")
    sender.wall.move(seconds=61)
    assert (sender.deliver().accepted, sender.email.seen) == (1, ["anna"])


def test_killed_between_intent_and_send_the_message_goes_when_it_is_decided_anew(sender: Sender) -> None:
    sender.queue(queued("anna"))
    sender.email.before = kill
    with pytest.raises(Killed):
        sender.deliver()
    assert sender.state("anna")[0] == "intended"
    sender.email.before = lambda: None
    sender.wall.move(seconds=61)
    report = sender.deliver()
    assert (report.accepted, report.cleared, report.in_doubt, sender.state("anna")[0]) == (
        0,
        1,
        0,
        "not_sent",
    )
    sender.queue(queued("anna"), run_id="run-2")
    assert (sender.deliver().accepted, sender.email.seen) == (1, ["anna"])


def test_killed_between_send_and_settle_the_message_is_not_sent_again(sender: Sender) -> None:
    sender.queue(queued("anna"))
    sender.email.after = kill
    with pytest.raises(Killed):
        sender.deliver()
    sender.email.after = lambda: None
    sender.wall.move(seconds=61)
    assert str(sender.deliver()) == "1 doubts cleared"
    sender.queue(queued("anna"), run_id="run-2")
    assert (sender.deliver().accepted, sender.email.seen, sender.state("anna")[0]) == (
        0,
        ["anna"],
        "accepted",
    )


def test_what_a_channel_cannot_tell_stays_in_doubt(sender: Sender) -> None:
    sender.queue(queued("anna"))
    sender.email.after, sender.email.can_look_up = kill, False
    with pytest.raises(Killed):
        sender.deliver()
    sender.email.after = lambda: None
    sender.wall.move(seconds=61)
    assert (sender.deliver().in_doubt, sender.deliver().in_doubt) == (1, 1)
    sender.queue(queued("anna"), run_id="run-2")
    assert ((report := sender.deliver()).accepted, sender.email.seen, str(report)) == (
        0,
        ["anna"],
        "1 in doubt",
    )


def test_a_message_without_an_outcome_is_in_doubt_in_the_end(sender: Sender) -> None:
    sender.queue(queued("anna"), queued("bo"))
    sender.email.send = lambda messages, seconds: [Outcome("anna", "accepted")]  # type: ignore[method-assign]
    assert (sender.deliver().accepted, sender.state("bo")[0]) == (1, "intended")
    sender.wall.move(seconds=61)
    assert (sender.deliver() and sender.state("bo")[0], sender.ledger.counts()["accepted"]) == ("not_sent", 1)


def test_a_termination_lets_the_batch_finish_and_leaves_the_rest(sender: Sender) -> None:
    before = signal.getsignal(signal.SIGTERM)
    sender.queue(*(queued(f"m{number}") for number in range(25)))
    sender.email.before = lambda: os.kill(os.getpid(), signal.SIGTERM)
    report = sender.deliver()
    assert (report.accepted, report.left, report.in_doubt) == (10, 15, 0)
    assert signal.getsignal(signal.SIGTERM) == before
