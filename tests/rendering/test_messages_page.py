"""The page of messages: everything that was written, for people, without asking the network for anything."""

import os
from pathlib import Path

from stammis.channels.file import FileChannel
from stammis.rendering.messages_page import NEWEST, write_page
from tests.support.messages import message, sms


def test_the_page_shows_each_message_under_its_journey_and_step(tmp_path: Path) -> None:
    FileChannel(tmp_path, "email").send([message(), message("s3", step="reminder", subject="<b>Anna & co</b>")])
    FileChannel(tmp_path, "sms").send([sms(text="Hej <script>alert(1)</script>")])
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert "2 e-mails and 1 text message" in page
    assert "Win back <i>Reminder</i> <b>1</b>" in page
    assert "Win back <i>Your code</i> <b>2</b>" in page
    assert "&lt;b&gt;Anna &amp; co&lt;/b&gt;" in page
    assert "Hej &lt;script&gt;" in page
    assert page.count("<iframe sandbox=") == 2
    assert page.count("<script>") == 1


def test_the_page_asks_nothing_of_the_network(tmp_path: Path) -> None:
    spy = '<html><head></head><body><img src="https://spy.example/pixel.png"></body></html>'
    FileChannel(tmp_path, "email").send([message(html=spy)])
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    outside = page.partition("srcdoc=")[0] + page.partition("</iframe>")[2]
    assert "http" not in outside.replace("http-equiv", "")


def test_the_page_is_there_before_the_first_message(tmp_path: Path) -> None:
    page = write_page(tmp_path / "messages")
    assert (page.name, "Nothing has been sent yet" in page.read_text()) == ("messages.html", True)


def test_only_the_newest_are_shown_and_the_page_says_so(tmp_path: Path) -> None:
    FileChannel(tmp_path, "sms").send([sms(f"s{number}", text=f"text {number}.") for number in range(NEWEST + 3)])
    for number in range(NEWEST + 3):
        os.utime(tmp_path / "sms" / f"s{number}.txt", (number, number))
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert "The newest 200 of 203" in page
    assert [f"text {number}." in page for number in (2, 3, 202)] == [False, True, True]
