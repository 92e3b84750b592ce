"""Each fault of the sandbox does what its name says, to the messages its rate and seed choose, and to no other."""

from collections.abc import Iterator
from http.client import HTTPException

import pytest

from stammis.core.errors import ConfigurationError
from stammis.sandbox import Sandbox, running
from stammis.sandbox.faults import FAULTS
from tests.support.sandbox import mail, send_mail, send_sms, sms

TIMEOUT = 0.4
RIGHT = {"sendgrid": 202, "twilio": 201}
# fault -> what a plain caller meets, and whether the message went out all the same; None: the right status
MET: dict[str, tuple[int | str | None, bool]] = {
    **{f"{status}": (status, False) for status in (400, 401, 403, 404, 405, 408, 413, 429, 500, 502, 503, 504)},
    **{f"{status}_after": (status, True) for status in (408, 500, 502, 503, 504)},
    "hang": ("TimeoutError", False),
    "hang_after": ("TimeoutError", True),
    "drip_after": ("TimeoutError", True),
    "reset": ("ConnectionResetError", False),
    "reset_after": ("ConnectionResetError", True),
    "disconnect": ("RemoteDisconnected", False),
    "disconnect_after": ("RemoteDisconnected", True),
    "garbage_after": ("BadStatusLine", True),
    "partial_after": ("IncompleteRead", True),
    "cut_after": (None, True),  # Python takes headers that end in the middle for whole ones
    "redirect": (302, False),
    "redirect_307": (307, False),
    "no_id_after": (None, True),
}
SENDGRID = MET | {"200": (200, False)}
TWILIO = MET | {
    "no_sid_after": (201, True),
    "200_after": (200, True),
    "20003": (401, False),
    "20429": (429, False),
    "63038": (429, False),
    "30002": (403, False),
    **{f"{code}": (400, False) for code in (21211, 21610, 21614, 21635, 30003, 30007, 60728)},
}
CASES = [("sendgrid", name, *case) for name, case in SENDGRID.items()]
CASES += [("twilio", name, *case) for name, case in TWILIO.items()]


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """Every fault meets the one message that is named after it."""
    names = [f"{provider}.{name}" for provider, faults in FAULTS.items() for name in faults]
    with running(faults={name: [name] for name in names}) as box:
        yield box


def send(box: Sandbox, provider: str, send_id: str) -> tuple[int | str, object, dict[str, str]]:
    """(status or the name of what went wrong, content, headers)"""
    try:
        if provider == "sendgrid":
            status, content, answer = send_mail(box, mail(send_id, "anna@example.com"), timeout=TIMEOUT)
        else:
            status, content, answer = send_sms(box, sms(send_id), timeout=TIMEOUT)
    except (OSError, HTTPException) as error:
        return type(error).__name__, None, {}
    return status, content, dict(answer.headers)


def test_every_fault_is_in_the_table() -> None:
    assert {provider: set(faults) for provider, faults in FAULTS.items()} == {
        "sendgrid": set(SENDGRID),
        "twilio": set(TWILIO),
    }


@pytest.mark.parametrize(("provider", "name", "met", "is_accepted"), CASES, ids=lambda value: str(value))
def test_a_fault_does_what_it_says(
    box: Sandbox, provider: str, name: str, met: int | str | None, is_accepted: bool
) -> None:
    fault = f"{provider}.{name}"
    found, content, headers = send(box, provider, fault)
    assert (RIGHT[provider] if met is None else met) == found
    assert (fault in {message["send_id"] for message in box.accepted()}) == is_accepted
    request = box.requests()[-1]
    assert (request["fault"], request["faulted"], request["accepted"]) == (fault, fault, is_accepted)
    if name in ("no_id_after", "cut_after"):
        assert content == b""
        assert "X-Message-Id" not in headers
    if name == "no_sid_after":
        assert isinstance(content, dict)
        assert "sid" not in content
    if found == 429:
        assert ("X-RateLimit-Reset" if provider == "sendgrid" else "Retry-After") in headers
    if name in ("400", "401", "503") or (name.isdigit() and len(name) == 5):
        assert isinstance(content, dict)
        assert content["errors"] if provider == "sendgrid" else content["more_info"]
        assert provider == "sendgrid" or len(name) < 5 or int(name) == content["code"]


def test_a_redirect_leads_elsewhere() -> None:
    with running(faults={"sendgrid.redirect": 1}, elsewhere="http://127.0.0.9:99/") as box:
        assert send(box, "sendgrid", "s1")[2]["Location"] == "http://127.0.0.9:99/v3/mail/send"


def test_a_rate_and_a_seed_choose_who_meets_a_fault() -> None:
    def who(seed: int) -> set[str]:
        with running(faults={"sendgrid.503": 0.2, "twilio.503": 0.2}, seed=seed) as box:
            for number in range(200):
                send(box, "sendgrid", f"s{number}")
            return {request["faulted"] for request in box.requests() if request["fault"]}

    first = who(seed=1)
    assert 20 < len(first) < 60
    assert who(seed=1) == first
    assert first != who(seed=2)


def test_the_same_message_meets_the_same_fault_again_unless_it_is_one_that_passes(box: Sandbox) -> None:
    with running(faults={"sendgrid.503": ["bad"], "sendgrid.429_once": ["busy"]}) as own:
        assert [send(own, "sendgrid", "bad")[0] for _ in range(2)] == [503, 503]
        assert [send(own, "sendgrid", "busy")[0] for _ in range(3)] == [429, 202, 202]
        own.set_faults({}, seed=3)
        assert send(own, "sendgrid", "bad")[0] == 202


def test_one_poisoned_mail_fails_its_whole_request(box: Sandbox) -> None:
    people = [mail(send_id)["personalizations"][0] for send_id in ("a", "sendgrid.400", "b")]
    assert send_mail(box, mail(personalizations=people))[0] == 400
    assert send_mail(box, mail(personalizations=people[::2]))[0] == 202


def test_an_address_can_be_poisoned_as_well_as_a_send_id() -> None:
    with running(faults={"twilio.21614": ["+46701740605"]}) as box:
        assert [send_sms(box, sms(To=number))[0] for number in ("+46701740605", "+46701740606")] == [400, 201]


def test_a_429_says_how_long_to_wait() -> None:
    with running() as box:
        box.set_faults({"twilio.429": 1}, retry_after=30)
        assert send(box, "twilio", "s1")[2]["Retry-After"] == "30"


def test_what_breaks_a_rule_is_refused_for_that(box: Sandbox) -> None:
    assert send_sms(box, sms("twilio.500", To="070-174 06 05"))[0] == 400
    assert box.requests()[-1]["fault"] is None


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"sendgrid.resett": 1}, "sendgrid.resett is no fault of the sandbox. Near it: sendgrid.reset"),
        ({"sendgrid.reset": 2}, "sendgrid.reset is 2.0: give a share from 0 to 1"),
        ({"sendgrid.reset": "all"}, "sendgrid.reset is 'all': give a share from 0 to 1"),
    ],
)
def test_a_fault_that_is_none_is_named_and_changes_nothing(box: Sandbox, faults: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        box.set_faults(faults)
    assert send(box, "sendgrid", "sendgrid.503")[0] == 503
