"""A preview shows what the send would write, for made-up people or masked real ones, and loads nothing heavy."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stammis.commands import typer_app
from stammis.cycle import Cycle
from stammis.published import rows

PROJECT = Path(__file__).parents[1]
HEAVY = ("dbt", "duckdb", "sqlalchemy", "prefect", "great_expectations", "pyarrow")


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECT / "templates", tmp_path / "templates"))


def run(*arguments: object) -> Result:
    return CliRunner().invoke(typer_app, [str(argument) for argument in arguments])


def page_of(*arguments: object) -> str:
    ran = run("preview", "--no-open", *arguments)
    assert ran.exit_code == 0, ran.exception or ran.output
    return Path(ran.output.split("\n")[0]).read_text(encoding="utf-8")


def test_a_page_shows_every_step_branch_channel_and_language() -> None:
    page = page_of("welcome")
    assert (4 * 2, 4 * 2) == (page.count("<iframe sandbox="), page.count('<div class="sms">'))
    assert page.count("email · joined at till") == 2
    assert "Välkommen, Astrid!" in page and "It was nice to meet you" in page
    assert "10&nbsp;procent" in page.replace("&amp;nbsp;", "&nbsp;"), "the offer is worth what offers.csv says"


def test_a_page_shows_less_or_another_person_when_asked() -> None:
    page = page_of("welcome", "--step", "gift", "--locale", "en", "--as", "without_name")
    assert (2, 2) == (page.count("<iframe sandbox="), page.count('<div class="sms">'))
    assert "Welcome! Here’s a gift from us" in page
    assert "Astrid" not in page


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["welcom"], "did you mean `welcome`?"),
        (["welcome", "--step", "gfit"], "did you mean `gift`?"),
        (["welcome", "--as", "nobody"], "there is no sample nobody"),
        (["welcome", "--customer", "c1"], "Name the data folder"),
    ],
)
def test_what_there_is_not_is_said(arguments: list[str], says: str) -> None:
    assert says in str(run("preview", "--no-open", *arguments).exception)


def test_a_message_with_a_mistake_says_so_in_its_place(templates: Path) -> None:
    file = templates / "welcome" / "gift.email.sv.html"
    file.write_text(file.read_text().replace("<h1>", "<h1>{{ customer.nick }}"))
    page = page_of("welcome", "--templates", templates)
    assert page.count("This message cannot be sent") == 1
    assert "customer.nick is not a word templates know" in page


def test_the_page_asks_nothing_of_the_network() -> None:
    page = page_of("tier_nudge")
    assert "default-src 'none'" in page
    outside = re.sub(r'srcdoc="[^"]*"|<div class="sms">.*?</div>', "", page, flags=re.S)
    assert "http" not in outside.replace("http-equiv", "")


def test_one_message_is_written_to_the_screen_or_a_file(tmp_path: Path) -> None:
    sms = run("render", "welcome", "gift", "--channel", "sms", "--variant", "joined_at_till", "--locale", "en")
    assert sms.output.startswith("Hi Astrid! It was nice to meet you in the shop.")
    assert sms.output.endswith("\nNo more texts? Reply STOP.\n")
    ran = run("render", "win_back", "your_code", "--out", tmp_path / "a.html")
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
    assert says in str(run("render", *arguments).exception)


def test_a_preview_starts_quickly_and_loads_nothing_heavy() -> None:
    code = f"""
import contextlib, io, json, sys
sys.argv = ["stammis", "preview", "--no-open"]
from stammis.commands import app
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    app()
print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))
"""
    before = os.times()
    ran = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    after = os.times()
    assert [] == json.loads(ran.stdout)
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
        finally:
            watching.terminate()


def test_a_real_customer_is_masked_and_the_next_days_are_counted(sent: Cycle) -> None:
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
    due = rows(
        sent.settings,
        "select count(*) as count from {outbox_candidates} "
        "where journey = 'win_back' and step = 'your_code' and hold_reason is null",
    )[0]["count"]
    assert f"<th>Win back <i>Your code</i></th><td>{due}</td>" in page
