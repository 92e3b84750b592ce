"""`stammis sandbox`: stand-ins for SendGrid and Twilio over real HTTP on this machine."""

import os
import signal
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table


def register(app: typer.Typer) -> None:
    app.command("sandbox")(sandbox)


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 is a free one.")] = 0,
    landing: Annotated[
        Path | None, typer.Option(help="Folder into which it reports what happened. Default: it reports nothing.")
    ] = None,
    latency_ms: Annotated[float, typer.Option(min=0, help="How long each answer takes.")] = 40,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="provider.fault=share: sendgrid.reset_after=0.2, twilio.429_once=1. May be repeated."),
    ] = None,
    rate: Annotated[
        list[str] | None, typer.Option(help="What happens how often, such as bounce=0.1 or stop=0.2. May be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives every message the same fate.")] = 7,
    clock: Annotated[
        str | None, typer.Option(help="Where its clock starts, such as 2025-12-10T10:00Z. Default: now.")
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(help="The only right key or token; without any, each is right. May be repeated.")
    ] = None,
    elsewhere: Annotated[str, typer.Option(help="Address to which the fault `redirect` leads.")] = "",
) -> None:
    """Stand in for SendGrid and Twilio on this machine: accept messages, fail on demand, tell what became of them.

    Nothing leaves the machine. It runs until Ctrl-C, then shows what it accepted and which faults it made.
    """
    from stammis import sandbox as sandboxes
    from stammis.commands.console import open_console
    from stammis.core.clock import read_moment
    from stammis.core.errors import ConfigurationError
    from stammis.sandbox.simulation import read_rates

    try:
        start = read_moment(clock) if clock else None
    except ValueError:
        raise ConfigurationError(f"--clock is {clock!r}: give a moment such as 2025-12-10T10:00Z.") from None
    console = open_console()
    with sandboxes.running(
        landing,
        port=port,
        latency_ms=latency_ms,
        faults=shares("--fault", fault),
        seed=seed,
        clock=start,
        rates=read_rates(shares("--rate", rate)),
        keys=key or (),
        elsewhere=elsewhere,
    ) as box:
        lines = [f"Sandbox: {box.url}", *(f"export {name}={value}" for name, value in box.environment.items())]
        print("\n".join(lines), flush=True)  # noqa: T201 - a parent reads it line by line
        _wait_to_be_stopped()
        console.print(_table(box.summary()), soft_wrap=False)


def shares(option: str, given: list[str] | None) -> dict[str, float]:
    """{"bounce": 0.1} from ["bounce=0.1"]. Raises ConfigurationError, naming the option."""
    from stammis.core.errors import ConfigurationError

    found = {}
    for text in given or []:
        name, _, share = text.partition("=")
        try:
            found[name.strip()] = float(share)
        except ValueError:
            raise ConfigurationError(f"{option} {text}: write a name, = and a share from 0 to 1.") from None
    return found


def _wait_to_be_stopped() -> None:
    """Until Ctrl-C, SIGTERM, or the end of stdin where that is a pipe: then somebody's program started this."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())

    def read_to_the_end() -> None:
        while os.read(0, 1024):
            pass
        stopped.set()

    if sys.stdin and stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=read_to_the_end, daemon=True).start()
    stopped.wait()


def _table(summary: dict[str, Any]) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("provider", "requests", "accepted", "refused", "faults"):
        table.add_column(title, justify="left" if title in ("provider", "faults") else "right")
    for provider in ("sendgrid", "twilio"):
        faults = [
            f"{count} {name.partition('.')[2]}"
            for name, count in sorted(summary["faults"].items())
            if name.startswith(f"{provider}.")
        ]
        counts = [f"{summary[title].get(provider, 0):,}" for title in ("requests", "accepted", "refused")]
        table.add_row(provider, *counts, ", ".join(faults) or "none")
    return table
