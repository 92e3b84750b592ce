"""Why somebody got a message or did not: what the ledger, the verdicts and the audiences say about one customer.

Lines as rich's `Text`, for a terminal; their `.plain` is for a page. No name, no address.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.text import Text

from stammis.core.errors import StammisError
from stammis.core.identifiers import read_numbering, spellings_of_email
from stammis.core.settings import Settings
from stammis.core.yaml_files import suggest
from stammis.ledger import LedgerReader
from stammis.warehouse import published
from stammis.warehouse.published import Row

VERDICTS = {
    "is_journey_held": ("journey_held", "the gate holds this journey"),
    "is_waiting_for_approval": ("needs_approval", "so many people need somebody's approval first"),
    "is_stopped": ("stopped", "somebody stopped this journey, its channel or everything"),
    "is_waiting_for_previous_step": (
        "waits_for_previous_step",
        "the step before had not been sent when this was decided",
    ),
    "is_not_due_yet": ("not_due_yet", "its time has not come"),
    "is_goal_reached": ("goal_reached", "the goal is reached already"),
    "is_exited": ("exited", "no longer in the audience"),
    "is_too_old": ("too_old", "the moment passed too long ago"),
    "is_implausible": ("implausible", "a row of theirs cannot be right: see the table implausible_rows"),
    "is_without_address": ("no_address", "no address for this channel"),
    "is_suppressed": ("suppressed", "the address must be left alone"),
    "is_without_consent": ("no_consent", "no consent for this channel"),
    "is_holdout": ("holdout", "in the group that gets nothing, to measure by"),
    "is_muted": ("promotions_muted", "a return or a case is open"),
    "is_in_quiet_hours": ("quiet_hours", "outside contact hours where they live"),
    "is_over_cap": ("over_cap", "has had as many messages as the cap allows"),
    "is_lost_to_other_journey": ("lost_to_other_journey", "another message spoke first"),
}
KNOWN_BY = """
    select distinct customers.* from {customers} as customers
    left join {identifiers} as identifiers on customers.customer_id = identifiers.customer_id
    left join {customer_aliases} as aliases on customers.customer_id = aliases.customer_id
    where aliases.alias_id in (select unnest(cast(? as varchar[])))
        or lower(identifiers.identifier) in (select lower(unnest(cast(? as varchar[]))))
    order by customers.customer_id
