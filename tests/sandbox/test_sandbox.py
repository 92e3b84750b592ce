"""The sandbox answers as SendGrid and Twilio do, over real HTTP, and goes when the one who started it goes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from stammis.core.errors import ConfigurationError, StammisError
from stammis.sandbox import ACCOUNT, Rates, Sandbox, running
from tests.support.moments import NOW
from tests.support.sandbox import BASIC, BEARER, MESSAGES, SHOP, ask, mail, send_mail, send_sms, sms

LATER = datetime.fromisoformat("2025-12-20 10:00")
STAMMIS = Path(sys.executable).with_name("stammis")


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running(clock=NOW) as box:
        yield box


@pytest.fixture
def box(shared: Sandbox) -> Sandbox:
    shared.forget()
    return shared


# ---------------------------------------------------------------------------- accepting


def test_a_mail_is_accepted_with_an_id_and_listed(box: Sandbox) -> None:
    status, content, answer = send_mail(box, mail("s1", "anna@example.com"))
    assert (status, content) == (202, b"")
    message = box.accepted()[0]
    expected = {
        "provider": "sendgrid",
        "send_id": "s1",
        "provider_id": answer.headers["X-Message-Id"],
        "to": "anna@example.com",
        "from": "hej@lindvall.example",
        "subject": "Det var ett tag sedan",
        "body": "Hej!",
    }
    assert {name: message[name] for name in expected} == expected
    assert message["accepted_at"].startswith("2025-12-10T10:")


def test_a_text_is_accepted_queued_and_listed(box: Sandbox) -> None:
    status, content, _ = send_sms(box, sms("s2"))
    assert (status, content["status"], content["to"], content["date_sent"]) == (201, "queued", "+46701740605", None)
    message = box.accepted()[0]
    assert tuple(message[name] for name in ("provider", "send_id", "provider_id", "body")) == (
        "twilio",
        "s2",
        content["sid"],
        "Hej!",
    )


def test_a_thousand_mails_go_in_one_request(box: Sandbox) -> None:
    people = [mail(f"s{number}")["personalizations"][0] for number in range(1000)]
    assert send_mail(box, mail(personalizations=people))[0] == 202
    assert [message["send_id"] for message in box.accepted()] == [f"s{number}" for number in range(1000)]
    assert len({message["provider_id"] for message in box.accepted()}) == 1000


def test_sendgrids_own_sandbox_mode_accepts_nothing(box: Sandbox) -> None:
    assert send_mail(box, mail(mail_settings={"sandbox_mode": {"enable": True}}))[0] == 200
    assert box.accepted() == []


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v3/mail/send", {"Authorization": ""}),
        ("/v3/mail/send", {"Authorization": "Bearer "}),
        ("/v3/messages", {"X-Nothing": ""}),
        (MESSAGES, {"Authorization": "Basic " + "!"}),
        (MESSAGES, BEARER),
        (MESSAGES.replace(ACCOUNT, "AC" + "0" * 32), BASIC),
    ],
)
def test_without_a_key_nothing_is_answered(box: Sandbox, path: str, headers: dict[str, str]) -> None:
    status, content, _ = ask(box, "POST" if "send" in path else "GET", path, None, headers)
    assert status == 401
    assert content["code"] == 20003 if "code" in content else content["errors"]


def test_with_keys_named_only_those_are_right() -> None:
    with running(keys=["right"]) as box:
        found = [
            ask(box, "GET", "/v3/suppression/blocks", None, {"Authorization": f"Bearer {key}"})[0]
            for key in ("right", "sandbox")
        ]
    assert found == [200, 401]


def test_keys_are_in_no_list(box: Sandbox) -> None:
    send_mail(box, mail())
    request = box.requests(bodies=True)[0]
    assert request["has_key"]
    assert "Bearer" not in str(request)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v3/mail/send", 405),
        ("GET", "/v3/unheard", 404),
        ("DELETE", "/v3/suppression/bounces", 405),
        ("GET", "/", 404),
        ("GET", "/_sandbox/unheard", 404),
    ],
)
def test_what_is_not_there_is_said_not_to_be(box: Sandbox, method: str, path: str, status: int) -> None:
    assert ask(box, method, path)[0] == status


# ---------------------------------------------------------------------------- looking up


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("(unique_args['send_id']=\"s1\")", 1),
        ("unique_args['send_id']=\"s\"", 0),
        ('msg_id LIKE "{id}%"', 1),
        ('msg_id="{id}"', 0),
        ("to_email=\"s2@example.com\" AND subject='Det var ett tag sedan'", 1),
        ('from_email="hej@lindvall.example"', 2),
    ],
)
def test_the_activity_is_found_by_our_id_and_by_sendgrids(box: Sandbox, query: str, count: int) -> None:
    message_id = send_mail(box, mail("s1"))[2].headers["X-Message-Id"]
    send_mail(box, mail("s2"))
    status, content, _ = ask(box, "GET", "/v3/messages?query=" + quote(query.replace("{id}", message_id)))
    assert (status, len(content["messages"])) == (200, count)


def test_a_message_is_shown_with_what_happened_so_far(box: Sandbox) -> None:
    send_mail(box, mail("s1"))
    found = ask(box, "GET", "/v3/messages?query=" + quote("unique_args['send_id']=\"s1\""))[1]["messages"][0]
    status, content, _ = ask(box, "GET", f"/v3/messages/{found['msg_id']}")
    assert (status, content["status"], content["unique_args"]) == (200, "processed", '{"send_id": "s1"}')


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("query=" + quote('bad_field="x"'), "'bad_field' is not a known field"),
        ("query=s1", "invalid syntax"),
        ("", "query is required"),
        ("query=x&limit=0", "limit must be greater than 0"),
    ],
)
def test_a_question_sendgrid_cannot_read_is_refused(box: Sandbox, query: str, words: str) -> None:
    status, content, _ = ask(box, "GET", f"/v3/messages?{query}")
    assert status == 400
    assert words in content["errors"][0]["message"]


def test_texts_are_listed_by_number_sender_and_day_newest_first(box: Sandbox) -> None:
    sids = [send_sms(box, sms(f"s{n}", To=f"+4670174060{n}"))[1]["sid"] for n in (1, 2, 1)]

    def listed(**asked: object) -> list[str]:
        content = ask(box, "GET", f"{MESSAGES}?{urlencode(asked)}", None, BASIC)[1]
        return [message["sid"] for message in content["messages"]]

    assert listed() == sids[::-1]
    assert listed(To="+46701740601", From=SHOP) == [sids[2], sids[0]]
    assert listed(From="Lindvall") == []
    time.sleep(1.1)  # until then they wait in the queue, without a date
    assert listed(**{"DateSent>": f"{datetime.now():%Y}-01-01"}) == sids[::-1]  # noqa: DTZ005
    assert listed(**{"DateSent<": "2020-01-01T00:00:00Z"}) == []
    page = ask(box, "GET", f"{MESSAGES}?PageSize=2", None, BASIC)[1]
    assert [each["sid"] for each in ask(box, "GET", page["next_page_uri"], None, BASIC)[1]["messages"]] == [sids[0]]


def test_a_text_is_fetched_by_its_sid(box: Sandbox) -> None:
    sid = send_sms(box, sms())[1]["sid"]
    assert ask(box, "GET", MESSAGES.replace(".json", f"/{sid}.json"), None, BASIC)[1]["body"] == "Hej!"
    assert ask(box, "GET", MESSAGES.replace(".json", "/SMnobody.json"), None, BASIC)[0] == 404


def test_suppressed_addresses_are_listed_and_written_to_no_more(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=Rates(bounce=1)) as box:
        send_mail(box, mail("s1", "Gone@example.com"))
        assert ask(box, "GET", "/v3/suppression/bounces")[1] == []
        box.report(LATER)
        bounce = ask(box, "GET", "/v3/suppression/bounces")[1][0]
        assert (bounce["email"], bounce["status"]) == ("Gone@example.com", "5.1.1")
        assert ask(box, "GET", "/v3/suppression/blocks")[1] == []
        assert send_mail(box, mail("s2", "gone@example.com"))[0] == 202
        assert [message["dropped"] for message in box.accepted()] == ["", "Bounced Address"]


def test_whoever_texts_stop_is_out_of_reach_from_then_on(tmp_path: Path) -> None:
    with running(tmp_path, clock=NOW, rates=Rates(undelivered=0, stop=1)) as box:
        for number in range(20):
            assert send_sms(box, sms(f"s{number}", To=f"+467017406{number:02d}"))[0] == 201
        box.report(LATER)
        again = [send_sms(box, sms(f"t{number}", To=f"+467017406{number:02d}"))[1] for number in range(20)]
    # Twilio itself knows the English word only
    assert {content.get("code") for content in again} == {21610, None}


# ---------------------------------------------------------------------------- serving


def test_a_connection_is_kept_alive(box: Sandbox) -> None:
    line = HTTPConnection(box.url.removeprefix("http://"), timeout=10)
    for number in range(3):
        send_mail(box, mail(f"s{number}"), line=line)
    line.close()
    assert len({request["client_port"] for request in box.requests()}) == 1


def test_slow_answers_hold_nobody_up() -> None:
    with running(latency_ms=300) as box, ThreadPoolExecutor(20) as callers:
        began = time.monotonic()
        statuses = list(callers.map(lambda number: send_mail(box, mail(f"s{number}"))[0], range(20)))
        took = time.monotonic() - began
    assert statuses == [202] * 20
    assert 0.3 <= took < 2


def test_it_takes_hundreds_of_requests_a_second(box: Sandbox) -> None:
    def send_many(first: int) -> None:
        line = HTTPConnection(box.url.removeprefix("http://"), timeout=10)
        for number in range(first, first + 200):
            send_mail(box, mail(f"s{number}"), line=line)
        line.close()

    began = time.monotonic()
    with ThreadPoolExecutor(5) as callers:
        list(callers.map(send_many, range(0, 1000, 200)))
    assert len(box.accepted()) == 1000
    assert time.monotonic() - began < 6  # 0.5 s on an idle machine


def test_forgetting_begins_anew_without_giving_an_id_twice(box: Sandbox) -> None:
    first = send_mail(box, mail())[2].headers["X-Message-Id"]
    box.forget()
    assert (box.accepted(), box.requests()) == ([], [])
    assert first != send_mail(box, mail())[2].headers["X-Message-Id"]


# ---------------------------------------------------------------------------- living and dying


def is_alive(process_id: int) -> bool:
    """A zombie nobody has waited for counts as gone."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process_id}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone_within(seconds: float, process_id: int) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(process_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(process_id)


