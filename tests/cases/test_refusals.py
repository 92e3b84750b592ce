"""A no never yields to silence: in whatever file, spelling or list it was said, it beats every older yes."""

import json
from datetime import timedelta

import pytest

from stammis.core.settings import Settings
from stammis.intake import ingest, unread_words
from stammis.ledger import open_ledger
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import published
from tests.support.cases import land_case
from tests.support.cycles import run_cycle
from tests.support.landing import RECEIPTS, land, rows, sms
from tests.support.moments import NOW
from tests.support.places import settings_in

pytestmark = pytest.mark.xdist_group("cases")

MEMBERS = "Email Address,First Name,Last Name,Phone Number,Birthday,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,CC,TAGS"
LEFT = MEMBERS + ",UNSUB_TIME,UNSUB_REASON"
ACCOUNTS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Tags\n"
)
JOINED = "2025-01-05 09:00:00"
PROFILES = "Email,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp,Email Suppressions,Country"


def member(address: str, joined: str = JOINED, changed: str = "", left: str = "") -> str:
    return f"{address},,,,,{joined},{joined},{changed},SE,{',' + left + ',' if left is not None else ''}\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    settings = settings_in(tmp_path_factory.mktemp("refusals"))
    for case in ("08", "18", "data_2_opt_outs_unread"):
        land_case(settings, case)
    own_files: dict[str, str] = {
        "newsletter/subscribed_members_export_own_2025-12-01.csv": MEMBERS
        + "\n"
        + "".join(
            member(f"{who}@own.example", changed=JOINED)
            for who in (
                *("undated", "capitals", "segment", "dropped", "ahead", "slip", "elsewhere", "back", "imported"),
                *("cleaned", "provider", "plain", "wil", "one.of", "two.of"),
            )
        ),
        # on the list of those who left, without a word when; then in other files, and once and for all
        "newsletter/unsubscribed_email_audience_export_0f1e2d3c4b.csv": LEFT + "\n" + member("undated@own.example"),
        "newsletter/Unsubscribed_Members_Export_2025-12-08.csv": LEFT + "\n" + member("CAPITALS@own.example"),
        "newsletter/unsubscribed_segment_export_2025-12-08.csv": LEFT
        + "\n"
        + member("segment@own.example", left="2025-12-07 10:00:00"),
        "newsletter/unsubscribed_members_export_2025-11-01.csv": LEFT
        + "\n"
        + member("dropped@own.example", left="2025-10-30 10:00:00"),
        "newsletter/unsubscribed_members_export_own_2025-12-09.csv": LEFT
        + "\n"
        + member("ahead@own.example", left="2026-12-07 10:00:00")
        + member("slip@own.example", left="2024-12-07 10:00:00"),
        "klaviyo/klaviyo_list_2025-12-09.csv": PROFILES
        + "\n"
        + "elsewhere@own.example,,UNSUBSCRIBED,2025-11-01T10:00:00Z,,SE\n"
        + "imported@own.example,,SUBSCRIBED,2025-12-01T10:00:00Z,,SE\n"
        + "back@own.example,,UNSUBSCRIBED,2024-11-01T10:00:00Z,,SE\n",
        "newsletter/unsubscribed_members_export_imported_2025-12-02.csv": LEFT
        + "\n"
        + member("imported@own.example", left="2025-11-15 10:00:00"),
        # told once more, byte for byte, after a yes in between
        "newsletter/unsubscribed_members_export_more_2025-11-01.csv": LEFT + "\n" + member("again@own.example"),
        "newsletter/subscribed_members_export_more_2025-11-15.csv": MEMBERS
        + "\n"
        + member("again@own.example", "2025-11-14 09:00:00"),
        "newsletter/unsubscribed_members_export_more_2025-12-01.csv": LEFT + "\n" + member("again@own.example"),
        # neither the row nor the file has a date: as new as its landing, and not as the newest row beside it
        "newsletter/unsubscribed_members_export.csv": LEFT
        + "\n"
        + member("plain@own.example", joined="")
        + member("long.ago@own.example", left="2024-12-07 10:00:00"),
        "newsletter/cleaned_members_export_2025-12-09.csv": MEMBERS
        + ",CLEAN_TIME,CLEAN_CAMPAIGN_TITLE\n"
        + member("cleaned@own.example", left="2026-12-07 10:00:00"),
        "sendgrid/events_2025-12-10.jsonl": json.dumps(
            {"event": "unsubscribe", "email": "provider@own.example", "timestamp": 1796600000, "sg_event_id": "own-1"}
        )
        + "\n"
        # sound rows, and their addresses are none
        + "".join(
            json.dumps({"event": "unsubscribe", "email": text, "timestamp": 1764547200, "sg_event_id": f"own-{text}"})
            + "\n"
            for text in ("Wil B <wil@own.example>", "one.of@own.example, two.of@own.example")
        ),
        "twilio/inbound_own_2025-12-10.jsonl": sms(71, From="whatsapp:+46701740691")
        + sms(72, From="070-174 06 92")
        + sms(73, From="070-174 06 93", Body="Don't stop!"),
        "klaviyo/profiles_numbers_2025-12-09.csv": "Email,Phone Number,Email Marketing Consent,SMS Marketing Consent\n"
        + ",46701740694,,UNSUBSCRIBED\n",
        "shopify/customers_export_own_2025-11-01.csv": ACCOUNTS
        + "".join(f"{9080 + n},N{n},Ek,n{n}@numbers.example,yes,SE,,,+4670174069{n},yes,\n" for n in range(1, 6)),
        # damaged words: a yes that is older, however new its file; one that is newer; one that only asks
        "newsletter/unsubscribed_members_export_torn_2025-10-20.csv": LEFT
        + "\n"
        + member("older@torn.example", "2025-13-01")
        + member("newer@torn.example", "2025-13-01"),
        "newsletter/subscribed_members_export_torn.csv": MEMBERS
        + "\n"
        + member("older@torn.example")
        + member("newer@torn.example", "2025-11-20 10:00:00")
        + member("somebody@torn.example", "2025-12-05 10:00:00"),
        "newsletter/subscribed_members_export_week_2025-12-01.csv": MEMBERS
        + "\n"
        + member("read@torn.example", "soon"),
        "newsletter/subscribed_members_export_week_2025-12-08.csv": MEMBERS + "\n" + member("read@torn.example"),
    }
    for place, contents in own_files.items():
        land(settings, place, contents)
    return run_cycle(settings, NOW)


