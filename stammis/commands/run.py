"""`stammis run`: one cycle, from landing files to handed-over messages."""

import time
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from stammis.core.clock import check_not_far_ahead, read_moment, utc_now
from stammis.core.settings import Settings, read_settings

DEAREST = 20


class Builder(StrEnum):
    """What builds the models of a run."""

    compiled = "compiled"
    dbt = "dbt"


def parse_moment(text: str | None) -> datetime:
    """A moment as naive UTC. Without an offset it is UTC; left out, it is now."""
    if text is None:
        return utc_now().replace(microsecond=0)
    try:
        return read_moment(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date and time; write it as 2025-12-10T10:00:00Z") from None


def run(
    landing: Annotated[Path | None, typer.Option(help="The sources' exports. Default: DATA/landing.")] = None,
    data: Annotated[Path | None, typer.Option(help="Where everything built is kept. Default: data/.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Decide for 2025-12-10T10:00Z, say. Default: now.")] = None,
    templates: Annotated[Path | None, typer.Option(help="Journeys and messages. Default: templates/.")] = None,
    through: Annotated[
        Builder, typer.Option(help="Execute what dbt compiled, or let dbt itself build, as a nightly run does.")
    ] = Builder.compiled,
    timings: Annotated[
        bool, typer.Option("--timings", help="Show what each phase cost, and the dearest models.")
    ] = False,
) -> None:
    """Take in what landed, decide who is due, send it once, and say how it went."""
    from stammis.commands.console import bold, open_console
    from stammis.run import cycle as cycles
    from stammis.run import report
    from stammis.warehouse import build_lock, plain_dbt

    console = open_console()
    settings = read_settings(data, landing, templates)
    cycle = cycles.Cycle(settings, parse_moment(as_of))
    check_not_far_ahead(cycle.as_of)
    cycle.dbt = plain_dbt() if through is Builder.dbt else None
    with build_lock(settings):
        aside_before = quarantined_count(settings)
        if not cycle.ends_early():
            run_phases(console, cycle, cycles.PHASES)
    show_funnel(console, cycle)
    if timings:
        show_timings(console, cycle)
    ending = report.ending(cycle)
    console.print(bold(ending.name, f": {ending.message}"))
    if aside := new_in_quarantine(settings, aside_before):
        console.print(f"{aside} quarantined: stammis quarantine {settings.data_option}")
    if cycle.delivered and cycle.delivered.accepted:
        console.print(f"Read them: {settings.messages / 'messages.html'}")
    if ending.name == "Held":
        console.print(f"Ask why: stammis why CUSTOMER {settings.data_option}")
        raise typer.Exit(0 if cycle.has_outbox else 1)


def run_phases(console: Any, cycle: Any, phases: Any) -> None:
    """Call each phase in turn and print what it says; a bar shows how far the long ones are."""
    from rich.progress import Progress
    from rich.text import Text

    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for name, phase in phases:
            bar = progress.add_task(name, total=None)
            cycle.on_progress = partial(_move, progress, bar)
            began = time.process_time()
            said = phase(cycle)
            cycle.cpu_seconds[name] = time.process_time() - began
            progress.remove_task(bar)
            console.print(Text.assemble((f"{name:<28}", "dim"), said))


def show_funnel(console: Any, cycle: Any) -> None:
    """How many people each journey looked at, and what was said to them."""
    from rich.table import Table

    from stammis.run.report import funnel

    table = Table("journey", "step", "verdict", "people", title=f"run {cycle.run_id}", title_justify="left")
    for row in funnel(cycle):
        table.add_row(*(str(value) for value in row.values()))
    if table.row_count:
        console.print(table, soft_wrap=False)


def show_timings(console: Any, cycle: Any) -> None:
    """Processor seconds of each phase, and of the models, seeds and checks that took most of them."""
    from rich.table import Table

    phases = Table("phase", "CPU s", title="What each phase cost", title_justify="left")
    for name, seconds in cycle.cpu_seconds.items():
        phases.add_row(name, f"{seconds:.2f}")
    before = time.process_time() - sum(cycle.cpu_seconds.values())
    phases.add_row("begin and look", f"{before:.2f}")
    console.print(phases, soft_wrap=False)
    made = [node for node in (*cycle.nodes, *cycle.decided_nodes) if node.cpu_seconds]
    dearest = sorted(made, key=lambda node: node.cpu_seconds, reverse=True)[:DEAREST]
    total = sum(node.cpu_seconds for node in made)
    title = f"The dearest of {len(made)} made: {total:.1f} CPU s"
    nodes = Table("model, seed or check", "CPU s", title=title, title_justify="left")
    for node in dearest:
        nodes.add_row(node.name, f"{node.cpu_seconds:.3f}")
    if dearest:
        console.print(nodes, soft_wrap=False)


def quarantined_count(settings: Settings) -> int:
    """How many landed rows have been quarantined so far."""
    from stammis.intake import landing_report

    return sum(count.rows_quarantined for count in landing_report(settings))


def new_in_quarantine(settings: Settings, rows_before: int) -> str:
    """What this run could not read, in words; a run is green all the same, so it is said at its end. "" for nothing."""
    from stammis.intake import not_read

    counts = {"row": quarantined_count(settings) - rows_before, "file": len(not_read(settings))}
    parts = [f"{count:,} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items() if count > 0]
    return " and ".join(parts)


def _move(progress: Any, bar: Any, _: str, done: int, total: int) -> None:
    progress.update(bar, completed=done, total=total)


def register(app: typer.Typer) -> None:
    app.command()(run)
