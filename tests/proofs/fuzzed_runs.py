"""Whole runs that carry a hundred damaged inputs each: who has nothing to do with them is decided about as ever."""

import random
import re
import shutil
from collections import Counter
from pathlib import Path

from stammis.core.settings import Settings
from stammis.core.written import EMAIL
from stammis.demo import AS_OF, write_shop
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.proofs.fuzzed import PIECES, damaged, exports
from tests.support.landing import land
from tests.support.places import DBT_PROJECT, TEMPLATES

RUNS, FILES, MESSAGES, JOURNEYS, ROWS = 20, 60, 20, 10, 10
# Exports of the shop's in which nobody says no: what cannot be read of the others holds who may be meant, as it should.
PLACES = ("pos/", "reviews/", "shopify/orders_export")
SPOILT = ("win_back", "tier_nudge")  # the journeys whose messages are spoilt
MEMBERS = "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country\n"
ADDRESSES = ("anna@", "bo@[1.2.3.4", "@", "a b@c", "x@y\u200b", "<>", "ce@@x.example", "d..e@x.example", "ö@ö", "f@x.1")


def runs_go_on_with_all_others(work: Path, samples: Path) -> str:
    """Issue 14: 20 runs with 100 damaged inputs each miss just the messages whose own input was bad."""
    write_shop(work / "shop", customers=300, seed=7, days=1)
    wanted = _decided(_run(_settings(work / "control", work / "shop" / "landing")))
    assert len(wanted) > 20, "too little is due to miss anything"
    counts = Counter[str]()
    for seed in range(RUNS):
        dice, settings = random.Random(seed), _settings(work / "fuzz", work / "shop" / "landing")
        spoilt = _spoil(dice, settings)
        try:
            cycle = _run(settings)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        troubled = {problem.journey for problem in cycle.problems}
        assert troubled <= spoilt, f"seed {seed}: {troubled - spoilt} have problems of others"
        held = {str(row["journey"]) for row in published.rows(settings, "select distinct journey from {held_journeys}")}
        assert held <= troubled, f"seed {seed}: {held - troubled} are held for what others did"
        found = _decided(cycle)
        missing = {row for row in wanted - found if row[0] not in held}
        assert not missing, f"seed {seed}: {len(missing)} messages are missing, such as {sorted(missing)[0]}"
        states = Counter[str]()
        for (*_, state), count in cycle.delivered.counts.items() if cycle.delivered else ():
            states[state] += count
        assert set(states) <= {"accepted", "failed"}, f"seed {seed}: {states}"
        counts += Counter({"journeys held": len(held), "messages as ever": len(found & wanted), **states})
        shutil.rmtree(work / "fuzz")
    return f"{RUNS} runs with {FILES + MESSAGES + JOURNEYS + ROWS} damaged inputs each; {dict(counts)}"


def _settings(home: Path, landing: Path) -> Settings:
    for source, name in ((landing, "landing"), (TEMPLATES, "templates"), (DBT_PROJECT, "dbt_project")):
        shutil.copytree(source, home / name, ignore=shutil.ignore_patterns("target", "logs"))
    return Settings(
        data=home / "data", landing=home / "landing", dbt_project=home / "dbt_project", templates=home / "templates"
    )


def _spoil(dice: random.Random, settings: Settings) -> set[str]:
    """Add the damaged inputs; returns the journeys that some of them are."""
    others = [(place, _of_nobody(contents)) for place, contents in exports() if place.startswith(PLACES)]
    for number in range(FILES):
        place, contents = dice.choice(others)
        stem, _, ending = place.partition(".")
        # of old: a source whose newest export cannot be used is held for good reason
        land(settings, f"{stem}_2025-01-05_{number}.{ending}", damaged(dice, contents, others))
    for _ in range(MESSAGES):
        file = dice.choice(sorted((settings.templates / dice.choice(SPOILT)).glob("*.html")))
        text = file.read_text()
        place = dice.randrange(len(text))
        file.write_text(text[:place] + dice.choice(PIECES) + text[place:], "utf-8", "replace")
    yaml = (settings.templates / "welcome" / "journey.yaml").read_bytes()
    for number in range(JOURNEYS):
        (settings.templates / f"spoilt_{number}").mkdir()
        (settings.templates / f"spoilt_{number}" / "journey.yaml").write_bytes(damaged(dice, yaml, others))
    rows = "".join(f"L99{number:05d},A,B,,,{address},,,,09.12.2025,SE\n" for number, address in enumerate(ADDRESSES))
    land(settings, "pos/members_spoilt.csv", MEMBERS + rows)
    return {*SPOILT, *(f"spoilt_{number}" for number in range(JOURNEYS))}


def _of_nobody(contents: bytes) -> bytes:
    """An export without anybody's address and number: the shop's own people might have the same."""
    text = EMAIL.sub("", contents.decode("utf-8", "replace"))
    return re.sub(r"[0-9][0-9 ]{6,}", "", text).encode()


def _run(settings: Settings) -> cycles.Cycle:
    cycle = cycles.Cycle(settings, AS_OF)
    for _, phase in cycles.PHASES:
        phase(cycle)
    return cycle


def _decided(cycle: cycles.Cycle) -> set[tuple[str, ...]]:
    query = "select journey, step, channel, customer_id, address from {outbox}"
    return {tuple(map(str, row.values())) for row in published.rows(cycle.settings, query, run_id=cycle.run_id)}