def state_of(run: cycles.Cycle, address: str) -> tuple[str, str | None]:
    query = "select state, source, overruled_source from {consents} where address = ? and purpose = 'marketing'"
    found = published.rows(run.settings, query, [address], run_id=run.run_id)
    assert len(found) <= 1
    return (found[0]["state"], found[0]["overruled_source"]) if found else ("none", None)


@pytest.mark.parametrize(
    "address",
    [
        "nils@nord8.example",  # on the list of those who left, without a time
        "bo@example.org",  # in a file by the name that Mailchimp gives today
        "undated@own.example",
        "capitals@own.example",
        "segment@own.example",
        "dropped@own.example",  # a later export of the list does not have them any more
        "ahead@own.example",  # left next year, says a clock that is wrong
        "slip@own.example",  # left before they joined, says another
        "again@own.example",
        "plain@own.example",
        "provider@own.example",
        "cleaned@own.example",
        "wil@own.example",
        "one.of@own.example",
        "two.of@own.example",
        "+46701740691",
        "+46701740692",
        "+46701740694",
    ],
)
def test_who_left_a_list_stays_away(run: cycles.Cycle, address: str) -> None:
    assert state_of(run, address)[0] == "opted_out"


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("older@torn.example", "unread"),
        ("newer@torn.example", "opted_in"),
        ("read@torn.example", "opted_in"),
        ("+46701740693", "unread"),  # an unclear reply, by a number in the notation of its country
        ("+46701740695", "opted_in"),
    ],
)
def test_a_damaged_word_holds_until_a_later_one_is_read(run: cycles.Cycle, address: str, state: str) -> None:
    assert state_of(run, address)[0] == state


@pytest.mark.parametrize("address", ["anna@example.org", "eva@example.org"])
def test_a_damaged_row_that_may_be_a_no_holds_its_address(run: cycles.Cycle, address: str) -> None:
    assert state_of(run, address)[0] in ("unread", "opted_out")


def test_who_was_cleaned_away_is_not_written_to(run: cycles.Cycle) -> None:
    assert published.rows(
        run.settings, "select reason from {suppressions} where address = 'ola@nord8.example'", run_id=run.run_id
    ) == [{"reason": "bounced"}]


