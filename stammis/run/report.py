"""Reports on a finished run: how it ended, who was due, what was held and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from stammis.core.settings import code_version
from stammis.core.types import Hold
from stammis.ledger import open_ledger
from stammis.run.cycle import Cycle
from stammis.warehouse import published

SHOWN = 50  # words that wait, of those that an artifact lists


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. `name`: Sent | Nothing due | Stopped | Held | In doubt; the last three need a person."""

    name: str
    message: str

    @property
    def is_good(self) -> bool:
        return self.name in ("Sent", "Nothing due")


def funnel(cycle: Cycle) -> list[dict[str, object]]:
    """How many candidates each journey had, by verdict: [{journey, step, verdict, people}]. No personal data."""
    if not cycle.has_outbox:
        return []
    return published.rows(
        cycle.settings,
        """
        select journey, step, coalesce(hold_reason, 'due') as verdict, count(distinct customer_id) as people
        from {outbox_candidates}
        group by journey, step, position, hold_reason
        order by journey, position, hold_reason is not null, people desc, verdict
        """,
        run_id=cycle.run_id,
    )


def unread(cycle: Cycle) -> list[dict[str, object]]:
    """The words that wait for a person: [{word_id, source, channel, said_at}]. No personal data."""
    if not cycle.has_outbox:
        return []
    return published.rows(
        cycle.settings,
        """
        select distinct word_id, source, channel, said_at from {unread_words} order by said_at desc nulls first, word_id
        """,
        run_id=cycle.run_id,
    )


def due(cycle: Cycle) -> list[dict[str, object]]:
    """The rows of the outbox, with address, in a fixed order."""
    if not cycle.has_outbox:
        return []
    return published.rows(
        cycle.settings,
        """
        select message_id, journey, step, customer_id, channel, address
        from {outbox}
        order by journey, step, message_id
        """,
        run_id=cycle.run_id,
    )


def ending(cycle: Cycle) -> Ending:
    """Return how this run ended. If a person is needed, the message says why: journey, check, count, channel."""
    sent = cycle.delivered.accepted if cycle.delivered else 0
    doubts = cycle.delivered.in_doubt if cycle.delivered else 0
    endings = [
        Ending("Stopped", "; ".join([*_switched_off(cycle), *_closed(cycle)])),
        Ending("Held", f"Held: {held(cycle.holds)}" if cycle.holds else ""),
        Ending("In doubt", f"{doubts} in doubt: `stammis reconcile` asks again and lists them" if doubts else ""),
    ]
    if said := [each for each in endings if each.message]:
        return Ending(said[0].name, f"{sent} sent. {'; '.join(each.message for each in said)}{_unread(cycle)}")
    if sent:
        return Ending("Sent", f"{sent} sent{_unread(cycle)}")
    if cycle.quiet:
        return Ending("Nothing due", cycle.quiet)
    waiting = sum(int(str(row["people"])) for row in funnel(cycle) if row["verdict"] == "quiet_hours")
    wait = f"; {waiting} wait for contact hours" if waiting else ""
    return Ending("Nothing due", f"nobody is due now{wait}{_unread(cycle)}")


def _unread(cycle: Cycle) -> str:
    """How many words may be a no and wait for a person, for the end of a sentence; "" for none."""
    words = len({row["word_id"] for row in unread(cycle)})
    if not words:
        return ""
    waits = "word may be a no and waits" if words == 1 else "words may be a no and wait"
    return f"; {words} {waits} for a person: `stammis replies`"


def _switched_off(cycle: Cycle) -> list[str]:
    """Names of stopped channels, or everything. A stopped journey is reported by its verdicts."""
    if not cycle.settings.ledger.exists():
        return []
    with open_ledger(cycle.settings) as ledger:
        stopped = [row for row in ledger.stopped() if row["scope"] != "journey"]
    names = ["everything" if row["scope"] == "all" else row["name"] for row in stopped]
    return [f"{name} is stopped by {row['changed_by'] or 'hand'}" for name, row in zip(names, stopped, strict=True)]


def _closed(cycle: Cycle) -> list[str]:
    closed = cycle.delivered.closed if cycle.delivered else {}
    left = cycle.delivered.left if cycle.delivered else 0
    return [f"{channel} cannot send, {left} wait: {reason}" for channel, reason in sorted(closed.items())]


def held(holds: Sequence[Hold]) -> str:
    """A text of what the gate holds: journeys, check, count and reason; empty if nothing."""
    return "; ".join(_named(holds))


def held_in_short(holds: Sequence[Hold]) -> str:
    """For a heading: "tier_nudge held by assert_no_points_are_overdrawn", "5 journeys held by 2 checks"."""
    journeys, checks = {hold.journey for hold in holds}, {hold.check_name for hold in holds}
    who = next(iter(journeys)) if len(journeys) == 1 else f"{len(journeys)} journeys"
    return f"{who} held by {next(iter(checks)) if len(checks) == 1 else f'{len(checks)} checks'}"


def _named(holds: Sequence[Hold]) -> list[str]:
    """One sentence per check that holds something, with all journeys it holds."""
    checks = dict.fromkeys((hold.check_name, hold.failure_count, hold.reason) for hold in holds)
    return [
        ", ".join(hold.journey for hold in holds if (hold.check_name, hold.failure_count, hold.reason) == check)
        + f" by {check[0]} ({check[1]}): {check[2]}"
        for check in checks
    ]


def as_markdown(cycle: Cycle) -> str:
    """The run as Markdown: its ending, what the gate holds, the funnel. No personal data."""
    end = ending(cycle)
    version = code_version(cycle.settings.project)
    if cycle.quiet:
        return f"## {end.name}\n{end.message}"
    about = f"Run `{cycle.run_id}`, decided for {cycle.as_of:%Y-%m-%d %H:%M} UTC by version `{version}`."
    lines = [f"## {end.name}", end.message, about]
    if cycle.holds:
        lines += ["", "| held journey | check | failing | why |", "|---|---|---:|---|"]
        lines += [
            f"| {hold.journey} | {hold.check_name} | {hold.failure_count} | {hold.reason} |" for hold in cycle.holds
        ]
    lines += [""] + [f"- released by hand: {hold.journey} from {hold.check_name}" for hold in cycle.released_holds]
    lines += [f"- warning {each.check_name}: {each.reason}" for each in cycle.warnings]
    waiting = unread(cycle)
    if waiting:
        lines += ["", "| word that may be a no | source | channel | said at |", "|---|---|---|---|"]
        lines += ["| " + " | ".join(map(str, row.values())) + " |" for row in waiting[:SHOWN]]
        lines += [f"and {len(waiting) - SHOWN:,} more: `stammis replies`"] if len(waiting) > SHOWN else []
    found = funnel(cycle)
    if found:
        lines += ["", "| journey | step | verdict | people |", "|---|---|---|---:|"]
        lines += ["| " + " | ".join(str(value) for value in row.values()) + " |" for row in found]
    return "\n".join(lines)
