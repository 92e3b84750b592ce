"""Steps of the clock around the moments at which decisions turn: would a run that ends early have decided otherwise?"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from stammis.core.settings import Settings
from stammis.run import cycle as cycles
from stammis.warehouse import fingerprints, published
from stammis.warehouse.connection import open_warehouse
from tests.support.cycles import run_cycle

AROUND = (timedelta(seconds=-1), timedelta(0), timedelta(seconds=1), timedelta(minutes=15))


def walk(
    settings: Settings,
    began: datetime,
    steps: int,
    seed: int,
    on_step: Callable[[int, datetime], None] = lambda *_: None,
) -> Counter[str]:
    """Take `steps` steps from a run at `began`; count how many ended early, built in vain, or decided something.

    `on_step` hears the number and the moment of each step before it is taken; it may land files. Where a run would end
    early, all is built all the same, and must decide what the run before decided.
    """
    dice = random.Random(seed)
    moment, counts = began, Counter[str]()
    before = decided(run_cycle(settings, began))
    for number in range(steps):
        small = moment + timedelta(minutes=dice.choice([1, 15]))
        moment = dice.choice([*_near_turns(settings, moment, dice), small, small, small])
        on_step(number, moment)
        cycle = cycles.Cycle(settings, moment)
        ends_early = cycle.ends_early()
        after = decided(run_cycle(settings, moment))
        is_other = after != before or after["entries"] or after["outbox"]
        assert not (ends_early and is_other), (
            f"step {number}, {moment}: {cycle.quiet}, but {_difference(before, after)}"
        )
        counts["ended early" if ends_early else "decided" if is_other else "built in vain"] += 1
        before = after
    return counts


def decided(cycle: cycles.Cycle) -> dict[str, list[tuple[object, ...]]]:
    """What a run decided: verdicts, sizes of audiences, entries and exits, messages, holds. Nothing of when."""
    queries = {
        "verdicts": "select message_id, channel, address, hold_reason from {outbox_candidates} order by all",
        "entries": "select journey, customer_id, entry_key, kind, step, reason from {journey_log_changes} order by all",
        "outbox": "select message_id, channel, address, context from {outbox} order by all",
        "holds": "select journey, check_name from {held_journeys} order by all",
        "audiences": " union all ".join(
            f"select '{name}', customer_id, entry_key from {{audience_{name}}}" for name in cycle.names
        ),
    }
    found = {
        name: [tuple(row.values()) for row in published.rows(cycle.settings, query, run_id=cycle.run_id)]
        for name, query in queries.items()
    }
    return found | {"audiences": sorted(found["audiences"])}


def _near_turns(settings: Settings, moment: datetime, dice: random.Random) -> Iterator[datetime]:
    """Moments around the next turns that models told, a few of them."""
    with open_warehouse(settings) as warehouse:
        turns = {known.until for known in fingerprints.records(warehouse).values() if known.until}
    for turn in sorted(turns)[:4]:
        near = turn.replace(microsecond=0) + dice.choice(AROUND)
        if near > moment:
            yield near


def _difference(before: dict[str, list[tuple[object, ...]]], after: dict[str, list[tuple[object, ...]]]) -> str:
    changed = {name: (set(after[name]) ^ set(before[name])) for name in after if after[name] != before[name]}
    return str({name: sorted(map(str, rows))[:4] for name, rows in changed.items()})
