"""A test message reaches those on the list and nobody else, counts nowhere and burns no code."""

from pathlib import Path

import pytest
from typer.testing import Result

from stammis import sandbox
from stammis.core.errors import StammisError
from tests.support.command_line import invoke

ME, MY_PHONE = "me@lindvall.example", "+46701740605"


def send_test(monkeypatch: pytest.MonkeyPatch, data: Path, *words: str) -> Result:
    monkeypatch.setenv("STAMMIS_TEST_RECIPIENTS", f"{ME}, {MY_PHONE}")
    return invoke("send-test", *words, "--data", data)


def test_who_is_not_on_the_list_gets_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran = send_test(monkeypatch, tmp_path, "win_back", "your_code", "--to", "somebody@else.example")
    assert isinstance(ran.exception, StammisError)
    assert "is not on the list" in str(ran.exception) and "STAMMIS_TEST_RECIPIENTS" in str(ran.exception)
    assert list(tmp_path.rglob("*.eml")) == []


@pytest.mark.parametrize(("to", "ending"), [(ME, "eml"), (MY_PHONE, "txt")])
def test_a_test_message_lies_apart_and_the_ledger_knows_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, to: str, ending: str
) -> None:
    ran = send_test(monkeypatch, tmp_path, "win_back", "your_code", "--to", to)
    assert ran.exception is None, ran.exception
    (message,) = tmp_path.rglob(f"*.{ending}")
    assert message.is_relative_to(tmp_path / "test_messages")
    assert not list(tmp_path.rglob("ledger*"))


def test_a_test_message_goes_the_way_of_the_others(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with sandbox.running() as box:
        for name, value in box.environment.items():
            monkeypatch.setenv(name, value)
        ran = send_test(monkeypatch, tmp_path, "review_request", "ask", "--to", ME, "--locale", "en")
        assert ran.exception is None, ran.exception
        (mail,) = box.accepted()
    assert (mail["to"], mail["subject"].startswith("[Test] ")) == (ME, True)
    assert set(mail["custom_args"]) == {"send_id"}


def test_a_closed_way_says_which_setting_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STAMMIS_SEND_BY", "providers")
    monkeypatch.setenv("SENDGRID_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("TWILIO_HOST", "http://127.0.0.1:9")
    monkeypatch.delenv("SENDGRID_API_KEY", raising=False)
    ran = send_test(monkeypatch, tmp_path, "review_request", "ask", "--to", ME)
    assert "SENDGRID_API_KEY" in str(ran.exception)
    monkeypatch.setenv("SENDGRID_HOST", "https://api.sendgrid.com")
    ran = send_test(monkeypatch, tmp_path, "review_request", "ask", "--to", ME)
    assert "This is a demo" in str(ran.exception) and "SENDGRID_HOST" in str(ran.exception)
