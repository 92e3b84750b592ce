"""The command line: one file per noun. Imports what a command needs only when it runs."""

import sys
from importlib import import_module

import typer

from stammis.core.errors import StammisError
from stammis.core.settings import disable_telemetry

disable_telemetry()
typer_app = typer.Typer(
    name="stammis",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lifecycle marketing and loyalty: decide who is due, send once, say why.",
)

# One file per noun; each has `register(typer_app)`. Their heavy imports wait inside the commands.
NOUNS = (
    "run",
    "plan",
    "look_back",
    "deliver",
    "operate",
    "why",
    "customer",
    "identity",
    "dbt",
    "quarantine",
    "lint",
    "preview",
    "send_test",
    "new",
    "ledger",
    "export",
    "erase",
    "demo",
    "sandbox",
    "clv",
)
for noun in NOUNS:
    import_module(f"stammis.commands.{noun}").register(typer_app)


def app() -> None:
    """Entry point: an error meant for people is printed as one message, without a traceback."""
    try:
        typer_app()
    except StammisError as error:
        print(f"stammis: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