"""


def explain(settings: Settings, person: Row, journey: str | None = None) -> Iterator[Text]:
    """One journey, or all of them in order of priority, for a customer as `find_customer` gives them."""
    known = [row["journey"] for row in published.rows(settings, "select journey from {journeys} order by priority")]
    held = {row["journey"]: row for row in published.rows(settings, "select * from {held_journeys}")}
    names = [*known, *sorted(set(held) - set(known))]
    if journey and journey not in names:
        raise StammisError(f"there is no journey called {journey}{suggest(journey, names)}")
    messages, log = ledger_history(settings, person["customer_id"])
    for each in [journey] if journey else names:
        own_messages, own_log = ([row for row in rows if row["journey"] == each] for rows in (messages, log))
        yield from _explain_journey(settings, person["customer_id"], each, held.get(each), own_messages, own_log)


def summary(settings: Settings, person: Row) -> str:
    """What this customer is to us, and the run that is asked about."""
    run_id = published.current_run(settings)
    clock = published.rows(settings, "select as_of from {clock}")[0]["as_of"]
    return (
        f"Decided for {clock:%Y-%m-%d %H:%M} UTC in {run_id}. {person['lifecycle_state']}, {kept_orders(person)}, "
        f"last {_shown(person['last_ordered_at'])}; {person['country']}, {person['locale']}"
    )


def kept_orders(person: Row) -> str:
    """ "1 order kept", "12 orders kept"."""
    return f"{person['order_count']} order{'' if person['order_count'] == 1 else 's'} kept"


def find_customer(settings: Settings, text: str) -> Row:
    """The one customer that an id, address, number or card belongs to. Raises StammisError for none or several."""
    spelled = [text.strip(), *(spellings_of_email(text) if "@" in text else ())]
    found = published.rows(settings, KNOWN_BY, [spelled] * 2)
    found = found or published.rows(settings, KNOWN_BY, [[], _numbers(settings, text)])
    if not found:
        raise StammisError(
            f"nobody is known by {text!r}. Try an e-mail address, a phone number, a card, a shop id or a customer id; "
            "somebody new is known after the next run."
        )
    if len(found) > 1:
        ids = ", ".join(row["customer_id"] for row in found)
        raise StammisError(f"{text!r} belongs to {len(found)} customers (a shared address): {ids}. Name one of them.")
    return found[0]


def _numbers(settings: Settings, text: str) -> list[str]:
    """The phone numbers (E.164) this may be: as one writes it from abroad, or within one of our countries."""
    return sorted(read_numbering(settings.dbt_project).spellings(text))


def ledger_history(settings: Settings, customer_id: str) -> tuple[list[Row], list[Row]]:
    """What the ledger knows of this person, also under ids they had before a merge: messages, journey log."""
    aliases = published.rows(settings, "select alias_id from {customer_aliases} where customer_id = ?", [customer_id])
    ids = [row["alias_id"] for row in aliases]
    with LedgerReader(settings.ledger) as ledger:
        return ledger.messages_of(*ids), ledger.journey_log_of(*ids)


def _explain_journey(
    settings: Settings, customer_id: str, journey: str, hold: Row | None, messages: Sequence[Row], log: Sequence[Row]
) -> Iterator[Text]:
    yield Text()
    yield Text(journey, "bold")
    if hold:
        yield Text(f"  held for everybody by {hold['check_name']} ({hold['failure_count']}): {hold['reason']}")
    query = "select * from {outbox_candidates} where customer_id = ? and journey = ? order by entry_key, position"
    is_decided = published.has_table(settings, "outbox_candidates")
    candidates = published.rows(settings, query, [customer_id, journey]) if is_decided else []
    yield from _explain_history(messages, log, {_step_of(row) for row in candidates})
    sent = {_step_of(message) for message in messages}
    dropped = {_step_of(line): _dropped(line) for line in log if line["kind"] == "step_dropped"}
    for row in candidates:
        yield from _explain_step(row, _step_of(row) in sent, dropped.get(_step_of(row)))
        if row["is_without_consent"]:
            yield from _explain_consent(settings, row)
    if not candidates and not messages:
        yield from _explain_audience(settings, customer_id, journey)


def _step_of(row: Row) -> tuple[str, str]:
    return row["entry_key"], row["step"]


def _explain_history(messages: Sequence[Row], log: Sequence[Row], explained: set[tuple[str, str]]) -> Iterator[Text]:
    """What the ledger remembers: what was said, what was dropped and not explained below, when they left."""
    for message in messages:
        when = message["settled_at"] or message["intended_at"]
        reason = f" ({message['reason']})" if message["reason"] else ""
        handed_over = f", handed over {_shown(when)}" if when else ""
        fate = f"{message['state']}{reason} by {message['channel']}, decided for {_shown(message['decided_at'])}"
        yield _step_line(message["step"], "green", f"{fate}{handed_over}")
    for line in log:
        if line["kind"] == "step_dropped" and _step_of(line) not in explained:
            yield _step_line(line["step"], "yellow", _dropped(line))
        elif line["kind"] == "exited":
            entered = f"having entered with {line['entry_key']}"
            yield Text(f"  left it {_shown(line['decided_at'])}, {entered}: {line['reason']}")


def _step_line(step: str, style: str, fate: str) -> Text:
    return Text.assemble("  ", (step, style), f": {fate}")


def _rule_line(holds: bool, rule: str) -> Text:
    return Text.assemble("    ", ("ok ", "dim") if holds else ("no ", "red"), f" {rule}")


def _dropped(line: Row) -> str:
    return f"dropped, {line['reason']}, {_shown(line['decided_at'])}"


def _explain_step(row: Row, is_sent: bool, dropped: str | None) -> Iterator[Text]:
    entry = f"entered {_shown(row['entered_at'])} with {row['entry_key']}, arm {row['arm']}"
    if row["hold_reason"] is None:
        if not is_sent:
            yield _step_line(row["step"], "green", f"due, queued by {row['channel']} ({entry})")
        return
    due = f"due {_shown(row['due_at'])}" if row["due_at"] else "no due time yet"
    retry = f", again after {_shown(row['retry_due_at'])}" if row["retry_due_at"] else ""
    fate = dropped or f"not sent, {row['hold_reason']}{retry}"
    yield _step_line(row["step"], "yellow", fate)
    yield Text(f"    {entry}, {due}")
    passed = [word for column, (word, _) in VERDICTS.items() if not row[column]]
    for column, (word, meaning) in VERDICTS.items():
        if row[column]:
            yield _rule_line(False, f"{word}: {meaning}")
    yield Text(f"    does not apply: {', '.join(passed)}", "dim")


def _explain_consent(settings: Settings, row: Row) -> Iterator[Text]:
    """What the step needs, what its address gives, and every word that was said of it, newest first."""
    state = (row["consent_state"] or "none").replace("none", "nothing said")
    refused = ", profiling refused" if row["profiling"] == "refused" else ""
    yield Text(f"    needs {row['basis']} by {row['channel']}; there is: {state}{refused}", "dim")
    if state == "unread":
        yield Text("    a word of this address may be a no, and waits for a person: stammis replies", "dim")
    stated = "select source, overruled_source from {consents} where customer_id = ? and address = ? and channel = ?"
    for each in published.rows(settings, stated, [row["customer_id"], row["address"], row["channel"]]):
        if each["overruled_source"]:
            yes = f"the yes by {each['overruled_source']}, which is no newer express one"
            yield Text(f"    refused_elsewhere: the no by {each['source']} wins over {yes}", "dim")
    query = """
        select happened_at, event, source, proof from {consent_events}
        where customer_id = ? and channel = ? or customer_id = ? and event like 'profiling%'
        order by happened_at desc nulls last, event, source
    """
    for word in published.rows(settings, query, [row["customer_id"], row["channel"], row["customer_id"]]):
        when = _shown(word["happened_at"]) if word["happened_at"] else "without a date"
        yield Text(f"    {when} {word['event']} by {word['source']}: {word['proof'] or 'no proof given'}", "dim")


def _explain_audience(settings: Settings, customer_id: str, journey: str) -> Iterator[Text]:
    if not published.has_table(settings, f"rules_{journey}"):
        yield Text(f"  no rules to show: this run built no model rules_{journey}")
        return
    query = f"select * from {{rules_{journey}}} where customer_id = ? order by entered_at desc nulls last"
    looked_at = published.rows(settings, query, [customer_id])
    if not looked_at:
        yield Text(f"  never in: nothing of theirs is what this journey looks at (see the model rules_{journey})")
        return
    meanings = _rule_meanings(settings, journey)
    described = published.rows(settings, f"describe from {{rules_{journey}}}")
    names = [column["column_name"].lower() for column in described if column["column_type"] == "BOOLEAN"]
    shown = looked_at[:3]
    for row in shown:
        rules = {name: bool(row[name]) for name in names}  # what is unknown does not hold
        failed = [name for name, holds in rules.items() if not holds]
        verdict = f"not in, because of {', '.join(failed)}" if failed else "inside, but not let in: backlog or re-entry"
        yield Text(f"  {row['entry_key'] or 'no purchase'}: {verdict}")
        for name, holds in rules.items():
            yield _rule_line(holds, f"{name}: {meanings.get(name, f'see the model rules_{journey}')}")
        values = [
            f"{name} = {'unknown' if value is None and not name.endswith('_at') else _shown(value)}"
            for name, value in row.items()
            if name not in rules and name not in ("customer_id", "entry_key")
        ]
        yield Text(f"    {', '.join(values)}", "dim")
    if len(looked_at) > len(shown):
        yield Text(f"  and {len(looked_at) - len(shown)} older ones, not in either")


def _rule_meanings(settings: Settings, journey: str) -> dict[str, str]:
    """What each rule of a journey means, as its model's YAML says it; rules in lower case, as rows have them."""
    if not published.has_table(settings, "journey_rules"):
        return {}
    query = "select rule, meaning from {journey_rules} where journey = ? and meaning <> ''"
    return {row["rule"].lower(): row["meaning"] for row in published.rows(settings, query, [journey])}


def _shown(value: Any) -> str:
    return "never" if value is None else f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)
