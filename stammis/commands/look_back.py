"""`stammis look-back`: every table as it stood at a past moment, from what could be known then."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from stammis.commands.run import parse_moment
from stammis.core.settings import read_existing


def look_back(
    moment: Annotated[str, typer.Argument(help="The moment to look back to, such as 2025-11-01T10:00Z.")],
    out: Annotated[Path, typer.Option(help="A new folder for the tables, as Parquet.")],
    data: Annotated[Path | None, typer.Option(help="The runs' data folder, left as it is. Default: data/.")] = None,
) -> None:
    """Write people, marts and audiences as of a past moment; files that came later, and what they say, do not count."""
    from stammis import warehouse
    from stammis.commands.console import open_console
    from stammis.core.errors import InputError
    from stammis.core.files import check_writable, whole_folder
    from stammis.run import cycle as cycles
    from stammis.warehouse import scratch_copy

    settings = read_existing(data)
    check_writable(out, settings.data)
    if out.exists():
        raise InputError(f"{out} is there already: name a new folder.")
    if not settings.intake.exists():
        raise InputError(f"{settings.intake} does not exist: nothing was taken in, so there is no past to look at.")
    console = open_console()
    with scratch_copy(settings, goes_back=True) as scratch:
        cycle = cycles.Cycle(scratch, parse_moment(moment))
        with console.status(f"Building everything as of {cycle.as_of:%Y-%m-%d %H:%M} UTC"):
            cycles.export_ledger(cycle)
            cycles.build_marts(cycle)
            warehouse.hold_journeys(scratch, [], cycle.nodes, cycle.names)
            finished = warehouse.publish(scratch, cycle.run_id, cycle.names, cycle.nodes, has_outbox=False)
        with whole_folder(out) as folder:
            shutil.copytree(finished, folder, dirs_exist_ok=True)
    failed = sorted(node.name for node in cycle.nodes if node.status == "error")
    console.print(f"{len(list(out.glob('*.parquet')))} tables as of {cycle.as_of:%Y-%m-%d %H:%M} UTC in {out}")
    if failed:
        console.print(f"Not built: {', '.join(failed)}. See what they say with stammis run.")
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    app.command("look-back")(look_back)
