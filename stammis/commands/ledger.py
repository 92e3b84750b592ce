"""stammis ledger: what was meant to be sent and what became of it, as a file."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from stammis.core.files import check_writable, whole_file

COLUMNS = (
    "message_id",
    "send_id",
    "journey",
    "step",
    "customer_id",
    "channel",
    "address",
    "state",
    "reason",
    "provider_id",
    "decided_at",
    "intended_at",
    "settled_at",
)
PHONE = re.compile(r"\+[0-9]{5,15}")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    nouns = typer.Typer(no_args_is_help=True, help="The ledger: what was meant to be sent, what became of it.")
    nouns.command("export")(export)
    nouns.command("backup")(backup)
    app.add_typer(nouns, name="ledger")


File = Annotated[Path, typer.Argument(help="The CSV file to write; one that is there is replaced.")]
Data = Annotated[Path | None, typer.Option(help="Where everything built is kept. Default: data/.")]


def export(file: File, data: Data = None) -> None:
    """Write every message the ledger knows to a CSV file, one row each. Times are UTC."""
    from stammis.core.errors import LedgerError
    from stammis.core.settings import read_existing
    from stammis.ledger import LedgerReader
    from stammis.ledger.migrations import check_database

    settings = read_existing(data)
    ledger_file = settings.ledger
    if not ledger_file.exists():
        raise LedgerError(f"There is no ledger at {ledger_file}: begin one with `stammis run`, or see --data.")
    check_writable(file, settings.data)
    check_database(ledger_file)
    with LedgerReader(ledger_file) as ledger:
        count = write_csv(file, ledger.all_messages(COLUMNS))
    typer.echo(f"{count} {'message' if count == 1 else 'messages'} written to {file}")


Copy = Annotated[Path, typer.Argument(help="The copy to write; there must be none of this name yet.")]


def backup(file: Copy, data: Data = None) -> None:
    """Copy the ledger as it is at one moment, also while runs write it. A damaged one is refused."""
    from stammis.core.errors import InputError, LedgerError
    from stammis.core.settings import read_existing
    from stammis.ledger.migrations import check_database, copy_database

    settings = read_existing(data)
    ledger_file = settings.ledger
    if not ledger_file.exists():
        raise LedgerError(f"There is no ledger at {ledger_file}: begin one with `stammis run`, or see --data.")
    check_writable(file, settings.data)
    if file.exists():
        raise InputError(f"{file} is there already: name another file.")
    check_database(ledger_file)
    with whole_file(file) as unfinished:
        copy_database(ledger_file, unfinished)
    typer.echo(f"The ledger is copied to {file}")


def write_csv(file: Path, rows: Iterable[tuple[Any, ...]], columns: Sequence[str] = COLUMNS) -> int:
    """Write rows of these columns, whole or not at all; returns how many."""
    count = 0
    with whole_file(file) as unfinished, unfinished.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for count, row in enumerate(rows, start=1):  # noqa: B007
            writer.writerow(_cells(columns, row))
    return count


def _cells(columns: Sequence[str], row: tuple[Any, ...]) -> Iterator[str]:
    """Text as it is, except what a spreadsheet would take for a formula: that gets a leading apostrophe."""
    for name, value in zip(columns, row, strict=True):
        text = _written(value)
        is_number = name == "address" and PHONE.fullmatch(text)  # +46701234567 is an address, not a sum
        yield f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not is_number else text


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return "" if value is None else str(value)
