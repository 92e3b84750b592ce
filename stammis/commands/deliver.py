"""stammis deliver: send what is queued, each message once."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("deliver")(deliver)


Data = Annotated[Path | None, typer.Option(help="Where everything built is kept. Default: data/.")]
Lease = Annotated[
    float,
    typer.Option(min=0.1, help="Seconds a batch is ours; a killed delivery's rows are looked after later."),
]


def deliver(data: Data = None, lease: Lease = 60) -> None:
    """Send what is queued, and look after what an earlier delivery left in doubt. Safe to repeat."""
    from rich.progress import Progress

    from stammis.commands.console import open_console
    from stammis.core.errors import LedgerError
    from stammis.core.settings import read_existing
    from stammis.delivery import deliver_queued

    settings = read_existing(data)
    if not settings.ledger.exists():
        raise LedgerError(f"There is no ledger at {settings.ledger}: begin one with `stammis run`, or see --data.")
    console = open_console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("deliver", total=None)
        report = deliver_queued(
            settings, lease, lambda _, done, total: progress.update(bar, completed=done, total=total)
        )
    console.print(f"Delivered: {report}.")
    for (state, reason), count in sorted(report.reasons.items()):
        console.print(f"  {count} {state}: {reason}")
    if report.accepted:
        console.print(f"Read them: {settings.messages / 'messages.html'}")
    if report.in_doubt:
        console.print(f"Where nobody can tell what became of a send, it stays in doubt: {report.in_doubt}.")