def test_a_no_on_one_list_wins_over_a_yes_on_another(run: cycles.Cycle) -> None:
    assert state_of(run, "elsewhere@own.example") == ("opted_out", "newsletter")
    assert state_of(run, "imported@own.example") == ("opted_out", "klaviyo")
    assert state_of(run, "back@own.example") == ("opted_in", None)  # the yes is newer, and said to the shop


def test_no_check_takes_it_for_a_fault(run: cycles.Cycle) -> None:
    assert {hold.check_name for hold in run.holds if not hold.check_name.startswith("freshness_")} == set()


def test_start_undoes_a_stop_and_is_no_consent(run: cycles.Cycle) -> None:
    numbers = {
        str(row["first_name"]): str(row["phone"])
        for row in published.rows(run.settings, "select first_name, phone from {customers}", run_id=run.run_id)
    }
    assert state_of(run, numbers["Yngve"])[0] == "opted_out"
    assert state_of(run, numbers["Zita"])[0] == "opted_in"
    assert state_of(run, numbers["Ada"])[0] == "none"


@pytest.fixture
def replied(settings: Settings) -> Settings:
    """Four people with an account; they wrote back, and a list of leavers could not be read."""
    people = "".join(f"{50 + n},P{n},Ek,p{n}@x.example,yes,SE,,,+4670174061{n},yes,\n" for n in range(4))
    land(settings, "shopify/customers_export_2025-12-10.csv", f"{ACCOUNTS}{people}")
    said = ("Don't stop!", "Inga fler sms, tack", "Where is the bus stop?", "Tack!")
    texts = [sms(n, From=f"+4670174061{n}", Body=text) for n, text in enumerate(said)]
    land(settings, "twilio/inbound_2025-12-10.jsonl", "".join(texts))
    return settings


def states(settings: Settings, channel: str = "sms") -> list[str]:
    query = "select address, state from {consents} where channel = ? order by address"
    return [str(row["state"]) for row in published.rows(settings, query, [channel])]


def test_an_unclear_reply_holds_its_number_until_somebody_answers(replied: Settings) -> None:
    cycle = run_cycle(replied, NOW)
    assert {hold.check_name for hold in cycle.holds if not hold.check_name.startswith("freshness_")} == set()
    assert states(replied) == ["unread", "opted_out", "unread", "opted_in"]
    said = report.as_markdown(cycle)
    assert "| SM0 | twilio | sms | 2025-12-05" in said and "stop!" not in said.lower() and "+4670" not in said
    acts = published.rows(replied, "select count(*) as replies from {customer_events} where event = 'reply'")
    assert acts == [{"replies": 1}]  # what may be a no is no sign of life
    with open_ledger(replied) as ledger:
        ledger.answer("SM0", "keep", "crm")
        ledger.answer("SM2", "stop", "crm")
    run_cycle(replied, NOW + timedelta(minutes=10))
    assert states(replied) == ["opted_in", "opted_out", "opted_out", "opted_in"]


def test_a_file_of_refusals_that_cannot_be_read_holds_its_channel(replied: Settings) -> None:
    place = "newsletter/unsubscribed_members_export_2025-12-09.csv"
    land(replied, place, b"PK\x03\x04 a spreadsheet")
    run_cycle(replied, NOW)
    assert states(replied, "email") == ["unread"] * 4
    with open_ledger(replied) as ledger:
        ledger.answer(place, "keep", "crm")
    run_cycle(replied, NOW + timedelta(minutes=10))
    assert states(replied, "email") == ["opted_in"] * 4


def test_a_day_on_which_nobody_wrote_holds_nobody(settings: Settings) -> None:
    land(settings, "twilio/inbound_2025-12-10.jsonl", "")
    land(settings, "sendgrid/events_2025-12-10.jsonl", "\n")
    assert not ingest(settings, NOW).not_read
    assert not unread_words(settings)
    land(settings, "newsletter/unsubscribed_members_export_2025-12-10.csv", "")  # its header says that it is whole
    assert ingest(settings, NOW).not_read
    assert unread_words(settings)


