"""`stammis quarantine` shows quarantined rows, and says so when there are none."""

import typer
from typer.testing import CliRunner

from stammis.commands import quarantine
from stammis.core.settings import Settings
from stammis.intake import ingest
from tests.support.landing import RECEIPTS, event, land, receipt, receipts
from tests.support.moments import AS_OF


def shown(settings: Settings, *options: str) -> str:
    app = typer.Typer()
    quarantine.register(app)
    result = CliRunner().invoke(app, ["--data", str(settings.data), *options], env={"COLUMNS": "140"})
    assert result.exit_code == 0, result.output
    return result.output


def test_nothing_ingested_and_nothing_quarantined_are_said_in_a_sentence(settings: Settings) -> None:
    settings.data.mkdir(exist_ok=True)
    assert shown(settings) == "Nothing has been taken in yet. `stammis run` reads the landing folder.\n"
    land(settings, "pos/receipts.csv", receipts(1, 2))
    ingest(settings, AS_OF)
    assert shown(settings) == "No row is quarantined: all 2 rows could be read.\n"
    assert "Sources that have landed: pos.\n" in shown(settings, "--source", "till")


def test_rows_are_shown_with_file_line_reason_and_beginning(settings: Settings) -> None:
    land(settings, "pos/receipts.csv", RECEIPTS + receipt(1) + receipt(2, "[red]VASE", price="free"))
    land(settings, "sendgrid/events.jsonl", event(1) + "{broken\n")
    ingest(settings, AS_OF)
    output = shown(settings)
    assert all(word in output for word in ("pos/receipts.csv", "R2,S1,1", "{broken", "sendgrid/events.jsonl"))
    assert "column 'unit_price' is not a number like 1234,50" in output
    assert "2 of 4 rows are quarantined; the others are in." in output
    only = shown(settings, "--source", "pos")
    assert "1 of 2 rows from pos is quarantined" in only
    assert "broken" not in only


def test_many_rows_with_one_reason_are_counted_not_listed(settings: Settings) -> None:
    land(settings, "pos/receipts.csv", receipts(*range(1, 41)).replace("sold_at", "sold_on"))
    land(settings, "pos/sales.csv", receipts(1))
    ingest(settings, AS_OF)
    output = shown(settings)
    assert "and 37 more for the same reason" in output
    assert "Files that were not read:\n  pos/sales.csv: no table has files of this name" in output
