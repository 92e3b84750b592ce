"""What people write back is understood however they write it, and what only sounds like a stop waits for a person."""

import csv
import re
from collections import Counter

import pytest

from stammis.core.replies import read_reply_words
from tests.support.cases import CASES
from tests.support.places import DBT_PROJECT, SAMPLES

WORDS = read_reply_words(DBT_PROJECT)


def meaning(text: str) -> str | None:
    return WORDS.meaning_of(text)[0]


STOPS = """STOP|stop.|“Stop”|S T O P|ＳＴＯＰ|Stop 🙏🏽|STOP\u200b|stop\u00a0!|Stop, please|stop stop stop|Stopp tack
Inga fler sms|Avregistrera mig|ta bort mig från listan|SLUTA!!!|säg upp|Sluta skicka|Meld meg av|slutt å sende|Fjern meg
Afmeld mig|ikke flere beskeder|Nej tak til flere sms|Lopeta|Poista minut|Älä lähetä enää|unsubscribe me|do not text me
Take me off your list|ARRÊT"""
UNCLEAR = """don't stop|stop det ikke|Sluta inte|älä lopeta|Where is the bus stop?|cancel my order|the end|one-stop shop
can't stop laughing|please do not remove me|kan ni stoppa min order"""


@pytest.mark.parametrize("text", re.split(r"[|\n]", STOPS))
def test_who_wants_no_more_is_understood(text: str) -> None:
    assert meaning(text) == "stop"


@pytest.mark.parametrize("text", re.split(r"[|\n]", UNCLEAR))
def test_what_holds_such_a_word_without_being_one_waits_for_a_person(text: str) -> None:
    assert meaning(text) == "unclear"


@pytest.mark.parametrize("text", ["Tack!", "Ja tack", "nonstop", "jag slutar kl 5", "avboka min tid", "yes", "👍", ""])
def test_any_other_text_is_a_reply(text: str) -> None:
    assert meaning(text) is None


@pytest.mark.parametrize("text", ["Nej tack", "nei takk!", "Nej tak", "Ei kiitos", "No thanks", "no thank you :)"])
def test_no_thanks_alone_waits_for_a_person(text: str) -> None:
    assert meaning(text) == "unclear"
    assert meaning(f"{text}, stop") == "stop"
    assert meaning(f"{text}, the bus came") is None


def test_the_cases_of_it() -> None:
    file = CASES / "words" / "phrases_half.tsv"
    if not file.exists():
        pytest.skip(f"no words in {CASES} (set STAMMIS_CASES)")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [(wanted, _spelled(text)) for wanted, _, text in csv.reader(lines, delimiter="\t")]
    assert [text for wanted, text in rows if (meaning(text) == "stop") != (wanted == "stop")] == []


def _spelled(text: str) -> str:
    """The file spells bytes that an editor would not show: \\xc2\\xa0."""
    return re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), text.encode()).decode()


def test_no_text_of_a_stranger_is_a_stop() -> None:
    file = SAMPLES / "text" / "SMSSpamCollection.tsv"
    if not file.exists():
        pytest.skip(f"no texts in {SAMPLES} (set STAMMIS_SAMPLE_DATA)")
    counted = Counter(meaning(line.split("\t", 1)[1]) for line in file.read_text("utf-8").splitlines())
    assert set(counted) == {None, "unclear"}
    assert counted[None] > 5300
