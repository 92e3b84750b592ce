"""`stammis customer`: one person as the last run knows them, and what happened, newest first."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stammis.core.settings import Settings, read_existing

if TYPE_CHECKING:
    from stammis.warehouse.published import Row

LOST_REASONS = {
    "orders only": "too few messages of ours to judge by, so by their orders alone",
    "orders and messages": "no order, and no answer to our messages",
}
ADDRESSES = """
    select
        known.identifier as address,
        case known.identifier_type when 'phone' then 'sms' else 'email' end as channel,
        coalesce(
            string_agg(consents.state || ' to ' || consents.purpose
                || coalesce(', ' || strftime(consents.captured_at, '%Y-%m-%d'), '')
                || coalesce(' by ' || consents.source, '')
                || coalesce(' (' || consents.double_opt_in || ')', '')
                || coalesce(', until ' || strftime(consents.expires_at, '%Y-%m-%d'), '')
                || case when consents.profiling = 'refused' then ', profiling refused' else '' end,
                '; ' order by consents.purpose),
            'nothing said'
        ) as consent,
        any_value(suppressions.reason || coalesce(' since ' || strftime(suppressions.since, '%Y-%m-%d'), ''))
            as left_alone
    from {identifiers} as known
    left join {consents} as consents
        on known.customer_id = consents.customer_id and known.identifier = consents.address
        and consents.channel = case known.identifier_type when 'phone' then 'sms' else 'email' end
    left join {suppressions} as suppressions on known.identifier = suppressions.address
    where known.customer_id = ? and known.identifier_type in ('email', 'phone')
    group by 1, 2
    order by 2, 1
"""
IDENTIFIERS = """
    select identifier_type, identifier, identified_at, why from {identifiers}
    where customer_id = ? order by identifier_type, identifier
"""
CONSENT_EVENTS = """
    select
        coalesce(strftime(happened_at, '%Y-%m-%d %H:%M'), 'without a date') as said, event, purpose, address,
        'by ' || source as source, proof
    from {consent_events} where customer_id = ? order by happened_at desc nulls last, event, address, source
"""
HAPPENED = """
    select
        ordered_at as happened_at, if(undated_refund_total > 0, 'return', 'order') as event,
        concat_ws(', ', net_total || ' ' || currency, top_product, order_channel, order_id,
            case when not is_kept and not is_return then 'not kept' end) as what
    from {orders} where customer_id = ?
    union all
    select happened_at, event, key as what
    from {customer_events} where customer_id = ? and event <> 'order'
        and (event <> 'return' or key not in (select order_id from {orders}))
