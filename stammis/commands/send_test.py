"""`stammis send-test`: one message, really sent, to somebody on the allow-list; nothing counts it."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from stammis.core.errors import StammisError
from stammis.core.settings import Settings, read_settings

if TYPE_CHECKING:
    from stammis.core.types import Message

SECONDS = 30.0


def send_test(
    journey: Annotated[str, typer.Argument(help="The journey, as its folder is called.")],
    step: Annotated[str, typer.Argument(help="The step, as in journey.yaml.")],
    to: Annotated[str, typer.Option(help="An address or number of STAMMIS_TEST_RECIPIENTS.")],
    locale: Annotated[str, typer.Option(help="The language to write in.")] = "sv",
    as_: Annotated[str | None, typer.Option("--as", help="A made-up person of _shared/samples.yaml.")] = None,
    variant: Annotated[str | None, typer.Option(help="The wording of a branch.")] = None,
    data: Annotated[Path | None, typer.Option(help="Where files go. Default: data/.")] = None,
    templates: Annotated[Path | None, typer.Option(help="Journeys and messages. Default: templates/.")] = None,
) -> None:
    """Send one message to yourself or your boss, made out to a made-up person. It burns no code and counts nowhere."""
    from stammis.channels import channels_for
    from stammis.rendering import Renderer

    settings = read_settings(data, templates=templates)
    if to not in settings.test_recipients:
        raise StammisError(
            f"{to} is not on the list of those who get test messages: "
            f"{', '.join(settings.test_recipients) or 'it is empty'}. Set STAMMIS_TEST_RECIPIENTS, addresses and "
            "numbers apart by commas."
        )
    message = _write(settings, journey, step, to, locale, as_, variant)
    apart = replace(settings, data=settings.data / "test_messages")  # files of tests lie apart
    channel = channels_for(apart, Renderer(settings.templates).brand)[message.channel]
    if channel.closed:
        raise StammisError(channel.closed)
    outcome = channel.send([message], SECONDS)[0]
    if outcome.state != "accepted":
        raise StammisError(f"the message was not accepted: {outcome.state}, {outcome.reason}.")
    place = f", see {apart.messages}" if settings.providers.send_by == "files" else ""
    typer.echo(f"Sent by {message.channel} to {to}: {message.subject or message.text}{place}")


def _write(
    settings: Settings, journey: str, step: str, to: str, locale: str, sample: str | None, variant: str | None
) -> "Message":
    from stammis.rendering import Renderer
    from stammis.rendering.previews import Choice, choose_journeys, choose_sample
    from stammis.rendering.samples import SAMPLE_CODE, sample_due

    choice = Choice(journey, step, "sms" if to.startswith("+") else "email", locale)
    (chosen,) = choose_journeys(settings.templates, choice)
    (its_step,) = (each for each in chosen.steps if each.name == step)
    person = choose_sample(settings.templates, sample)
    due = sample_due(chosen, its_step, str(choice.channel), locale, dict(person.context), variant)
    message = Renderer(settings.templates).render(replace(due, address=to), uuid4().hex, SAMPLE_CODE)
    return replace(message, subject=f"[Test] {message.subject}") if message.subject else message


def register(app: typer.Typer) -> None:
    app.command("send-test")(send_test)
