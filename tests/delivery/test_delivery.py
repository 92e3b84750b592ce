"""Delivery: each message once, and who may not have one stops only itself."""

from datetime import timedelta

import pytest

from stammis.core.errors import TemplateError
from stammis.core.types import ContactHours, Due, Message, Outcome
from stammis.delivery import deliver
from stammis.ledger.rows import Suppression
from tests.support.ledger import Sender, queued, written
from tests.support.moments import AS_OF


def test_a_message_is_sent_once_however_often_delivery_runs(sender: Sender) -> None:
    sender.queue(*(queued(f"m{number}") for number in range(25)), queued("text", channel="sms"))
    reports = [sender.deliver() for _ in range(3)]
    assert [report.accepted for report in reports] == [26, 0, 0]
    assert (len(set(sender.email.seen)), sender.sms.seen) == (25, ["text"])
    assert (str(reports[0]), str(reports[1])) == ("26 accepted", "nothing was waiting")


def test_a_row_that_cannot_be_written_stops_only_itself(sender: Sender) -> None:
    def render(due: Due, send_id: str, code: str | None) -> Message:
        if due.message_id == "anna":
            raise TemplateError("win_back/your_code.email.sv.html:3: `ofer` is no word; did you mean offer?")
        return written(due, send_id, code)

    sender.queue(queued("anna", offer="win_back_15"), queued("bo"))
    sender.render = render
    report = sender.deliver()
    assert (sender.email.seen, report.total("failed")) == (["bo"], 1)
    state, reason = sender.state("anna")
    assert (state, "`ofer`" in str(reason)) == ("failed", True)
    assert sender.ledger.messages_of("customer of anna")[0]["intended_at"] is None


def test_a_suppression_between_decision_and_send_wins(sender: Sender) -> None:
    sender.queue(queued("anna"), queued("bo"))
    sender.ledger.commit_run("run-2", AS_OF, [], barred=[Suppression("anna@exempel.se", "email", "stop", AS_OF)])
    report = sender.deliver()
    assert (sender.email.seen, dict(report.reasons)) == (["bo"], {("suppressed", "stop"): 1})


def test_a_replayed_message_expires_after_its_own_time(sender: Sender) -> None:
    sender.queue(queued("anna"), expires_at=AS_OF + timedelta(hours=5))
    sender.queue(queued("bo"), expires_at=AS_OF + timedelta(hours=6), run_id="run-2")
    sender.wall.move(hours=5)
    sender.deliver()
    assert (sender.email.seen, sender.state("anna")) == (["bo"], ("expired", "too_old"))


@pytest.mark.parametrize(
    ("hours_later", "time_zone", "is_sent"),
    [
        (0, "Europe/Stockholm", True),
        (9.9, "Europe/Stockholm", True),  # 19:54
        (10, "Europe/Stockholm", False),  # 20:00
        (9.9, "Europe/Helsinki", False),  # 20:54
        (23, "Europe/Stockholm", True),  # 9:00 the next day
        (4 * 24, "Europe/Stockholm", False),  # 10:00 on Sunday
        (4 * 24 + 2, "Europe/Stockholm", True),  # 12:00 on Sunday
        (0, "Europe/Nowhere", False),
    ],
)
def test_a_slow_queue_falls_quiet_at_the_customers_hour(
    sender: Sender, hours_later: float, time_zone: str, is_sent: bool
) -> None:
    hours, later = ContactHours(9, 20, sunday_opens=12), AS_OF + timedelta(days=9)
    sender.queue(queued("anna"), contact_hours=hours, time_zone=time_zone, expires_at=later)
    sender.wall.move(hours=hours_later)
    assert (
        sender.deliver().accepted,
        sender.state("anna")[0],
    ) == (int(is_sent), "accepted" if is_sent else "withdrawn")


def test_what_is_stopped_or_has_no_channel_stays_in_the_queue(sender: Sender) -> None:
    sender.queue(queued("anna"), queued("bo", journey="review_request"), queued("cy", channel="letter"))
    sender.ledger.stop("journey", "win_back")
    report = sender.deliver()
    assert (sender.email.seen, report.left, str(report)) == (["bo"], 2, "1 accepted, 2 left in the queue")


def test_a_row_without_its_payload_is_decided_again(sender: Sender) -> None:
    sender.queue(queued("anna"), queued("bo"))
    del sender.due["anna"]
    sender.deliver()
    assert (sender.state("anna"), sender.email.seen) == (("withdrawn", "payload_missing"), ["bo"])


def test_the_customers_code_is_in_the_message_and_progress_is_reported(sender: Sender) -> None:
    sender.queue(*(queued(f"m{number}", offer="win_back_15") for number in range(12)))
    progress: list[tuple[str, int, int]] = []
    channels = {"email": sender.email}
    deliver(sender.ledger, channels, sender.read_due, written, on_progress=lambda *done: progress.append(done))
    codes = {row["code"] for number in range(12) for row in sender.ledger.messages_of(f"customer of m{number}")}
    assert {f"Hej {code}" for code in codes} == {message.text for message in sender.email.sent}
    assert progress == [("deliver", 10, 12), ("deliver", 12, 12)]


def test_what_has_no_way_out_now_waits_and_the_report_says_why(sender: Sender) -> None:
    sender.queue(*(queued(f"m{number}") for number in range(12)), queued("text", channel="sms"))

    def shut_after_the_first_batch() -> None:
        sender.email.closed = "no key: set SENDGRID_API_KEY"

    sender.email.after = shut_after_the_first_batch
    report = sender.deliver()
    assert (len(sender.email.seen), sender.sms.seen, report.left) == (10, ["text"], 2)
    assert report.closed == {"email": "no key: set SENDGRID_API_KEY"}


def test_a_provider_that_wants_to_be_left_alone_is_left_alone_by_all_workers(sender: Sender) -> None:
    sender.queue(*(queued(f"m{number}") for number in range(12)))

    def ask_for_an_hour() -> None:
        sender.email.backoff_until = sender.wall.now + timedelta(hours=1)

    sender.email.after = ask_for_an_hour
    assert (sender.deliver().accepted, sender.ledger.claim("email")) == (10, None)
    another = Sender(sender.ledger.path.parent)
    another.wall, another.due = sender.wall, sender.due
    assert another.deliver().left == 2
    sender.wall.move(hours=1)
    sender.email.after = lambda: None
    sender.email.backoff_until = None
    assert sender.deliver().accepted == 2


def test_an_end_nobody_knows_is_in_doubt_at_once_and_asked_about_with_its_text(sender: Sender) -> None:
    sender.queue(queued("anna", offer="win_back_15"))
    sender.email.answer = lambda message: Outcome(message.message_id, "in_doubt", "timeout")
    sender.email.can_look_up = False
    report = sender.deliver()
    assert (report.in_doubt, sender.state("anna")) == (1, ("in_doubt", "timeout"))
    sender.deliver()
    (asked,) = sender.email.asked_about
    assert asked == sender.email.sent[0]
