"""What operators can do while the system runs: stop, resume, release, settle. Each is a row in the ledger.

The next intent or tick reads that row. Each function returns a sentence that says what happens next.
"""

from stammis.core.errors import StammisError
from stammis.core.settings import Settings
from stammis.core.types import Outcome
from stammis.core.yaml_files import suggest
from stammis.journeys import read_journeys
from stammis.journeys.keys import CHANNELS
from stammis.ledger import Doubt, open_ledger
from stammis.warehouse import published

EVERYTHING = "all"


def stop(settings: Settings, name: str, by: str) -> str:
    """Stop a journey, a channel or `all`, from the next request on. Raises StammisError for a name there is not."""
    scope = _scope_of(settings, name)
    with open_ledger(settings) as ledger:
        ledger.stop(scope, name, by)
        waiting = ledger.counts().get("queued", 0)
    return (
        f"Stopped: {_switch_name(scope, name)}. No request begins from now on; {waiting} queued messages wait or are "
        f"decided again. `stammis resume{'' if name == EVERYTHING else ' ' + name}` lets it speak."
    )


def resume(settings: Settings, name: str, by: str) -> str:
    """Let a stopped journey, channel or `all` speak again. Raises StammisError where it was not stopped."""
    scope = _scope_of(settings, name)
    with open_ledger(settings) as ledger:
        stopped = [(row["scope"], row["name"]) for row in ledger.stopped()]
        if (scope, name) not in stopped:
            others = ", ".join(_switch_name(*each) for each in stopped) or "nothing"
            raise StammisError(f"{_switch_name(scope, name)} is not stopped. Stopped is {others}.")
        ledger.resume(scope, name, by)
    return (
        f"Resumed: {_switch_name(scope, name)}. The next run decides anew: what has become too old meanwhile is "
        "dropped, and nothing bursts out."
    )


def release(settings: Settings, journey: str, by: str) -> str:
    """Let a held journey speak for a day, or approve this version of it. The next run decides anew.

    Raises StammisError if the last run did not hold it, or if the hold cannot be released.
    """
    clock = published.rows(settings, "select as_of, run_id from {clock}")[0]
    held = published.rows(settings, "select * from {held_journeys} where journey = ?", [journey])
    if held and not held[0]["is_releasable"]:
        raise StammisError(
            f"{journey} is held by {held[0]['check_name']}, which can only be mended: {held[0]['reason']}"
        )
    if held:
        with open_ledger(settings) as ledger:
            ledger.release(journey, held[0]["check_name"], clock["as_of"], by)
        until = "for decisions up to a day after this run's"
        return f"Released: {journey} from {held[0]['check_name']}, {until}. The next run decides anew."
    if version := _waiting_version(settings, journey):
        with open_ledger(settings) as ledger:
            ledger.approve(journey, version, by, clock["as_of"])
        return f"Approved: this version of {journey}. The next run decides anew."
    raise StammisError(f"{journey} is not held in {clock['run_id']}, the last run. {_held_now(settings)}")


def settle_by_hand(settings: Settings, message_id: str, was_sent: bool, by: str) -> str:
    """Say what became of a send in doubt. Raises StammisError for a message that is not in doubt."""
    with open_ledger(settings) as ledger:
        outcome = Outcome(message_id, "accepted" if was_sent else "not_sent", f"settled by {by}")
        if not ledger.settle_doubts([outcome]):
            known = ledger.states_of([message_id]).get(message_id)
            raise StammisError(
                f"{message_id} is not in doubt: it is {known[0]}." if known else f"the ledger knows no {message_id}."
            )
    if was_sent:
        return f"{message_id} counts as sent."
    return f"{message_id} counts as not sent: the next run may send it, if it is not too old by then."


def open_doubts(settings: Settings) -> list[Doubt]:
    """Sends that were begun and whose end nobody recorded, oldest first."""
    if not settings.ledger.exists():
        return []
    with open_ledger(settings) as ledger:
        return ledger.doubts()


def _scope_of(settings: Settings, name: str) -> str:
    if name == EVERYTHING:
        return "all"
    if name in CHANNELS:
        return "channel"
    journeys, problems = read_journeys(settings.templates)
    names = sorted({each.name for each in journeys} | {each.journey for each in problems if each.journey})
    if name in names:
        return "journey"
    near = suggest(name, [*names, *CHANNELS])
    raise StammisError(f"there is no journey or channel {name}{near}; it can be all, email, sms or a journey")


def _switch_name(scope: str, name: str) -> str:
    return "everything" if scope == "all" else f"{scope} {name}"


def _waiting_version(settings: Settings, journey: str) -> str | None:
    """The version of a journey whose people wait for approval in the last run."""
    if not published.has_table(settings, "outbox_candidates"):
        return None
    found = published.rows(
        settings,
        "select max(version) as version from {journeys} where journey = ? and journey in "
        "(select journey from {outbox_candidates} where hold_reason = 'needs_approval')",
        [journey],
    )
    return str(found[0]["version"]) if found and found[0]["version"] else None


def _held_now(settings: Settings) -> str:
    held = published.rows(settings, "select journey, check_name from {held_journeys} order by 1")
    return "Held: " + (", ".join(f"{row['journey']} by {row['check_name']}" for row in held) or "nothing") + "."
