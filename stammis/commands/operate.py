"""stammis stop, resume, release, reconcile, settle: what people may do to a system that runs."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from stammis.core.errors import StammisError
from stammis.core.settings import read_existing

Name = Annotated[str, typer.Argument(help="A journey, email, sms, or all.")]
Journey = Annotated[str, typer.Argument(help="The journey that is held.")]
MessageId = Annotated[str, typer.Argument(help="As `stammis reconcile` lists it.")]
Data = Annotated[Path | None, typer.Option(help="The runs' data folder. Default: data/.")]
By = Annotated[str | None, typer.Option(help="Who decides this; it is kept. Default: your user name.")]
WasSent = Annotated[bool | None, typer.Option("--was-sent/--was-not-sent", help="What the provider's log shows.")]


def stop(name: Name = "all", by: By = None, data: Data = None) -> None:
    """Stop everything, a journey or a channel: nothing more leaves from the next request on."""
    from stammis.delivery import operations

    typer.echo(operations.stop(read_existing(data), name, by or getpass.getuser()))


def resume(name: Name = "all", by: By = None, data: Data = None) -> None:
    """Let what was stopped speak again; what is too old by then is dropped."""
    from stammis.delivery import operations

    typer.echo(operations.resume(read_existing(data), name, by or getpass.getuser()))


def release(journey: Journey, by: By = None, data: Data = None) -> None:
    """Let a journey speak that a check holds back, for a day, or approve its new version."""
    from stammis.delivery import operations

    typer.echo(operations.release(read_existing(data), journey, by or getpass.getuser()))


def reconcile(data: Data = None) -> None:
    """Ask events and providers what became of sends in doubt, and list what nobody can tell."""
    from stammis.delivery import reconcile as reconciling

    found = reconciling.reconcile(read_existing(data))
    typer.echo(f"{str(found).capitalize()}.")
    for doubt in found.left:
        begun = f"begun {doubt.intended_at:%Y-%m-%d %H:%M:%S} UTC by {doubt.channel}"
        typer.echo(f"  {doubt.message_id}  {doubt.journey}, {doubt.step} to customer {doubt.customer_id}, {begun}")
    if found.left:
        typer.echo("Look in the provider's log, then: stammis settle MESSAGE --was-sent, or --was-not-sent")


def settle(message: MessageId, was_sent: WasSent = None, by: By = None, data: Data = None) -> None:
    """Say of a send in doubt whether it happened; one that did not may be decided again."""
    from stammis.delivery import operations

    if was_sent is None:
        raise StammisError("say --was-sent or --was-not-sent; a wrong --was-not-sent sends it twice.")
    typer.echo(operations.settle_by_hand(read_existing(data), message, was_sent, by or getpass.getuser()))


def register(app: typer.Typer) -> None:
    for command in (stop, resume, release, reconcile, settle):
        app.command()(command)
