"""What operators do in the Prefect UI: small deployments with a form each. The next tick reads what they decided.

Forms and artifacts hold customer ids, never names or addresses: Prefect keeps what is typed into a form, so a form
takes what has the shape of an id, and nothing else.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed, State
from pydantic import Field

from stammis.core.errors import StammisError
from stammis.core.settings import Settings, read_existing
from stammis.customers import explanation
from stammis.delivery import operations

CustomerId = Annotated[str, Field(pattern=r"^\s*[0-9a-f]{20}\s*$")]
MessageId = Annotated[str, Field(pattern=r"^\s*[0-9a-f]{32}\s*$")]


@flow(flow_run_name="stop {what}")
def stop_sending(what: str, by: str, data: str = "") -> State:
    """Stop everything, one journey or one channel, from the next request on.

    Args:
        what: `all`, `email`, `sms`, or the name of a journey.
        by: Who decides this; it is kept.
        data: The data folder; empty is the worker's.
    """
    return run_and_report("Stopped", lambda: operations.stop(settings_of(data), what.strip(), by))


@flow(flow_run_name="resume {what}")
def resume(what: str, by: str, data: str = "") -> State:
    """Let what was stopped speak again. What has become too old meanwhile is dropped.

    Args:
        what: What was stopped: `all`, `email`, `sms`, or the name of a journey.
        by: Who decides this; it is kept.
        data: The data folder; empty is the worker's.
    """
    return run_and_report("Resumed", lambda: operations.resume(settings_of(data), what.strip(), by))


@flow(flow_run_name="release {journey}")
def release_hold(journey: str, by: str, data: str = "") -> State:
    """Let a held journey speak for a day, or approve its new version. The next tick decides anew.

    Args:
        journey: The journey that the last run held, as its state names it.
        by: Who has looked at it; it is kept.
        data: The data folder; empty is the worker's.
    """
    return run_and_report("Released", lambda: operations.release(settings_of(data), journey.strip(), by))


@flow(flow_run_name="why not {customer_id}")
def why_not(customer_id: CustomerId, journey: str = "", data: str = "") -> State:
    """Say for each journey whether this customer got it, rule by rule. The answer is this run's artifact.

    Args:
        customer_id: As `stammis customer ADDRESS` tells it. An address is refused: what is typed here is kept.
        journey: Only this journey; empty is all of them.
        data: The data folder; empty is the worker's.
    """
    return run_and_report("Answered", lambda: answer(settings_of(data), customer_id.strip(), journey.strip() or None))


@flow(flow_run_name="settle {message_id}")
def settle_doubt(message_id: MessageId, outcome: Literal["sent", "not sent"], by: str, data: str = "") -> State:
    """Say of a send in doubt whether it happened; look it up in the provider's log first.

    Args:
        message_id: As the artifact `doubts` of collect-events lists it, or `stammis reconcile`.
        outcome: What the provider's log says. Not sent: it is decided again; if that is wrong, it arrives twice.
        by: Who has looked; it is kept.
        data: The data folder; empty is the worker's.
    """
    return run_and_report(
        "Settled", lambda: operations.settle_by_hand(settings_of(data), message_id.strip(), outcome == "sent", by)
    )


def answer(settings: Settings, customer_id: str, journey: str | None) -> str:
    """Write the artifact `why-not`, and say so."""
    text = page_about(settings, customer_id, journey)
    create_markdown_artifact(text, key="why-not", description=f"Why {customer_id} got a message or not")
    return f"The artifact why-not of this run says it of {customer_id}."


def page_about(settings: Settings, customer_id: str, journey: str | None) -> str:
    """What `stammis why` says, as Markdown. Raises StammisError for nobody, or a journey there is not."""
    try:
        person = explanation.find_customer(settings, customer_id)
    except StammisError:
        raise StammisError("nobody has this customer id; somebody new has one after the next run.") from None
    lines = explanation.explain(settings, person, journey)
    return "\n".join([explanation.summary(settings, person), *(as_markdown(line.plain) for line in lines)])


def as_markdown(line: str) -> str:
    """A line for a terminal as one of a page, which folds what is long: names are headings, indents are lists."""
    words = line.strip()
    if not words or line == words:
        return f"\n### {words}\n" if words else ""
    item = f"**no** {words[2:].strip()}" if words.startswith("no  ") else words
    return f"{' ' * (len(line) - len(line.lstrip()) - 2)}- {item}"


def settings_of(data: str) -> Settings:
    """A form's empty field is the worker's folder."""
    return read_existing(Path(data.strip()) if data.strip() else None)


def run_and_report(name: str, act: Callable[[], str]) -> State:
    """The named state a form's run ends in; what was impossible is Refused, with the remedy."""
    try:
        return Completed(name=name, message=act())
    except StammisError as error:
        return Failed(name="Refused", message=str(error))
