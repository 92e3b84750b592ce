"""What customers read keeps our promises, and what marketers read about it is true."""

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from stammis.core.settings import PROJECT, Settings
from stammis.core.types import Message
from stammis.core.yaml_files import read_mapping
from stammis.journeys import read_journeys
from stammis.journeys.keys import JOURNEY_KEYS, NEEDED, NEEDED_IN_STEP, STEP_KEYS
from stammis.rendering import Renderer, lint, read_brand
from stammis.rendering.grammar import ALLOWED_FILTERS
from stammis.rendering.samples import SAMPLE_CODE, SAMPLE_SEND_ID, read_samples, sample_due
from stammis.rendering.wording import FILTERS, WORDS, sms_parts
from stammis.run.cycle import Cycle
from tests.support.moments import NOW
from tests.support.places import SEEDS, TEMPLATES

MARKETERS = (PROJECT / "docs" / "marketers.md").read_text()
HOLD_REASONS = (
    "journey_held",
    "needs_approval",
    "stopped",
    "waits_for_previous_step",
    "not_due_yet",
    "goal_reached",
    "exited",
    "too_old",
    "implausible",
    "no_address",
    "suppressed",
    "no_consent",
    "holdout",
    "promotions_muted",
    "quiet_hours",
    "over_cap",
    "lost_to_other_journey",
)


READERS = ("+46701740605", "+4749000001")  # one hears from a number, the other from a name


def every_message() -> Iterator[Message]:
    """Each journey, step, wording, channel and language, to each made-up person; by SMS in both countries."""
    renderer, samples = Renderer(TEMPLATES), read_samples(TEMPLATES)
    for journey in read_journeys(TEMPLATES)[0]:
        for step in journey.steps:
            for variant, channel in product(step.variants, filter(None, (step.channel, step.fallback))):
                addresses = READERS if channel == "sms" else ["anna@post.example"]
                for locale, sample, address in product(renderer.brand.locales, samples.values(), addresses):
                    due = replace(sample_due(journey, step, channel, locale, sample, variant), address=address)
                    yield renderer.render(due, SAMPLE_SEND_ID, SAMPLE_CODE)


MESSAGES = list(every_message())
EMAILS = [message for message in MESSAGES if message.channel == "email"]
SMS = [message for message in MESSAGES if message.channel == "sms"]


def test_a_customers_language_is_one_that_messages_can_be_read_in(tmp_path: Path) -> None:
    brand = read_brand(TEMPLATES)
    assert read_mapping(PROJECT / "dbt_project" / "dbt_project.yml")["vars"]["languages"] == brand.readable
    with (SEEDS / "countries.csv").open(newline="") as countries:
        assert {row["locale"] for row in csv.DictReader(countries)} <= set(brand.readable)
    shared = tmp_path / "_shared"
    shared.mkdir()
    words = (TEMPLATES / "_shared" / "brand.yaml").read_text()
    narrow = words.replace("locales: [sv, en]", "locales: [sv]")
    (shared / "brand.yaml").write_text(narrow)
    shutil.copy(TEMPLATES / "_shared" / "styles.yaml", shared)
    assert read_brand(tmp_path).readable == ["sv", "nb"], "who falls back on English alone has nothing to read"
    settings = Settings(data=tmp_path / "data", landing=tmp_path / "landing", templates=tmp_path)
    assert Cycle(settings, NOW).variables["languages"] == ["sv", "nb"]
    (shared / "brand.yaml").write_text("locales: nothing")
    assert "languages" not in Cycle(settings, NOW).variables, "lint holds every journey, with the file and line"


def test_there_are_messages_to_look_at() -> None:
    assert (len(EMAILS), len(SMS)) == (120, 216)


def test_every_email_says_why_who_where_and_how_to_leave() -> None:
    for message in EMAILS:
        why = {"sv": "Du får det här mejlet för att", "en": "You’re getting this email because"}[message.locale]
        for part in (message.html or "", message.text):
            assert why in part
            assert "Lindvall Hem AB" in part and "Exempelgatan 12" in part
            assert "hej@lindvall.example" in part
            assert f"https://lindvall.example/u/{SAMPLE_SEND_ID}" in part