"""


def customer(
    customer: Annotated[str, typer.Argument(help="A customer id, e-mail address, phone number, card or shop id.")],
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How much of the past to show, newest first.")] = 30,
) -> None:
    """Show who somebody is, how they may be reached, and what has happened between them and the shop."""
    from stammis.commands.console import open_console
    from stammis.customers import find_customer
    from stammis.warehouse import published

    console = open_console()
    settings = read_existing(data)
    person = find_customer(settings, customer)
    customer_id = str(person["customer_id"])
    clock = published.rows(settings, "select * from {clock}")[0]
    _introduce(console, person, f"as known {clock['as_of']:%Y-%m-%d %H:%M} UTC, {clock['run_id']}")
    _show_membership(console, settings, customer_id)
    _show_profile(console, settings, customer_id)
    addresses = published.rows(settings, ADDRESSES, [customer_id])
    _show(console, "May be reached at", addresses, "no address known: no message can reach them")
    said = published.rows(settings, CONSENT_EVENTS, [customer_id])
    _show(console, "What was said of writing to them", said, "nothing: no list, flag, word or bounce")
    found = published.rows(settings, IDENTIFIERS, [customer_id])
    _show(console, "Known by", found, "nothing that could tie another record to them")
    past = [*published.rows(settings, HAPPENED, [customer_id] * 2), *_messages_and_drops(settings, customer_id)]
    past.sort(key=lambda row: (row["happened_at"] is not None, row["happened_at"]), reverse=True)
    _show(console, "What happened, newest first", past[:limit], "nothing yet: no order, no event, no message")
    if len(past) > limit:
        console.print(f"  and {len(past) - limit} before that: --limit {len(past)}")
    console.print(f"\nWhat they get and why: stammis why {customer_id} {settings.data_option}")


def _introduce(console: Any, person: dict[str, Any], moment: str) -> None:
    from rich.text import Text

    name = " ".join(part for part in (person["first_name"], person["last_name"]) if part) or "no name known"
    console.print(Text.assemble((name, "bold"), f"  {person['customer_id']}  ", (moment, "dim")))
    console.print(f"  {person['country']}, {person['locale']}, {person['time_zone']}")
    if person["order_count"]:
        from stammis.customers.explanation import kept_orders

        first, last = person["first_ordered_at"], person["last_ordered_at"]
        bought = f"{kept_orders(person)}, {person['net_total']} {person['currency']} in all"
        console.print(f"  {person['lifecycle_state']}: {bought}, first {first:%Y-%m-%d}, last {last:%Y-%m-%d}")
    else:
        console.print(f"  {person['lifecycle_state']}: no order kept yet")
    if person.get("joined_by"):
        console.print(f"  joined by {person['joined_by']}")
    if person["lost_reason"]:
        reason = LOST_REASONS.get(person["lost_reason"], person["lost_reason"])
        console.print(f"  lost since {person['lost_at']:%Y-%m-%d}: {reason}")


def _show_membership(console: Any, settings: Settings, customer_id: str) -> None:
    from stammis.warehouse import published

    if not published.has_table(settings, "memberships"):
        return
    members = published.rows(settings, "select * from {memberships} where customer_id = ?", [customer_id])
    for member in members:
        console.print(f"  {_as_member(member)}")
    if not members:
        console.print("  not a member")


def _show_profile(console: Any, settings: Settings, customer_id: str) -> None:
    from stammis.customers import profiles
    from stammis.warehouse import published

    if not published.has_table(settings, "customer_profiles"):
        return
    named = "select product from {recommendations} where customer_id = ? order by position"
    recommended = [str(row["product"]) for row in published.rows(settings, named, [customer_id])]
    for profile in published.rows(settings, "select * from {customer_profiles} where customer_id = ?", [customer_id]):
        for line in profiles.describe(profile, recommended):
            console.print(f"  {line}")


def _as_member(member: "Row") -> str:
    since, ends = f"{member['member_since']:%Y-%m-%d}", f"{member['year_expires_at']:%Y-%m-%d}"
    points = f"{_points(member['points_balance'])} to use, {member['points_pending']:,} pending"
    missing = _points(member["points_to_next_tier"] or 0)
    ahead = f"{missing} to {member['next_tier']}" if member["next_tier"] else "the highest level"
    return f"member since {since}, {member['tier']}: {points}; {ahead}, in a year that ends {ends}"


def _points(count: int) -> str:
    return "1 point" if count == 1 else f"{count:,} points"


def _messages_and_drops(settings: Settings, customer_id: str) -> list[dict[str, Any]]:
    """What we said to them, tried to, or gave up as too late, as rows of the timeline."""
    from stammis.customers.explanation import ledger_history

    if not settings.ledger.exists():
        return []
    messages, log = ledger_history(settings, customer_id)
    dropped = [
        {
            "happened_at": line["decided_at"],
            "event": "message",
            "what": f"{line['journey']}, {line['step']}: dropped ({line['reason']})",
        }
        for line in log
        if line["kind"] == "step_dropped"
    ]
    return dropped + [
        {
            "happened_at": message["decided_at"],
            "event": "message",
            "what": f"{message['journey']}, {message['step']}: {message['state']}"
            + (f" ({message['reason']})" if message["reason"] else "")
            + f" by {message['channel']} to {message['address']}",
        }
        for message in messages
    ]


def _show(console: Any, title: str, rows: list[dict[str, Any]], otherwise: str) -> None:
    """Aligned columns under a title; a column that is empty in every row is left out."""
    from stammis.commands.console import bold

    console.print()
    console.print(bold(title))
    if not rows:
        console.print(f"  {otherwise}")
    cells = [[_shown(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        row = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True) if width)
        console.print(f"  {row.rstrip()}")


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else str(value)


def register(app: typer.Typer) -> None:
    app.command()(customer)
