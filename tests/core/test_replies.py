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
# a refusal in a sentence: a negation, who wants or sends, and what; in each language
SENTENCES = """I don't want these texts|I don't want any more messages
don't send me any more|I no longer want your texts!
I do not wish to receive any more marketing texts from you
never contact me again|Not interested|I'm no longer interested
Jag vill inte ha några fler sms|Vill inte ha era sms|vill inte längre ha sms|Önskar ej fler sms|Är ej intresserad, tack
Jag önskar inte fler sms|Skicka inte fler sms till mig|Sänd mig inga fler utskick|Jag vill inte längre få era sms
ikke send meg flere sms|jeg ønsker ikke flere beskjeder|Ikke mer takk|Jeg ønsker ikke å motta flere meldinger
Ikke mere tak|jeg ønsker ikke flere beskeder|Lad være med at sende mig sms|Jeg vil ikke længere have sms'er
En halua näitä viestejä|Ei viestejä|Älkää lähettäkö enää viestejä|Älä lähetä minulle viestejä|En ole kiinnostunut
get me off this list|Cancel my subscription|I would like to unsubscribe|stop sending me your messages|Stop 🛑 tack
Sluta skicka sms till mig|sluta smsa mig|hej, jag vill stoppa detta|avsluta min prenumeration|sluta med sms
Slutt å sende meldinger til meg|Si opp|Hold op|stop med at skrive til mig|Stop det|Lopettakaa viestien lähettäminen"""
# one word, damaged: spelled apart or together, misspelt, with other endings, in letters that only look so
DAMAGED = """Stop1|STOP 1|STOPSTOPSTOP|sto p|S, T, O, P|s t o p please|s-t-o-p|stooopp|st0p|5TOP|$top|stopplz|STOPSMS
sotp|un-subscribe|un sub scribe|Unsuscribe|unsubcribed|Unsubscribed|unsubscirbe|unsubscribing|avregisterra|avregestrera
Avböj|Avanmälning|Avregistrering|Avregistrere|Avmeldt|Opphør|Opsig|Keskeytä|peruutan|av registrera|A V M E L D
ЅTOP|ЅТОР|СТОП|STOΡ|🅂🅃🄾🅿|🅢🅣🅞🅟|🇸🇹🇴🇵|🇸 🇹 🇴 🇵|ⓢⓣⓞⓟ|𝕊𝕋𝕆ℙ|ꜱᴛᴏᴘ|s̶t̶o̶p̶|ŞŧøƤ|🛑|STOP 🇸🇪"""
UNCLEAR = """don't stop|stop det ikke|Sluta inte|älä lopeta|Where is the bus stop?|cancel my order|the end|one-stop shop
can't stop laughing|please do not remove me|kan ni stoppa min order
Where do you stop?|When do you stop at the store?|my stop|något stopp|Stop ha ha|Sluta inte skicka sms
Lad være med at stoppe|Vill ni inte skicka fler sms?|Don't want more?|I don't send messages|jag vill inte skicka sms
inte fler än 3|Skicka inte|Stop? I want more messages|No more texts? I like them|cancel 2
Peruutan tilauksen|Nej|No!|Ei|🚫|no messages|enough"""
OTHERS = """Tack!|Ja tack|nonstop|jag slutar kl 5|avboka min tid|yes|👍||🇸🇪|subscribe|prenumerera|Anmälan|påmelding
stoppur|I want more messages|Jag vill ha fler sms|No, send me more texts|Ei, haluan lisää viestejä
Ikke nu, send mere|en sms tack|I don't get your messages|En saanut viestiä|Don't send me the parcel|skicka inte paketet
interested|I am interested|$100"""


@pytest.mark.parametrize("text", re.split(r"[|\n]", f"{STOPS}|{SENTENCES}|{DAMAGED}"))
def test_who_wants_no_more_is_understood(text: str) -> None:
    assert meaning(text) == "stop"


@pytest.mark.parametrize("text", re.split(r"[|\n]", UNCLEAR))
def test_what_holds_such_a_word_without_being_one_waits_for_a_person(text: str) -> None:
    assert meaning(text) == "unclear"


@pytest.mark.parametrize("text", re.split(r"[|\n]", OTHERS))
def test_any_other_text_is_a_reply(text: str) -> None:
    assert meaning(text) is None


@pytest.mark.parametrize("text", ["Nej tack", "nei takk!", "Nej tak", "Ei kiitos", "No thanks", "no thank you :)"])
def test_no_thanks_alone_waits_for_a_person(text: str) -> None:
    assert meaning(text) == "unclear"
    assert meaning(f"{text}, stop") == "stop"
    assert meaning(f"{text}, the bus came") is None


def test_a_stop_in_the_beginning_of_a_long_text_waits_for_a_person() -> None:
    assert meaning("stop " * 200) == "stop"
    assert meaning("stop " * 200 + "by, we have lamps") == "unclear"


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
    assert counted["unclear"] < 220, "210 hold a word to stop; a few more refuse something in a sentence"
