"""A preview shows what the send would write, for made-up people or masked real ones, and loads nothing heavy."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from stammis.core.settings import PROJECT
from stammis.core.sql import copy_to, parquet
from stammis.run.cycle import Cycle
from stammis.warehouse.published import rows
from tests.support.command_line import invoke
from tests.support.processes import stammis_apart


def page_of(*arguments: object) -> str:
    ran = invoke("preview", "--no-open", *arguments)
    assert ran.exit_code == 0, ran.exception or ran.output
    return Path(ran.output.split("\n")[0]).read_text(encoding="utf-8")


def test_a_page_shows_every_step_branch_channel_and_language() -> None:
    page = page_of("welcome")
    assert (page.count("<iframe sandbox="), page.count('<div class="sms">')) == (4 * 2, 4 * 2)
    assert page.count("email · joined at till") == 2
    assert "Välkommen, Astrid!" in page and "It was nice to meet you" in page
    assert "10&nbsp;procent" in page.replace("&amp;nbsp;", "&nbsp;"), "the offer is worth what offers.csv says"
    assert "To with_name, a made-up person, as a phone shows it." in page


def test_an_email_shows_its_preview_line_and_an_sms_what_it_costs() -> None:
    page = page_of("welcome", "--step", "gift", "--locale", "en")
    assert '<p class="preheader">10% off one order, up to and including 24 December.</p>' in page
    sms = invoke("render", "welcome", "gift", "--channel", "sms", "--locale", "en").output.rstrip("\n")
    assert f"<span>sms · 2 parts, {len(sms)} characters</span>" in page


def test_a_message_names_its_file_and_does_not_lead_to_it() -> None:
    page = page_of("welcome", "--step", "benefits")
    assert "<code>templates/welcome/benefits.sms.sv.txt</code>" in page.replace("<wbr>", "")
    assert "file:" not in page


def test_texts_stand_in_one_column_beside_their_emails() -> None:
    both, only_texts = page_of("welcome"), page_of("win_back", "--step", "reminder")
    assert (both.count('<div class="wording">'), both.count('<div class="texts">')) == (4, 4)
    assert (only_texts.count('<div class="wording">'), only_texts.count('<div class="texts">')) == (1, 0)


def test_a_message_can_be_looked_at_in_the_light_and_in_the_dark() -> None:
    page = page_of("welcome")
    assert re.findall(r'<button type="button" value="(\w+)">', page) == ["light", "dark"]
    frames = re.search(r"\niframe \{(.*?)\}", page, re.S)
    assert frames is not None
    assert "color-scheme" not in frames.group(1), "a message is as dark as the page around it"
    assert "(prefers-color-scheme: dark)" in page.rpartition("<script>")[2]


def test_a_page_shows_less_or_another_person_when_asked() -> None:
    page = page_of("welcome", "--step", "gift", "--locale", "en", "--as", "without_name")
    assert (page.count("<iframe sandbox="), page.count('<div class="sms">')) == (2, 2)
    assert "Welcome! Here’s a gift from us" in page
    assert "Astrid" not in page


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["welcom"], "did you mean `welcome`?"),
        (["welcome", "--step", "gfit"], "did you mean `gift`?"),
        (["welcome", "--as", "nobody"], "there is no sample nobody"),
        (["welcome", "--customer", "c1"], "Name the data folder"),
        (["welcome", "--data", "nowhere"], "Name one that a run has filled"),
    ],
)
def test_what_there_is_not_is_said(arguments: list[str], says: str, tmp_path: Path) -> None:
    elsewhere = [tmp_path / each if each == "nowhere" else each for each in arguments]  # no demo stands beside it
    assert says in str(invoke("preview", "--no-open", *elsewhere).exception)
    assert not [*tmp_path.iterdir()]


def test_a_message_with_a_mistake_says_so_in_its_place(templates: Path) -> None:
    file = templates / "welcome" / "gift.email.sv.html"
    file.write_text(file.read_text().replace("<h1>", "<h1>{{ customer.nick }}"))
    page = page_of("welcome", "--templates", templates)
    assert page.count("This message cannot be sent") == 1
    assert "customer.nick is not a word templates know" in page
    said = invoke("preview", "--no-open", "welcome", "--templates", templates).output
    assert re.search(r"^to mend: .*gift\.email\.sv\.html:\d+: customer\.nick is not a word", said, re.M)


def test_the_page_asks_nothing_of_the_network() -> None:
    page = page_of("tier_nudge")
    assert "default-src 'none'" in page
    outside = re.sub(r'srcdoc="[^"]*"|<div class="sms">.*?</div>', "", page, flags=re.S)
    assert "http" not in outside.replace("http-equiv", "")


def test_one_message_is_written_to_the_screen_or_a_file(tmp_path: Path) -> None:
    sms = invoke("render", "welcome", "gift", "--channel", "sms", "--variant", "joined_at_till", "--locale", "en")
    assert sms.output.startswith("Hi Astrid! It was nice to meet you in the shop.")
    assert sms.output.endswith("\nNo more texts? Reply STOP.\n")
    ran = invoke("render", "win_back", "your_code", "--out", tmp_path / "a.html")
    assert "a.html: Astrid, det var ett tag sedan" in ran.output
    assert (tmp_path / "a.html").read_text().startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["win_back", "reminder", "--channel", "email"], "is not sent by email: only by sms"),
        (["welcome", "gift", "--variant", "joined_at_til"], "did you mean `joined_at_till`?"),
        (["welcome", "gift", "--locale", "de"], "looked for welcome/gift.email.de.html"),
    ],
)
def test_a_message_there_is_not_is_said(arguments: list[str], says: str) -> None:
    assert says in str(invoke("render", *arguments).exception)


def test_a_preview_starts_quickly_and_loads_nothing_heavy() -> None:
    before = os.times()
    ran = stammis_apart("preview", "--no-open")
    after = os.times()
    assert (ran["code"], ran["heavy"]) == (0, [])
    spent = after.children_user - before.children_user + after.children_system - before.children_system
    assert spent < 4, "1.1 s where this was written; a loaded machine needs more"


def test_a_watched_page_is_written_again_when_a_file_is_saved(templates: Path) -> None:
    asked = ["preview", "welcome", "--watch", "--no-open", "--templates", str(templates)]
    command = [sys.executable, "-m", "stammis", *asked]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, env=environment) as watching:
        assert watching.stdout is not None
        try:
            page = Path(watching.stdout.readline().strip())
            first = (page.parent / "version.js").read_text()
            file = templates / "welcome" / "gift.email.sv.html"
            file.write_text(file.read_text().replace("Vad roligt", "Så roligt"))
            assert "shown again" in watching.stdout.readline()
            time.sleep(0.1)
            assert "Så roligt" in page.read_text()
            assert first != (page.parent / "version.js").read_text()
            (templates / "welcome" / "journey.yaml").write_text("title: [\n")
            assert "shown again" in watching.stdout.readline()
            assert "journey.yaml" in watching.stdout.readline(), "what to mend is said in the terminal, too"
        finally:
            watching.terminate()


def test_what_a_preview_was_killed_at_goes_with_the_next(tmp_path: Path) -> None:
    left = [tmp_path / "preview" / f".{name}.77.unfinished" for name in ("preview.html", "version.js")]
    (tmp_path / "preview").mkdir()
    for path in left:
        path.touch()
        os.utime(path, (0, 0))
    page_of("welcome", "--step", "gift", "--data", tmp_path)
    assert {path.name for path in (tmp_path / "preview").iterdir()} == {"preview.html", "version.js"}


def test_a_real_customer_is_masked(sent: Cycle) -> None:
    data = sent.settings.data
    query = (
        "select customers.* from {customers} as customers inner join {outbox} as outbox "
        "on customers.customer_id = outbox.customer_id "
        "where first_name is not null and last_name is not null and email is not null order by customer_id limit 1"
    )
    person = rows(sent.settings, query)[0]
    page = page_of("win_back", "--data", data, "--customer", person["customer_id"])
    assert f"{person['first_name'][0]}***" in page
    for secret in (person["first_name"], person["last_name"], person["email"]):
        assert not re.search(rf"\b{re.escape(secret)}\b", page)
    assert data / "preview" / "preview.html" in (data / "preview").iterdir()


def days_of(page: str, journey: str, step: str) -> list[str]:
    """The cells of a step's row: the day of the last run, and seven after it."""
    row = re.search(rf"<th>{journey} <i>{step}</i></th>((?:<td>[^<]+</td>)+)", page)
    return re.findall("<td>([^<]+)</td>", row.group(1)) if row else []


