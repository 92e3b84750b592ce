"""A no never yields to silence: in whatever file, spelling or list it was said, it beats every older yes."""

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
from tests.support.landing import RECEIPTS, land, sms
from tests.support.moments import NOW
from tests.support.places import settings_in

pytestmark = pytest.mark.xdist_group("cases")

MEMBERS = "Email Address,First Name,Last Name,Phone Number,Birthday,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,CC,TAGS"
LEFT = MEMBERS + ",UNSUB_TIME,UNSUB_REASON"
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
            for who in ("undated", "capitals", "segment", "dropped", "ahead", "slip", "elsewhere", "back", "imported")
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
    ],
)
def test_who_left_a_list_stays_away(run: cycles.Cycle, address: str) -> None:
    assert state_of(run, address)[0] == "opted_out"


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
    accounts = (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,"
        "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Tags"
    )
    people = "".join(f"{50 + n},P{n},Ek,p{n}@x.example,yes,SE,,,+4670174061{n},yes,\n" for n in range(4))
    land(settings, "shopify/customers_export_2025-12-10.csv", f"{accounts}\n{people}")
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
