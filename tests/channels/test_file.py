"""The file channel: whole files, found again by their send_id."""

import os
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from stammis.channels.file import FileChannel
from tests.support.channels import doubt
from tests.support.messages import message, sms


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_email_is_what_a_mail_program_opens(tmp_path: Path) -> None:
    (outcome,) = FileChannel(tmp_path, "email").send([message()])
    mail = message_from_bytes((tmp_path / "email" / "s1.eml").read_bytes(), policy=default)
    assert (outcome.state, outcome.provider_id) == ("accepted", "s1.eml")
    assert mail.get_content_type() == "multipart/alternative"
    assert {name: mail[name] for name in ("From", "To", "Subject", "X-Stammis-Send-Id", "List-Unsubscribe")} == {
        "From": "Lindvall <hej@lindvall.example>",
        "To": "anna@exempel.se",
        "Subject": "Anna, det var ett tag sedan",
        "X-Stammis-Send-Id": "s1",
        "List-Unsubscribe": "<https://lindvall.example/u/s1>",
    }
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text and html
    assert "Åter igen." in text.get_content()
    assert "<p>Hej Anna!</p>" in html.get_content()


def test_a_text_message_is_a_text_file(tmp_path: Path) -> None:
    FileChannel(tmp_path, "sms").send([sms()])
    head, _, body = (tmp_path / "sms" / "s2.txt").read_text(encoding="utf-8").partition("\n\n")
    assert (head.splitlines()[0], body) == ("To: +46701234567", "Hej! 15 % hos Lindvall.\n")


def test_a_text_message_says_whom_it_comes_from(tmp_path: Path) -> None:
    FileChannel(tmp_path, "sms").send([sms(headers={"From": "Lindvall"})])
    assert "From: Lindvall" in (tmp_path / "sms" / "s2.txt").read_text(encoding="utf-8").splitlines()


def test_nothing_is_begun_once_the_time_is_over(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path, "email")
    (outcome,) = channel.send([message()], seconds=0)
    assert (outcome.state, outcome.reason, written(tmp_path)) == ("not_sent", "no_time", [])
    assert (channel.closed, channel.backoff_until) == (None, None)


def test_an_address_outside_ascii_is_kept(tmp_path: Path) -> None:
    (outcome,) = FileChannel(tmp_path, "email").send([message(address="åsa.öberg@exempel.se")])
    mail = message_from_bytes((tmp_path / "email" / "s1.eml").read_bytes(), policy=default)
    assert (outcome.state, mail["To"]) == ("accepted", "åsa.öberg@exempel.se")


@pytest.mark.parametrize("broken", [{"subject": "Hej\nBcc: alla@exempel.se"}, {"text": "\ud800"}])
def test_what_cannot_be_a_message_fails_alone(tmp_path: Path, broken: dict[str, object]) -> None:
    outcomes = FileChannel(tmp_path, "email").send([message("bad", **broken), message("good")])
    assert [outcome.state for outcome in outcomes] == ["failed", "accepted"]
    assert written(tmp_path) == ["email/good.eml"]


def test_a_send_is_found_again_and_found_missing(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path, "email")
    channel.send([message()])
    answers = [channel.look_up(doubt(send_id, "email")) for send_id in ("s1", "s9", "s1", "s9")]
    assert [answer and answer.state for answer in answers] == ["accepted", "not_sent"] * 2


def test_a_sender_that_wakes_up_after_the_look_up_writes_nothing(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path, "email")
    answer = channel.look_up(doubt("s1", "email"))
    (late,) = channel.send([message()])
    assert answer and (answer.state, late.state, written(tmp_path)) == ("not_sent", "not_sent", [])


def test_a_sender_that_wakes_up_halfway_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = FileChannel(tmp_path, "email")
    link = os.link

    def looked_up_meanwhile(source: Path, target: Path) -> None:
        channel.look_up(doubt("s1", "email"))
        link(source, target)

    monkeypatch.setattr(os, "link", looked_up_meanwhile)
    (late,) = channel.send([message()])
    assert (late.state, written(tmp_path)) == ("not_sent", [])


def test_a_half_written_file_is_no_message(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path, "email")
    channel.doorway.mkdir(parents=True)
    (channel.doorway / "s1.eml").write_bytes(b"Subject: ha")
    answer = channel.look_up(doubt("s1", "email"))
    assert answer and (answer.state, written(tmp_path)) == ("not_sent", [])


def test_a_full_disk_is_not_a_send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    channel = FileChannel(tmp_path, "email")
    channel.doorway.mkdir(parents=True)
    monkeypatch.setattr("stammis.channels.file.sync_file", lambda _: None)
    monkeypatch.setattr(os, "fsync", full)
    (outcome,) = channel.send([message()])
    assert (outcome.state, outcome.reason) == ("not_sent", "disk: No space left on device")