@pytest.mark.parametrize(
    ("place", "channels"),
    [
        ("shopify/orders_export_1.csv", []),  # an order is no word about marketing
        ("shopify/customers_2025-12-10.json", ["email", "sms"]),
        ("shopify/leavers.csv", ["email", "sms"]),  # nobody knows what it is
        ("newsletter/unsubscribed_members_export.csv", ["email"]),
        ("twilio/inbound_1.json", ["sms"]),
        ("pos/members_1.csv", []),
        ("newsletter/README.md", []),
    ],
)
def test_a_file_that_cannot_be_read_holds_what_its_table_may_refuse(
    settings: Settings, place: str, channels: list[str]
) -> None:
    land(settings, "pos/receipts_1.csv", RECEIPTS)
    land(settings, place, "PK\x03\x04")
    assert [note.file for note in ingest(settings, NOW).not_read] == [place]
    assert [(word.channel, word.address) for word in unread_words(settings)] == [(name, None) for name in channels]


@pytest.mark.parametrize(
    ("place", "contents", "channels"),
    [
        (
            "newsletter/unsubscribed_members_export_1.csv",
            "<!DOCTYPE html>\n<html>\n<body>Sign in</body></html>\n",
            ["email"],
        ),
        ("klaviyo/profiles.csv", "<html>\n<p>Ask help@klaviyo.example</p>\n<p>Sign in</p>\n", ["email", "sms"]),
        (
            "newsletter/unsubscribed_members_export_1.csv",
            (LEFT + "\n" + member("a@x.example")).encode("utf-16-le"),
            ["email"],
        ),
        ("shopify/customers_1.json", '{"error": "rate limited"}', ["email", "sms"]),
        ("twilio/inbound_1.jsonl", '{"code": 20003, "message": "Authenticate"}\n', ["sms"]),
        ("unsubscribed_members_export_1.csv", LEFT + "\n" + member("a@x.example"), ["email"]),  # in no source's folder
    ],
)
def test_a_file_that_is_something_else_than_its_table_holds_the_channel(
    settings: Settings, place: str, contents: str | bytes, channels: list[str]
) -> None:
    land(settings, "pos/receipts_1.csv", RECEIPTS)
    land(settings, place, contents)
    ingest(settings, NOW)
    assert [word.channel for word in unread_words(settings) if word.address is None] == channels


def test_a_file_that_could_not_be_read_holds_until_it_is_and_not_until_it_is_gone(settings: Settings) -> None:
    place = "newsletter/unsubscribed_members_export.csv"

    def waiting() -> list[str]:
        ingest(settings, NOW)
        return [word.word_id for word in unread_words(settings)]

    land(settings, "pos/receipts_1.csv", RECEIPTS)
    path = land(settings, place, b"PK\x03\x04")
    assert waiting() == [place]
    path.unlink()
    assert waiting() == [place]
    land(settings, place, b"PK\x03\x04 another")
    assert waiting() == [place, f"{place} (2)"]  # an answer to the first is none to the second
    land(settings, place, LEFT + "\n" + member("a@x.example", "soon"))
    assert waiting() == [f"{place}:2"]
    land(settings, place, LEFT + "\n" + member("b@x.example", "soon"))
    assert waiting() == [f"{place}:2", f"{place} (2):2"]
    land(settings, place, LEFT + "\n" + member("b@x.example"))
    assert waiting() == [f"{place}:2"]


@pytest.mark.parametrize("name", ["replies_1.jsonl", "inbound_1.jsonl"])
def test_another_file_of_replies_reads_none_that_was_unreadable(settings: Settings, name: str) -> None:
    land(settings, f"twilio/{name}", b"PK\x03\x04")
    land(settings, "pos/receipts_1.csv", RECEIPTS)
    ingest(settings, NOW)
    land(settings, f"twilio/{name}", sms(1, Body="Tack"))
    ingest(settings, NOW)
    assert {word.place for word in unread_words(settings)} == {f"twilio/{name}"}


def test_the_same_words_once_more_are_a_newer_word(settings: Settings) -> None:
    """Left, came back, and left with the very file of the first time."""
    for text in ("left", "back", "left"):
        land(settings, "newsletter/unsubscribed_members_export.csv", LEFT + "\n" + member(f"{text}@x.example"))
        ingest(settings, NOW)
        ingest(settings, NOW)  # nothing new
    found = rows(settings, "newsletter", "members", "email_address, file_name")
    names = [f"unsubscribed_members_export.csv{mark}" for mark in ("", " (2)", " (3)")]
    assert sorted(found, key=lambda row: row[1]) == list(
        zip(("left@x.example", "back@x.example", "left@x.example"), names, strict=True)
    )