def test_every_email_is_small_and_made_for_phones_outlook_and_the_dark() -> None:
    for message in EMAILS:
        html = message.html or ""
        assert len(html) < 20_000
        for sign in (
            'name="viewport"',
            "max-width:600px",
            "prefers-color-scheme: dark",
            "<!--[if mso]>",
            'lang="',
        ):
            assert sign in html
        assert "<img" not in html
        assert not re.findall(r"<(?:p|h1|h2|a)(?![^>]*style=)[^>]*>", html), "a mail program may drop the style sheet"
        assert set(re.findall(r'href="(.*?://)', html)) == {"https://"}


def test_every_sms_is_two_parts_at_most_and_says_how_to_stop() -> None:
    link = f"https://lindvall.example/u/{SAMPLE_SEND_ID}"
    by_number, by_name = READERS
    leaving = {
        (by_number, "sv"): "Inga fler sms? Svara STOPP.",
        (by_number, "en"): "No more texts? Reply STOP.",
        (by_name, "sv"): f"Stopp: {link}",
        (by_name, "en"): f"Stop: {link}",
    }
    for message in SMS:
        assert sms_parts(message.text) <= 2
        assert leaving[message.address, message.locale] == message.text.split("\n")[-1]


def test_senders_are_reserved_for_fiction_and_of_the_countries_we_sell_to() -> None:
    senders = read_brand(TEMPLATES).sms_senders
    with (SEEDS / "countries.csv").open(newline="") as lines:
        codes = {f"+{row['calling_code']}" for row in csv.DictReader(lines)}
    assert set(senders) - codes == {"default"}
    for sender in senders.values():
        assert re.fullmatch(r"\+467017406(0[5-9]|[1-9]\d)|\+447700900\d{3}|[A-Za-z]{1,11}", sender)


def test_a_sender_that_cannot_be_answered_needs_its_own_last_line(templates: Path) -> None:
    (templates / "_shared" / "opt_out_link.sms.sv.txt").unlink()
    (problem,) = lint(templates)
    assert (problem.journey, problem.file.name) == (None, "opt_out_link.sms.sv.txt")
    file = templates / "_shared" / "brand.yaml"
    file.write_text(file.read_text().replace('  "+47": Lindvall', '  "+47": "+46701740698"'))
    assert lint(templates) == []


def test_lint_writes_every_sms_with_each_ending(templates: Path) -> None:
    (templates / "_shared" / "opt_out_link.sms.en.txt").write_text("To hear no more from us: {{ links.unsubscribe }}\n")
    problems = lint(templates)
    assert len(problems) > 1
    assert all(".sms.en.txt" in problem.file.name and "is 3 SMS long" in problem.message for problem in problems)
    (templates / "_shared" / "opt_out_link.sms.en.txt").write_text("Stop – {{ links.unsubscribe }}\n")
    (stranger,) = lint(templates)
    assert (stranger.file.name, stranger.line) == ("opt_out_link.sms.en.txt", 1)


def test_no_sentence_has_a_hole_in_it() -> None:
    for message in MESSAGES:
        for part in (message.subject or "", message.text):
            assert not re.search(r"None|\{|\}| [,.!?:]|,[,.!?]|  ", part.replace("{{ 9**9 }}", "x")), part


def test_subjects_fit_a_phone() -> None:
    for message in EMAILS:
        assert 10 <= len(message.subject or "") <= 80


def test_a_review_is_asked_for_whatever_it_says_and_nothing_is_promised_for_it() -> None:
    for message in EMAILS:
        if message.journey == "review_request":
            same = {
                "sv": "Ett lågt betyg är lika välkommet som ett högt.",
                "en": "A low rating is as welcome as a high one.",
            }
            assert same[message.locale] in message.text
    for message in MESSAGES:
        if message.journey == "review_request":
            assert not re.search(r"poäng|points|rabatt|discount|%", message.text)


def test_a_reminder_says_that_it_is_the_last() -> None:
    last = {"sv": ("sista gången", "frågar inte igen"), "en": ("last time", "won't ask again")}
    for message in MESSAGES:
        if (message.journey, message.step) == ("review_request", "reminder"):
            assert any(words in message.text for words in last[message.locale])


def test_a_code_comes_with_its_percent_its_last_day_and_both_places_to_use_it() -> None:
    for message in MESSAGES:
        if message.step in ("your_code", "gift", "a_little_extra"):
            day = {"sv": "24 december", "en": "24 December"}[message.locale]
            place = {"sv": "utiken", "en": "till"}[message.locale]
            assert all(words in message.text for words in (SAMPLE_CODE, "15", day, place, "lindvall.example"))


