"""The command line: one file per noun. Imports what a command needs only when it runs."""

import errno
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
# What only whoever runs the machine can mend; of other errors a trace is wanted.
OF_THE_MACHINE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EEXIST,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}
for noun in NOUNS:
    import_module(f"stammis.commands.{noun}").register(typer_app)


def app() -> None:
    """Entry point: an error meant for people is printed as one message, without a traceback."""
    try:
        typer_app()
    except StammisError as error:
        _end(str(error))
    except OSError as error:
        if error.errno not in OF_THE_MACHINE or not error.filename:
            raise
        _end(f"{error.filename} cannot be used ({error.strerror}): mend it, or name another.")


def _end(message: str) -> None:
    print(f"stammis: {message}", file=sys.stderr)  # noqa: T201
    raise SystemExit(1) from None
