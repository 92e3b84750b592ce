"""`stammis plan`: what a run would send now, decided in a scratch copy; nothing is kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stammis.commands.run import parse_moment
from stammis.core.settings import read_settings

if TYPE_CHECKING:
    from stammis.run.cycle import Cycle

COLUMNS = ("message_id", "journey", "step", "customer_id", "channel")


def plan(
    landing: Annotated[Path | None, typer.Option(help="The sources' exports. Default: DATA/landing.")] = None,
    data: Annotated[Path | None, typer.Option(help="The runs' data folder, left as it is. Default: data/.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Decide for 2025-12-10T10:00Z, say. Default: now.")] = None,
    templates: Annotated[Path | None, typer.Option(help="Journeys and messages. Default: templates/.")] = None,
    out: Annotated[Path | None, typer.Option(help="Also write who is due to this CSV file.")] = None,
    addresses: Annotated[bool, typer.Option("--addresses", help="With the address each message goes to.")] = False,
) -> None:
    """Show who would be sent what by a run of this moment, without sending, queueing or remembering anything."""
    from stammis.commands.console import bold, open_console
    from stammis.commands.ledger import write_csv
    from stammis.commands.run import run_phases, show_funnel
    from stammis.core.files import check_writable
    from stammis.run import cycle as cycles
    from stammis.run import report
    from stammis.warehouse import scratch_copy

    console = open_console()
    settings = read_settings(data, landing, templates)
    if out:
        check_writable(out, settings.data)
    with scratch_copy(settings) as scratch:
        cycle = cycles.Cycle(scratch, parse_moment(as_of))
        console.print(f"In a scratch copy of {settings.data}, gone afterwards:")
        run_phases(console, cycle, (*cycles.PLANNED[:-1], ("publish", _publish)))
        columns = (*COLUMNS, "address") if addresses else COLUMNS
        rows = [tuple(str(row[name]) for name in columns) for row in report.due(cycle)]
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        for row in (columns, *rows) if rows else ():
            typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        show_funnel(console, cycle)
        for line in absent(cycle):
            console.print(line)
        if out:
            write_csv(out, rows, columns)
            console.print(f"Written to {out}")
    if cycle.holds:
        console.print(bold("Would be held", f": {report.held(cycle.holds)}"))
    due = "1 message" if len(rows) == 1 else f"{len(rows)} messages"
    console.print(bold("Planned", f": {due} due, nothing sent, nothing kept."))
    if not cycle.has_outbox:
        raise typer.Exit(1)


def _publish(cycle: "Cycle") -> str:
    """A plan's last phase; the name of a run that is gone in a moment would only be looked for."""
    from stammis.run import cycle as cycles

    cycles.publish(cycle)
    return "in the scratch copy"


def absent(cycle: "Cycle") -> Iterator[str]:
    """A line for each journey the funnel says nothing of, so that a new one is not missed without a word."""
    from stammis.run import report
    from stammis.warehouse import published

    shown = {row["journey"] for row in report.funnel(cycle)} | {hold.journey for hold in cycle.holds}
    for journey in cycle.journeys if cycle.has_outbox else ():
        if journey.name in shown:
            continue
        if not journey.enabled:
            why = "enabled: false"
        elif journey.starts_on > cycle.as_of.date():
            why = f"starts {journey.starts_on}"
        elif count := published.count_audiences(cycle.settings, cycle.run_id, [journey.name])[journey.name]:
            why = f"{count} in its audience, all of them backlog or through already"
        else:
            why = "its audience is empty"
        yield f"{journey.name}: nobody ({why})"


def register(app: typer.Typer) -> None:
    app.command()(plan)
