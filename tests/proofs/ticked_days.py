"""What runs leave standing, day after day, is what dbt would build of the same in one go."""

import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from stammis import warehouse
from stammis.core.settings import PROJECT, Settings
from stammis.demo import AS_OF, write_shop
from stammis.demo.days import land_day
from stammis.ledger import open_ledger
from stammis.privacy import erasure
from stammis.privacy.person import find_person
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.proofs.through_dbt import equal
from tests.proofs.undone_by_hand import MANUAL, land

SEQUENCES, EVENTS, DAYS = 60, 6, 14


@dataclass
class Shop:
    """A generated shop that goes on: its folders, its clock, and the dice of its sequence."""

    home: Path
    settings: Settings
    dice: random.Random
    moment: datetime
    day: int = 0

    def tick(self) -> None:
        """A run as `stammis run` has it: it may end early."""
        cycle = cycles.Cycle(self.settings, self.moment)
        if not cycle.ends_early():
            for _, phase in cycles.PHASES:
                phase(cycle)

    def people(self) -> list[str]:
        query = "select distinct customer_id from {identifiers} order by 1"
        return [str(row["customer_id"]) for row in published.rows(self.settings, query)]

    def emails(self) -> list[str]:
        query = "select identifier from {identifiers} where identifier_type = 'email' order by 1"
        return [str(row["identifier"]) for row in published.rows(self.settings, query)]


def land_a_day(shop: Shop) -> None:
    shop.day += 1
    shop.moment = max(shop.moment, AS_OF + timedelta(days=shop.day))
    land_day(shop.home, (AS_OF + timedelta(days=shop.day)).date())


def land_a_day_late(shop: Shop) -> None:
    """The day after the next comes first."""
    shop.day += 2
    shop.moment = max(shop.moment, AS_OF + timedelta(days=shop.day))
    land_day(shop.home, (AS_OF + timedelta(days=shop.day)).date())
    shop.tick()
    shop.moment += timedelta(minutes=15)
    land_day(shop.home, (AS_OF + timedelta(days=shop.day - 1)).date())


def land_a_fact_dated_ahead(shop: Shop) -> None:
    """Somebody's clock is an hour or a day early."""
    ahead = shop.moment + timedelta(minutes=shop.dice.choice([30, 60, 24 * 60]))
    _decide(shop, "merges", ahead)


def merge(shop: Shop) -> None:
    _decide(shop, "merges", shop.moment)


def split(shop: Shop) -> None:
    _decide(shop, "splits", shop.moment)


def _decide(shop: Shop, table: str, moment: datetime) -> None:
    one, other = shop.dice.sample(shop.emails(), 2)
    name = f"manual/{table}_{shop.moment:%Y-%m-%d}_{shop.dice.randrange(10**6)}.csv"
    land(shop.settings.landing, name, f"{MANUAL}{moment:%Y-%m-%dT%H:%M:%SZ},{one},{other},,eva,she said so\n")


def erase(shop: Shop) -> None:
    person = find_person(shop.settings, shop.dice.choice(shop.people()))
    erasure.finish(shop.settings, erasure.request_erasure(shop.settings, person))


def edit_a_seed(shop: Shop) -> None:
    file = shop.settings.dbt_project / "seeds" / "lifecycle.csv"
    file.write_text(file.read_text().replace("visit_days,30", f"visit_days,{shop.dice.choice([10, 20, 40])}"))


def edit_a_rule(shop: Shop) -> None:
    file = shop.settings.dbt_project / "models" / "audiences" / "rules_win_back.sql"
    file.write_text(file.read_text().replace("order_count >= 1", f"order_count >= {shop.dice.choice([2, 3])}"))


def edit_a_journey(shop: Shop) -> None:
    file = shop.settings.templates / "welcome" / "journey.yaml"
    file.write_text(file.read_text().replace("priority:", "# edited\npriority:", 1))


def stop_a_journey(shop: Shop) -> None:
    with open_ledger(shop.settings) as ledger:
        ledger.stop("journey", shop.dice.choice(["win_back", "welcome"]))


def go_on(shop: Shop) -> None:
    shop.moment += timedelta(minutes=shop.dice.choice([1, 15, 60, 7 * 60, 24 * 60, 5 * 24 * 60]))


HAPPENINGS: tuple[Callable[[Shop], None], ...] = (
    land_a_day,
    land_a_day,
    land_a_day_late,
    land_a_fact_dated_ahead,
    merge,
    split,
    erase,
    edit_a_seed,
    edit_a_rule,
    edit_a_journey,
    stop_a_journey,
    go_on,
    go_on,
)


def ticked_days_equal_one_build(work: Path, samples: Path) -> str:
    """Issue 13: a fortnight day by day, and 60 sequences of whatever happens, ticked, equal one build by dbt."""
    days = _fortnight(work / "days")
    write_shop(work / "begun", customers=130, seed=7, days=EVENTS * 2 + 2)
    _shop(work / "begun", random.Random(0)).tick()
    happened = Counter[str]()
    for seed in range(SEQUENCES):
        shutil.copytree(work / "begun", work / "sequence", symlinks=True)
        happened += _sequence(work / "sequence", seed)
        sys.stderr.write(f"sequence {seed + 1} of {SEQUENCES} equal\n")
        shutil.rmtree(work / "sequence")
    return f"{days} days and {SEQUENCES} sequences, each equal to one build by dbt; {dict(sorted(happened.items()))}"


def _fortnight(home: Path) -> int:
    write_shop(home, customers=300, seed=7, days=DAYS - 1)
    shop = _shop(home, random.Random(0))
    for number in range(DAYS):
        if number:
            land_a_day(shop)
        _compare_with_dbt(shop, f"day {number}")
    return DAYS


def _sequence(home: Path, seed: int) -> Counter[str]:
    shop, happened = _shop(home, random.Random(seed)), Counter[str]()
    for _ in range(EVENTS):
        happen = shop.dice.choice(HAPPENINGS)
        happen(shop)
        happened[happen.__name__] += 1
        shop.tick()
        shop.moment += timedelta(minutes=shop.dice.choice([1, 15, 90]))
    land_a_day(shop)  # else the last run might end early, and leave the columns that change with the hour
    _compare_with_dbt(shop, f"sequence {seed}: {list(happened)}")
    return happened


def _shop(home: Path, dice: random.Random) -> Shop:
    settings = Settings(
        data=home / "data", landing=home / "landing", dbt_project=home / "dbt_project", templates=home / "templates"
    )
    for name in ("dbt_project", "templates"):
        if not (home / name).exists():
            shutil.copytree(PROJECT / name, home / name, ignore=shutil.ignore_patterns("target", "logs"))
    return Shop(home, settings, dice, AS_OF)


def _compare_with_dbt(shop: Shop, case: str) -> None:
    """Run the shop's moment in two copies, ticked and by dbt alone, and go on with the first."""
    built = replace(shop.settings, data=shop.home / "built")
    shutil.copytree(shop.settings.data, built.data, symlinks=True) if shop.settings.data.exists() else None
    found = []
    for settings, dbt in ((shop.settings, None), (built, warehouse.plain_dbt())):
        cycle = cycles.Cycle(settings, shop.moment, dbt=dbt)
        for _, phase in cycles.PHASES:
            phase(cycle)
        found.append(cycle)
    equal(case, *found)
    shutil.rmtree(built.data)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(ticked_days_equal_one_build(Path(folder), Path()) + "\n")