@pytest.mark.parametrize(
    ("waiting", "after"),
    [
        ("timestamp '2025-12-12 09:00' as due_at, 'not_due_yet' as hold_reason", 2),
        ("'quiet_hours' as hold_reason, 1 as closes_hour", 1),  # it has closed for today
        ("'quiet_hours' as hold_reason, 20 as closes_hour", 0),
    ],
)
def test_only_those_nothing_else_will_hold_are_counted_for_the_next_days(
    sent: Cycle, tmp_path: Path, waiting: str, after: int
) -> None:
    query = "select hold_reason from {outbox_candidates} where journey = 'win_back' and step = 'your_code'"
    of_step = [row["hold_reason"] for row in rows(sent.settings, query)]
    assert of_step.count(None) >= 5 and of_step.count("no_consent") >= 5
    assert {None, "no_consent", "no_address", "suppressed", "holdout"} >= set(of_step)
    settings = replace(sent.settings, data=tmp_path)
    folder = settings.published / "current"
    shutil.copytree(sent.settings.published / "current", folder)
    decided = sent.settings.published / "current" / "outbox_candidates.parquet"
    not_yet = f"select * replace ({waiting}) from {parquet(decided)}"  # the same people, before it was time
    with duckdb.connect() as database:
        database.execute(copy_to(not_yet, folder / "outbox_candidates.parquet"))
    page = page_of("win_back", "--data", tmp_path)
    expected = ["–"] * 8
    expected[after] = str(of_step.count(None))
    assert days_of(page, "Win back", "Your code") == expected


def test_what_is_sent_already_is_not_counted_and_what_still_waits_is(sent: Cycle, tmp_path: Path) -> None:
    assert days_of(page_of("win_back", "--data", sent.settings.data), "Win back", "Your code") == []
    settings = replace(sent.settings, data=tmp_path)
    shutil.copytree(sent.settings.published, settings.published, symlinks=True)
    shutil.copy(sent.settings.ledger, settings.ledger)
    with sqlite3.connect(settings.ledger) as ledger:  # as if the sender had been killed two messages before the end
        two = "select message_id from messages where journey = 'win_back' order by 1 limit 2"
        ledger.execute(f"update messages set state = 'queued' where message_id in ({two})")
    page = page_of("win_back", "--data", tmp_path)
    assert f"<th>{sent.as_of.day} {sent.as_of:%b} (last run)</th><th>{sent.as_of + timedelta(days=1):%a}" in page
    assert days_of(page, "Win back", "Your code") == ["2", *["–"] * 7]
