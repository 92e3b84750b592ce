"""`stammis quarantine`: the landed rows that are quarantined, and why."""

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from stammis.intake.intake import QuarantinedRow


def register(app: typer.Typer) -> None:
    app.command("quarantine")(show_quarantine)


def show_quarantine(
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
    source: Annotated[str | None, typer.Option(help="Only this source, such as pos.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="Rows to show for each file and reason.")] = 3,
) -> None:
    """Show the landed rows that are quarantined, and why. They are personal data: look, but do not log."""
    from stammis.commands.console import open_console
    from stammis.core.settings import read_existing
    from stammis.intake import landing_report, not_read, quarantined

    settings, console = read_existing(data), open_console()
    counts = [count for count in landing_report(settings) if source in (None, count.source)]
    notes = [note for note in not_read(settings) if source is None or note.file.split("/")[0] == source]
    aside = quarantined(settings, source)
    rows_in = sum(count.rows_in for count in counts)
    where = f" from {source}" if source else ""
    if not counts:
        known = ", ".join(sorted({count.source for count in landing_report(settings)}))
        hint = f"Sources that have landed: {known}." if known else "`stammis run` reads the landing folder."
        console.print(f"Nothing{where} has been taken in yet. {hint}")
    elif not aside:
        console.print(f"No row is quarantined: all {rows_in:,} rows{where} could be read.")
    else:
        console.print(_table(aside, rows), soft_wrap=False)
        counted = f"{len(aside):,} of {rows_in:,} rows{where} {'is' if len(aside) == 1 else 'are'} quarantined"
        console.print(f"{counted}; the others are in.")
        console.print("Mend them at the source and land them again under a new file name.")
    if notes:
        console.print("\nFiles that were not read:")
        for note in notes:
            why = note.text.removeprefix("not read: ")
            console.print(f"  {note.file}: {why}")


def _table(aside: "list[QuarantinedRow]", shown: int) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("line", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold", ratio=5)
    table.add_column("row", overflow="ellipsis", no_wrap=True, ratio=4)
    for file, in_file in groupby(aside, key=lambda row: row.file):
        table.add_section()
        table.add_row("", Text(file, style="bold"), "")
        reasons: dict[str, list[QuarantinedRow]] = {}
        for row in in_file:
            reasons.setdefault(row.reason, []).append(row)
        for reason, same in reasons.items():
            for row in same[:shown]:
                # Text, not markup: what people type is shown, never obeyed.
                table.add_row(f"{row.line:,}", Text(reason), Text(" ".join(row.row.split()), style="dim"))
            if len(same) > shown:
                more = f"and {len(same) - shown:,} more for the same reason"
                table.add_row("…", Text(more, style="dim"), "")
    return table
