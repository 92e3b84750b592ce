"""`stammis erase` and `stammis export` as people type them, and the form in Prefect."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError
from typer.testing import Result

from flows import erase as erase_flow
from stammis.core.errors import StammisError
from stammis.core.settings import Settings
from stammis.ledger.erasure import open_for_erasure
from stammis.privacy.person import find_person
from tests.support import canary
from tests.support.command_line import invoke
from tests.support.cycles import copy_of


def stammis(settings: Settings, *words: object, typed: str | None = None) -> Result:
    return invoke(*words, "--data", settings.data, "--landing", settings.landing, input=typed)


def test_it_asks_then_forgets_and_can_be_looked_up(planted: Settings, tmp_path: Path) -> None:
    settings = copy_of(planted, tmp_path)
    before = stammis(settings, "erase", canary.EMAIL, "--check")
    assert before.exit_code == 1 and "landing/newsletter/subscribed_members_export.csv" in before.output
    assert stammis(settings, "erase", canary.EMAIL, typed="n\n").exit_code == 1
    exported = stammis(settings, "export", canary.EMAIL, "--out", tmp_path / "held")
    assert exported.exit_code == 0 and (tmp_path / "held" / "person.json").exists(), exported.output
    again = stammis(settings, "export", canary.EMAIL, "--out", tmp_path / "held")
    assert isinstance(again.exception, StammisError) and "not empty" in str(again.exception)
    inside = stammis(settings, "export", canary.EMAIL, "--out", settings.data / "held")
    assert isinstance(inside.exception, StammisError) and "in the data folder" in str(inside.exception)
    done = stammis(settings, "erase", canary.EMAIL, typed="y\n")
    assert done.exit_code == 0 and "is forgotten" in done.output, done.output
    said = done.output.partition("cannot be undone")[2]
    assert not canary.WORDS.search(said.encode())
    checked = stammis(settings, "erase", canary.EMAIL, "--check")
    assert checked.exit_code == 0 and "stands in 0 of" in checked.output, checked.output
    gone = stammis(settings, "export", canary.EMAIL)
    assert isinstance(gone.exception, StammisError) and "its person is erased" in str(gone.exception)
    lifted = stammis(settings, "erase", canary.EMAIL, "--lift")
    assert lifted.exit_code == 0 and "read again" in lifted.output
    never = stammis(settings, "erase", canary.EMAIL, "--lift")
    assert isinstance(never.exception, StammisError) and "no tombstone" in str(never.exception)


def test_what_stays_by_design_is_listed_apart(planted: Settings, tmp_path: Path) -> None:
    settings = copy_of(planted, tmp_path)
    customer_id = find_person(settings, canary.EMAIL).customer_id
    known = stammis(settings, "erase", customer_id, "--check")
    assert known.exit_code == 1 and "by design" not in known.output, "of somebody we hold, nothing may stay"
    assert stammis(settings, "erase", customer_id, "--yes").exit_code == 0
    (settings.data / "truth").mkdir()
    (settings.data / "truth" / "identity.csv").write_text(f"P1,email,{canary.EMAIL}\n")
    by_id, by_address = (stammis(settings, "erase", key, "--check") for key in (customer_id, canary.EMAIL))
    for checked in (by_id, by_address):
        assert checked.exit_code == 0 and "stands in 0 of" in checked.output, checked.output
    staying = by_id.output.partition("Stays by design, an id that leads to nobody")[2]
    assert "ledger.sqlite" in staying and "segments/" in staying and "look for each address" in staying.lower()
    assert "truth/identity.csv" in by_address.output.partition("Stays by design, a demo's own files")[2]


@pytest.mark.parametrize(
    ("key", "is_left"),
    [
        (canary.EMAIL, {"ledger_export/left.csv", "published/r/customers.csv", "segments/left.csv", "left.txt"}),
        (canary.PHONE, {"ledger_export/left.csv", "published/r/customers.csv", "segments/left.csv", "left.txt"}),
        (canary.CARD, {"ledger_export/left.csv", "published/r/customers.csv", "segments/left.csv", "left.txt"}),
        ("0123456789abcdef0123", {"published/r/customers.csv", "left.txt"}),
    ],
)
def test_a_key_that_is_left_is_found(settings: Settings, key: str, is_left: set[str]) -> None:
    with open_for_erasure(settings) as ledger:
        ledger.request(["0123456789abcdef0123"], [])
        ledger.done(["0123456789abcdef0123"])
    for file in ("ledger_export/left.csv", "published/r/customers.csv", "segments/left.csv", "left.txt"):
        (settings.data / file).parent.mkdir(parents=True, exist_ok=True)
        (settings.data / file).write_text(f"left,{key},here\n")
    settings.landing.mkdir(exist_ok=True)
    checked = stammis(settings, "erase", key, "--check")
    counted = checked.output.partition("It stands in")[0]
    assert checked.exit_code == 1
    assert {line.split()[0] for line in counted.splitlines()} == is_left


def test_a_stranger_is_said_to_be_one(planted: Settings) -> None:
    for command in ("export", "erase"):
        said = stammis(planted, command, "stranger@example.org")
        assert isinstance(said.exception, StammisError) and "nobody is known by" in str(said.exception)


def test_the_form_takes_an_id_and_no_address(planted: Settings) -> None:
    field = TypeAdapter(erase_flow.CustomerId)
    assert field.validate_python("481e746ae61748e64737") == "481e746ae61748e64737"
    with pytest.raises(ValidationError):
        field.validate_python(canary.EMAIL)
    state = erase_flow.erase.fn("0" * 20, data=str(planted.data))
    assert (state.name, "nobody is known by" in str(state.message)) == ("Refused", True)