def test_the_gift_says_why_it_comes_and_the_rest_who_said_yes() -> None:
    joined = {"sv": ("gått med", "blev medlem", "ny medlem"), "en": ("joining", "a member", "new Lindvall member")}
    for message in MESSAGES:
        if (message.journey, message.step) == ("welcome", "gift"):
            assert any(words in message.text for words in joined[message.locale]), message.text
        elif message.channel == "email":
            assert {"sv": "tackat ja till mejl", "en": "said yes to hearing"}[message.locale] in message.text


def test_what_membership_promises_is_what_the_seeds_say() -> None:
    with (SEEDS / "tiers.csv").open(newline="") as lines:
        from_points = {row["tier"]: int(row["from_points"]) for row in csv.DictReader(lines)}
    with (SEEDS / "earning_rules.csv").open(newline="") as lines:
        earning = {row["currency"]: row["amount_per_point"] for row in csv.DictReader(lines)}
    assert (earning["GBP"], earning["EUR"], earning["SEK"]) == ("1", "1", "10")
    facts = {
        "sv": (f"Silver: {from_points['silver']} poäng", "Guld: 1 500 poäng", "Var tionde krona"),
        "en": (f"Silver: {from_points['silver']} points", "Gold: 1,500 points", "Every £1, €1 or 10 kr"),
    }
    assert from_points["gold"] == 1500
    for message in EMAILS:
        if message.step == "benefits":
            assert all(words in message.text for words in facts[message.locale]), message.text


def test_the_first_invitation_back_is_no_discount() -> None:
    for message in MESSAGES:
        if message.step == "come_back":
            assert not re.search(r"%|procent|rabatt|discount|code\b|kod\b", message.text.replace("%20", ""))


def test_a_nudge_names_level_and_points_and_does_not_press() -> None:
    sample = {"sv": "Bara 400 poäng kvar till guldnivån, Astrid", "en": "Only 400 points left to gold, Astrid"}
    assert set(sample.values()) <= {message.subject for message in EMAILS}
    assert "Only 1 point left to the next level" in {message.subject for message in EMAILS}
    for message in MESSAGES:
        if message.step == "nudge":
            assert {"sv": "ngen brådska", "en": "o hurry"}[message.locale] in message.text


def test_only_reserved_names_are_used() -> None:
    for path in TEMPLATES.rglob("*.*"):
        hosts = re.findall(r"(?:https?://|\w@)([\w.-]+\w)", path.read_text())
        assert all(host.endswith(".example") for host in hosts), path


def table_below(heading: str) -> dict[str, list[str]]:
    """The first table after the heading in docs/marketers.md: first cell without backticks -> other cells."""
    section = MARKETERS.partition(f"{heading}\n")[2]
    lines = section.partition("|---")[2].split("\n")[1:]
    rows = [line.replace("\\|", "/").strip("|").split("|") for line in lines[: lines.index("")] if line]
    return {cells[0].strip(" `"): [cell.strip() for cell in cells[1:]] for cells in rows}


def test_the_words_marketers_read_of_are_the_words_there_are() -> None:
    words = {f"{group}.{word}" for group, named in WORDS.items() for word in named}
    inner = {word for word in words if word.startswith("message.")}
    assert words - inner == set(table_below("### Words"))
    assert all(f"`{word}`" in MARKETERS for word in inner)


def test_the_filters_marketers_read_of_are_ours() -> None:
    assert set(table_below("### Filters")) == set(FILTERS)
    assert set(FILTERS) <= ALLOWED_FILTERS


@pytest.mark.parametrize(
    ("heading", "keys", "needed"),
    [("## journey.yaml", JOURNEY_KEYS, NEEDED), ("Each step:", STEP_KEYS, NEEDED_IN_STEP)],
)
def test_the_keys_marketers_read_of_are_the_keys_there_are(
    heading: str, keys: dict[str, object], needed: tuple[str, ...]
) -> None:
    table = table_below(heading)
    assert list(keys) == list(table) or set(keys) == set(table)
    assert set(needed) == {key for key, cells in table.items() if cells[-1] == "must be there"}


def test_every_reason_to_hold_is_said_in_plain_words() -> None:
    assert list(table_below("## Why somebody did not get it")) == list(HOLD_REASONS)


def test_the_example_in_the_docs_is_the_kind_of_message_we_send() -> None:
    example = MARKETERS.partition("```html\n")[2].partition("```")[0]
    ours = (TEMPLATES / "win_back" / "your_code.email.sv.html").read_text()
    assert {line for line in example.split("\n")[:4] if "import" not in line} <= set(ours.split("\n"))
