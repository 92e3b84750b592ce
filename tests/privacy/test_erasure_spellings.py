"""Who stands in a damaged row, in whatever spelling, is held by it, and is out of it when they are forgotten."""

import json

import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, quarantined, unread_words
from stammis.privacy.erase_landing import erase_landed
from stammis.privacy.person import Person
from stammis.privacy.request import new_request
from tests.support.landing import land
from tests.support.moments import NOW

LONG = "x " * 3_000
HEADER = "Email,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp,Email Suppressions,Country\n"


@pytest.mark.parametrize(
    "spelled",
    [
        "d%40nord.example",
        "d&#64;nord.example",
        "d=40nord.example",
        "d\\u0040nord.example",
        "d\u3000@nord.example",
        "ｄ＠nord.example",
        "d\0@nord.example",
        "d @ nord.example",
    ],
)
def test_who_stands_in_a_damaged_row_is_held_and_can_be_forgotten(settings: Settings, spelled: str) -> None:
    sound = "bo@own.example,,SUBSCRIBED,2025-12-01T10:00:00Z,,SE\n"
    place = "klaviyo/klaviyo_list_2025-12-09.csv"
    land(settings, place, f"{HEADER}{sound}{spelled},,UNSUBSCRIBED,2025-11-01T10:00:00Z,,SE,one too many\n")
    ingest(settings, NOW)
    assert "d@nord.example" in {word.address for word in unread_words(settings)}
    person = Person(("id",), frozenset({"email|d@nord.example"}))
    erase_landed(settings, new_request(settings, person), lambda _: None)
    assert (settings.landing / place).read_text() == HEADER + sound
    assert quarantined(settings) == []


def test_who_stands_far_into_a_long_damaged_row_is_held(settings: Settings) -> None:
    sound = "bo@own.example,,SUBSCRIBED,2025-12-01T10:00:00Z,,SE\n"
    damaged = f'eva@own.example,,"{LONG}d%40nord.example {LONG}",2025-12-01T10:00:00Z,,SE,one too many\n'
    land(settings, "klaviyo/klaviyo_list_2025-12-09.csv", HEADER + sound + damaged)
    form = {"From": "+46701740611", "Body": f"{LONG} +46701740605 {LONG}"}
    land(settings, "twilio/inbound_2025-12-10.jsonl", json.dumps({"form": form}) + "\n")  # no id
    ingest(settings, NOW)
    assert [len(row.row) < 4_100 for row in quarantined(settings)] == [True, True]
    held = {word.address for word in unread_words(settings)}
    assert held >= {"eva@own.example", "d@nord.example", "+46701740611", "+46701740605"}