def test_it_ends_with_its_block() -> None:
    with running() as box:
        assert is_alive(box.process_id)
    assert not is_alive(box.process_id)
    with pytest.raises(StammisError, match="does not answer"):
        box.accepted()


def test_it_dies_with_a_parent_that_was_killed() -> None:
    script = (
        "import time\nfrom stammis.sandbox import running\n"
        "with running() as box:\n    print(box.process_id, flush=True)\n    time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_alive(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone_within(5, child)


def test_it_cannot_start_on_a_port_that_is_taken(box: Sandbox) -> None:
    taken = int(box.url.rpartition(":")[2])
    with pytest.raises(ConfigurationError, match=r"The sandbox cannot start: .*in use"), running(port=taken):
        pass


@pytest.mark.parametrize("ending", ["ctrl-c", "end of stdin"])
def test_the_command_says_how_to_use_it_and_ends_with_a_summary(ending: str) -> None:
    command = subprocess.Popen(
        [STAMMIS, "sandbox", "--latency-ms", "0", "--fault", "sendgrid.500=1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdin and command.stdout
    url = command.stdout.readline().strip().removeprefix("Sandbox: ")
    exports = dict(command.stdout.readline().strip().removeprefix("export ").split("=") for _ in range(7))
    box = Sandbox(url, command.pid)
    assert box.environment == exports
    assert send_mail(box, mail())[0] == 500
    if ending == "ctrl-c":
        command.send_signal(signal.SIGINT)
        said = command.stdout.read()
        command.stdin.close()
    else:
        command.stdin.close()
        said = command.stdout.read()
    command.stdout.close()
    assert command.wait(10) == 0
    assert next(line.split() for line in said.splitlines() if "500" in line) == ["sendgrid", "1", "0", "0", "1", "500"]
