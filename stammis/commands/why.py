"""`stammis why`: why somebody got a message, or did not, rule by rule."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stammis.messages import StammisError
from stammis.settings import PROJECT, Settings, read_settings

VERDICTS = {
    "is_journey_stopped": ("journey_stopped", "the gate stopped this journey"),
    "is_waiting_for_approval": ("needs_approval", "so many people need somebody's approval first"),
    "is_paused": ("paused", "switched off by hand"),
    "is_waiting_for_previous_step": ("waits_for_previous_step", "the step before has not been sent yet"),
    "is_not_due_yet": ("not_due_yet", "its time has not come"),
    "is_goal_reached": ("goal_reached", "the goal is reached already"),
    "is_exited": ("exited", "no longer in the audience"),
    "is_too_old": ("too_old", "the moment passed too long ago"),
    "is_without_address": ("no_address", "no address for this channel"),
    "is_suppressed": ("suppressed", "the address must be left alone"),
    "is_without_consent": ("no_consent", "no consent for this channel"),
    "is_holdout": ("holdout", "in the group that gets nothing, to measure by"),
    "is_muted": ("promotions_muted", "a return or a case is open"),
    "is_in_quiet_hours": ("quiet_hours", "outside contact hours where they live"),
    "is_over_cap": ("over_cap", "has had as many messages as the cap allows"),
    "is_lost_to_other_journey": ("lost_to_other_journey", "another message spoke first"),
}


def why(
    customer: Annotated[str, typer.Argument(help="A customer id, e-mail address, phone number, card or shop id.")],
    journey: Annotated[str | None, typer.Option(help="Only this journey.")] = None,
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
) -> None:
    """Say for each journey whether this customer got it, and every rule with its value."""
    from rich.console import Console

    from stammis import published

    console = Console(highlight=False, soft_wrap=True)
    settings = read_settings(data)
    person = find_customer(settings, customer)
    run_id = published.current_run(settings)
    clock = published.rows(settings, "select as_of from {clock}")[0]["as_of"]
    name = " ".join(part for part in (person["first_name"], person["last_name"]) if part) or "no name known"
    console.print(f"[bold]{person['customer_id']}[/bold] ({name}), decided for {clock:%Y-%m-%d %H:%M} UTC in {run_id}")
    console.print(
        f"{person['lifecycle_state']}, {person['order_count']} orders kept, last {_shown(person['last_ordered_at'])}; "
        f"{person['country']}, {person['locale']}"
    )
    known = [row["journey"] for row in published.rows(settings, "select journey from {journeys} order by priority")]
    stopped = {row["journey"]: row for row in published.rows(settings, "select * from {stopped_journeys}")}
    names = [*known, *sorted(set(stopped) - set(known))]
    if journey and journey not in names:
        raise StammisError(f"there is no journey called {journey!r}. There are: {', '.join(names)}.")
    told = messages_of(settings, person["customer_id"])
    for each in [journey] if journey else names:
        spoken = [message for message in told if message["journey"] == each]
        _explain(console, settings, person["customer_id"], each, stopped.get(each), spoken)


def find_customer(settings: Settings, text: str) -> dict[str, Any]:
    """The one customer that an id, address, number or card belongs to. Raises StammisError for none or several."""
    from stammis import published

    wanted = text.strip()
    digits = "".join(sign for sign in wanted if sign.isdigit())
    found = published.rows(
        settings,
        """
        select distinct customers.* from {customers} as customers
        left join {identifiers} as identifiers on customers.customer_id = identifiers.customer_id
        left join {customer_aliases} as aliases on customers.customer_id = aliases.customer_id
        where aliases.alias_id = ? or lower(identifiers.identifier) = lower(?)
            or (identifiers.identifier_type = 'phone' and length(?) >= 8
                and identifiers.identifier = '+' || ltrim(?, '0'))
        order by customers.customer_id
        """,
        [wanted, wanted, digits, digits],
    )
    if not found:
        raise StammisError(
            f"nobody is known by {text!r}. Try an e-mail address, a number as +46701740605, a card, a shop id "
            "or a customer id; somebody new is known after the next run."
        )
    if len(found) > 1:
        ids = ", ".join(row["customer_id"] for row in found)
        raise StammisError(f"{text!r} belongs to {len(found)} customers (a shared address): {ids}. Name one of them.")
    return found[0]


def messages_of(settings: Settings, customer_id: str) -> list[dict[str, Any]]:
    """What the ledger knows of this person, also under ids they had before a merge."""
    from stammis import published
    from stammis.ledger_reader import LedgerReader

    aliases = published.rows(
        settings, "select alias_id from {customer_aliases} where customer_id = ?", [customer_id]
    )
    with LedgerReader(settings.ledger) as ledger:
        return ledger.messages_of(*(row["alias_id"] for row in aliases))


def _explain(
    console: Any, settings: Settings, customer_id: str, journey: str, stop: dict[str, Any] | None,
    told: list[dict[str, Any]],
) -> None:
    from stammis import published

    console.print(f"\n[bold]{journey}[/bold]")
    if stop:
        console.print(f"  stopped for everybody by {stop['check_name']} ({stop['failure_count']}): {stop['reason']}")
    for message in told:
        when = message["settled_at"] or message["intended_at"]
        reason = f" ({message['reason']})" if message["reason"] else ""
        console.print(
            f"  [green]{message['step']}[/green]: {message['state']}{reason} by {message['channel']}, decided for "
            f"{_shown(message['decided_at'])}" + (f", handed over {_shown(when)}" if when else "")
        )
    candidates = (
        published.rows(
            settings,
            "select * from {outbox_candidates} where customer_id = ? and journey = ? order by entry_key, position",
            [customer_id, journey],
        )
        if published.has_table(settings, "outbox_candidates") else []
    )
    for row in candidates:
        _explain_step(console, row, {message["step"] for message in told if message["entry_key"] == row["entry_key"]})
    if not candidates and not told:
        _explain_audience(console, settings, customer_id, journey)


def _explain_step(console: Any, row: dict[str, Any], told: set[str]) -> None:
    entry = f"entered {_shown(row['entered_at'])} with {row['entry_key']}, arm {row['arm']}"
    if row["hold_reason"] is None:
        if row["step"] not in told:
            console.print(f"  [green]{row['step']}[/green]: due, queued by {row['channel']} ({entry})")
        return
    due = f"due {_shown(row['due_at'])}" if row["due_at"] else "no due time yet"
    retry = f", again after {_shown(row['retry_at'])}" if row["retry_at"] else ""
    console.print(f"  [yellow]{row['step']}[/yellow]: held, {row['hold_reason']}{retry}")
    console.print(f"    {entry}, {due}")
    passed = [word for column, (word, _) in VERDICTS.items() if not row[column]]
    for column, (word, meaning) in VERDICTS.items():
        if row[column]:
            console.print(f"    [red]no [/red] {word}: {meaning}")
    console.print(f"    [dim]does not apply: {', '.join(passed)}[/dim]")


def _explain_audience(console: Any, settings: Settings, customer_id: str, journey: str) -> None:
    from stammis import published

    if not published.has_table(settings, f"rules_{journey}"):
        console.print("  never looked at: its audience could not be built in this run")
        return
    query = f"select * from {{rules_{journey}}} where customer_id = ? order by entered_at desc nulls last"
    looked_at = published.rows(settings, query, [customer_id])
    if not looked_at:
        console.print("  never in: nothing of theirs is what this journey looks at (see its audience model)")
        return
    meanings = rule_meanings(journey)
    shown = looked_at[:3]
    for row in shown:
        rules = {name: value for name, value in row.items() if isinstance(value, bool)}
        failed = [name for name, holds in rules.items() if not holds]
        verdict = f"not in, because of {', '.join(failed)}" if failed else "inside, but not let in: backlog or re-entry"
        console.print(f"  {row['entry_key'] or 'no purchase'}: {verdict}")
        for name, holds in rules.items():
            mark = "[dim]ok [/dim]" if holds else "[red]no [/red]"
            console.print(f"    {mark} {name}: {meanings.get(name, 'see the audience model')}")
        values = [
            f"{name} = {'unknown' if value is None and not name.endswith('_at') else _shown(value)}"
            for name, value in row.items() if name not in rules and name not in ("customer_id", "entry_key")
        ]
        console.print(f"    [dim]{', '.join(values)}[/dim]")
    if len(looked_at) > len(shown):
        console.print(f"  and {len(looked_at) - len(shown)} older ones, not in either")


def rule_meanings(journey: str) -> dict[str, str]:
    """What each rule of an audience means, from the YAML beside its model."""
    from ruamel.yaml import YAML

    described = PROJECT / "dbt_project" / "models" / "audiences" / f"audience_{journey}.yml"
    if not described.exists():
        return {}
    models = YAML(typ="safe").load(described.read_text())["models"]
    return dict(models[0].get("config", {}).get("meta", {}).get("rules", {}))


def _shown(value: Any) -> str:
    return "never" if value is None else f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)


def register(app: typer.Typer) -> None:
    app.command()(why)
