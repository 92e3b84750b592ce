"""What operators do in the Prefect UI: small deployments with a form each. The next tick reads what they decided.

Forms and artifacts hold customer ids, never names or addresses: Prefect keeps what is typed into a form.
"""

from collections.abc import Callable
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed, State

from stammis import explanation, operations
from stammis.messages import StammisError
from stammis.settings import read_settings


@flow(flow_run_name="stop {what}")
def stop_sending(by: str, what: str = "all", data: Path | None = None) -> State:
    """Stop everything, one journey or one channel, from the next request on.

    Args:
        by: Who decides this; it is kept.
        what: all, email, sms, or the name of a journey.
        data: The data folder; empty is the worker's.
    """
    return tell("Stopped", lambda: operations.stop(read_settings(data), what, by))


@flow(flow_run_name="resume {what}")
def resume(by: str, what: str = "all", data: Path | None = None) -> State:
    """Let what was stopped speak again. What has become too old meanwhile is dropped.

    Args:
        by: Who decides this; it is kept.
        what: all, email, sms, or the name of a journey.
        data: The data folder; empty is the worker's.
    """
    return tell("Resumed", lambda: operations.resume(read_settings(data), what, by))


@flow(flow_run_name="release {journey}")
def release_hold(journey: str, by: str, data: Path | None = None) -> State:
    """Let a held journey speak for a day, or approve its new version. The next tick decides anew.

    Args:
        journey: The journey that the last run held.
        by: Who has looked at it; it is kept.
        data: The data folder; empty is the worker's.
    """
    return tell("Released", lambda: operations.release(read_settings(data), journey, by))


@flow(flow_run_name="why not {customer_id}")
def why_not(customer_id: str, journey: str | None = None, data: Path | None = None) -> State:
    """Say for each journey whether this customer got it, rule by rule. The answer is this run's artifact.

    Args:
        customer_id: The customer's id; `stammis customer ADDRESS` tells it. Not an address: forms are kept.
        journey: Only this journey.
        data: The data folder; empty is the worker's.
    """
    settings = read_settings(data)
    try:
        person = explanation.find_customer(settings, customer_id)
        if person["customer_id"] != customer_id:
            return Failed(name="Refused", message="Ask by customer id: `stammis customer ADDRESS` tells it.")
        answer = explanation.plain(explanation.explain(settings, person, journey))
    except StammisError:
        return Failed(name="Refused", message="Nobody has this customer id, or no journey this name.")
    text = f"{explanation.summary(settings, person)}\n\n```\n{answer}\n```"
    create_markdown_artifact(text, key="why-not", description=f"Why {customer_id} got it or not")
    return Completed(name="Answered", message=f"The artifact why-not says it of {customer_id}.")


@flow(flow_run_name="settle {message_id}")
def settle_doubt(message_id: str, was_sent: bool, by: str, data: Path | None = None) -> State:
    """Say of a send in doubt whether it happened; look it up in the provider's log first.

    Args:
        message_id: As the state of collect-events or `stammis reconcile` names it.
        was_sent: Not sent means: it may be decided again. A wrong no sends it twice.
        by: Who has looked; it is kept.
        data: The data folder; empty is the worker's.
    """
    return tell("Settled", lambda: operations.settle_doubt(read_settings(data), message_id, was_sent, by))


def tell(name: str, act: Callable[[], str]) -> State:
    """The named state a form's run ends in; what was impossible is Refused, with the remedy."""
    try:
        return Completed(name=name, message=act())
    except StammisError as error:
        return Failed(name="Refused", message=str(error))
