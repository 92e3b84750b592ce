"""The command line: one file per noun. Imports what a command needs only when it runs."""

import os
import sys
from importlib import import_module
from io import TextIOWrapper
from tempfile import NamedTemporaryFile
from traceback import extract_tb
from typing import NoReturn

import typer

from stammis.core.errors import InputError, StammisError, unforeseen
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
    "replies",
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
    """Entry point: whatever goes wrong is said in one line and ends with exit code 1, without a traceback.

    Where an error that nobody foresaw came from is written to a file; STAMMIS_TRACEBACK=1 shows all of it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an argument may hold bytes that are no text
    try:
        if any("\udc80" <= sign <= "\udcff" for word in sys.argv for sign in word):
            raise InputError("An argument holds bytes that are no UTF-8: type it anew.")
        typer_app()
    except StammisError as error:
        _end(str(error))
    except OSError as error:
        if error.filename is None:
            _end_unforeseen(error)
        _end(f"{error.filename} cannot be used ({error.strerror}): mend it, or name another.")
    except Exception as error:
        _end_unforeseen(error)


def _end_unforeseen(error: Exception) -> NoReturn:
    """Name the kind, the place and the file with the way there, but never its text, which may quote a row."""
    if os.environ.get("STAMMIS_TRACEBACK"):
        raise error
    try:
        with NamedTemporaryFile("w", prefix="stammis-error-", suffix=".log", delete=False) as log:
            log.write(f"{unforeseen(error)}\n")
            log.writelines(f"{spot.filename}:{spot.lineno} {spot.name}\n" for spot in extract_tb(error.__traceback__))
        written = f"{log.name} says where it came from"
    except OSError:
        written = "STAMMIS_TRACEBACK=1 shows more"
    _end(f"{unforeseen(error)}. {written}; please report it.")


def _end(message: str) -> NoReturn:
    print(f"stammis: {message}", file=sys.stderr)  # noqa: T201
    raise SystemExit(1) from None
