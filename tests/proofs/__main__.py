# ruff: noqa: T201
"""`make proof`: what is promised about the sample exports, shown with the commands a user types.

    python -m tests.proofs [--channels DIR] [--keep DIR] [--only NAME ...]

Prints one line a promise with its figures; exits 1 when one is not kept, 2 when the samples are absent. The samples
are channels_small; what is shown on it can be shown on any set of its layout, packed or not.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from stammis import intake
from stammis.core.settings import PROJECT, Settings
from tests.proofs import consent_states, expected_journeys, opted_in, sample_truth
from tests.proofs.commands import AS_OF, MOMENT, project_with, query, run, sample_run, stammis
from tests.proofs.fuzzed import FUZZED
from tests.proofs.fuzzed_runs import runs_go_on_with_all_others
from tests.proofs.grown_people import keys_grow_with_the_records
from tests.proofs.held_in_prefect import impossible_points_stop_tier_nudge
from tests.proofs.known_people import known_people_are_recognised
from tests.proofs.lifetime_value import (
    cdnow_is_as_published,
    free_repeats_change_no_value,
    the_demo_is_what_it_was_drawn_from,
)
from tests.proofs.money_adds_up import sums_are_of_kept_lines, what_came_back_leaves_nothing
from tests.proofs.nobody_left import nobody_is_left
from tests.proofs.nothing_leaks import no_address_and_no_key_leaks
from tests.proofs.online_retail import (
    online_retail_is_as_published,
    online_retail_shifted_is_held,
    online_retail_twice_or_in_halves_is_the_same,
)
from tests.proofs.provider_faults import every_fault_ends_as_the_table_says
from tests.proofs.quick_to_start import lint_and_preview_start_fast
from tests.proofs.quiet_clock import no_early_end_decides_otherwise
from tests.proofs.refusals_and_order import (
    numbers_are_numbers,
    order_of_landing_decides_nothing,
    refusals_beat_older_yeses,
)
from tests.proofs.requests_by_the_rules import requests_keep_the_rules
from tests.proofs.small_intake import intake_stays_small
from tests.proofs.through_dbt import ticks_equal_dbt
from tests.proofs.ticked_days import ticked_days_equal_one_build
from tests.proofs.undone_by_hand import by_hand_wins_and_is_undone
from tests.support.other_channels import write_other_channels
from tests.support.places import SAMPLES

# at AS_OF only one journey has anything to say; then, four had, and truth's consents were already what they are
MORE_SPEAK = "2025-11-25T10:00:00Z"
EVENTS = "sendgrid/events.jsonl"
WHY_SECONDS = 3.0
BUYERS = (
    "select order_id, list(identifier) from {orders} inner join {identifiers} using (customer_id) group by order_id"
)


def judged(work: Path, samples: Path) -> str:
    """Issue 2: run, ledger export and the judge exit 0; each event once."""
    data = sample_run(work, samples)
    stammis("ledger", "export", work / "sent.csv", "--data", data)
    judge = SAMPLES.parent / "tools" / "judge_channels.py"
    said = subprocess.run(
        [sys.executable, judge, samples, data, "--accepted", work / "sent.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    events = query(data, "select rows_loaded from {landing_report} where source = 'sendgrid'")
    told = {event["sg_event_id"] for event in sample_truth.json_lines(sample_truth.export(samples, EVENTS))}
    assert events == [(len(told),)], events
    return f"{said.stdout.strip()}; {len(told):,} unique events"


def consent_equals_truth(work: Path, samples: Path) -> str:
    """Issue 5: consent state equals truth/consent.json for every address, suppression equals truth/suppressed.json."""
    differences, counts = consent_states.compare(sample_run(work, samples), samples)
    assert not differences, differences
    compared = {word: count for word, count in sorted(counts.items()) if word != "suppressed"}
    people = json.loads((samples / "truth" / "consent.json").read_text())
    assert sum(compared.values()) == 2 * len(people), compared  # an e-mail address and a number of each
    return f"{sum(compared.values())} addresses compared, {compared}; {counts['suppressed']} suppressed, the same ones"


def lists_equal(work: Path, samples: Path) -> str:
    """Issues 2 and 3: the five audiences and the outbox equal the lists derived from truth/ and the seeds."""
    sample = sample_truth.read_sample(samples)
    data = sample_run(work, samples)
    published = data / "published" / "current"
    differences, counts = expected_journeys.compare(published, sample, MOMENT)
    assert not differences, differences
    others = {cause: count["people"] for cause, count in sorted(counts.items()) if cause != "whole"}
    due = query(
        data,
        "select order_channel, count(*) from {outbox} as outbox inner join {orders} as orders "
        "on outbox.entry_key = orders.order_id group by 1 order by 1",
    )
    inside = {
        name.removeprefix("audience_").removesuffix(" equal"): count
        for name, count in counts["whole"].items()
        if name.startswith("audience_") and name.endswith(" equal")
    }
    holders = counts["whole"]["memberships equal"]
    return (
        f"{counts['whole']['people']} people compared, others {others}; inside {inside}, due {dict(due)}; "
        f"points and tier of {holders} card holders"
    )


def lists_equal_when_more_speak(work: Path, samples: Path) -> str:
    """Issue 3: the same a fortnight earlier, when more journeys have people due."""
    run(work / "earlier", samples, as_of=MORE_SPEAK)
    moment = datetime.fromisoformat(MORE_SPEAK).replace(tzinfo=None)
    published = work / "earlier" / "published" / "current"
    # who left in December has left: a no that is dated ahead is one all the same
    sample = sample_truth.read_sample(samples)
    differences, counts = expected_journeys.compare(published, sample, moment)
    assert not differences, differences
    due, later = (
        dict(query(data, "select journey, count(*) from {outbox} group by journey order by journey"))
        for data in (work / "earlier", sample_run(work, samples))
    )
    assert len(due) > len(later), (due, later)
    return f"{counts['whole']['outbox equal']} messages compared; due {due}"


def mutation_is_seen(work: Path, samples: Path) -> str:
    """Issue 2: one suppressed person made opted-in gives one more message, and the lists differ."""
    shutil.copytree(samples, work / "changed")
    theirs = dict(query(sample_run(work, samples), BUYERS))  # somebody of two records that nothing joins is two people
    held = opted_in.candidates(sample_truth.read_sample(samples), MOMENT)
    freed = sorted(each for entry in held for each in entry.addresses if each in theirs.get(entry.key, ()))
    assert freed, "nobody of this set is suppressed and would be due else"
    address = freed[0]
    opted_in.make_opted_in(work / "changed", address)
    run(work / "changed_data", work / "changed")
    before = set(query(sample_run(work, samples), "select address from {outbox}"))
    after = set(query(work / "changed_data", "select address from {outbox}"))
    assert after - before == {(address,)} and not before - after, after ^ before
    differences, _ = expected_journeys.compare(
        work / "changed_data" / "published" / "current",
        sample_truth.read_sample(samples),
        MOMENT,
    )
    assert differences
    consents, _ = consent_states.compare(work / "changed_data", samples)
    assert len(consents) == 3 and f"suppressed by one side only: {address}" in consents, consents
    return f"{len(before)} messages became {len(after)}; {len(differences)} differences in the list"


def another_set_is_read_as_this_one(work: Path, samples: Path) -> str:
    """Issue 15: the judge, the lists and the consents agree on another set: other people, files not packed."""
    other = work / "other" / "channels_other"
    write_other_channels(samples, other, seed=15)
    return "; ".join(proof(work / "other", other) for proof in (judged, lists_equal, consent_equals_truth))


def broken_audience_stops_itself(work: Path, samples: Path) -> str:
    """Issue 2: a SQL error in the rules of win_back leaves what `enabled: false` leaves, and the run ends Held."""
    outboxes = []
    for name, file, old, new in (
        ("broken", "dbt_project/models/audiences/rules_win_back.sql", "last_ordered_at,", "no_such_column,"),
        ("off", "templates/win_back/journey.yaml", "enabled: true", "enabled: false"),
    ):
        project = project_with(work / name, file, old, new)
        said = run(project / "data", samples, project)
        if name == "broken":
            assert "Held" in said and "win_back by rules_win_back (1)" in said, said
        outboxes.append(query(project / "data", "select * from {outbox} order by message_id"))
    assert outboxes[0] == outboxes[1] and outboxes[0]
    return f"Held, named; {len(outboxes[0])} rows, equal to those of `enabled: false`"


def why_answers(work: Path, samples: Path) -> str:
    """Issue 2: why for one sent, one held, one never in; under 3 s, also while a run is writing."""
    data = sample_run(work, samples)
    people = {
        "accepted by": "select min(customer_id) from {outbox}",
        "not sent, no_consent": "select min(customer_id) from {outbox_candidates} where hold_reason = 'no_consent'",
        "not in, because of": "select min(customer_id) from {customers} where order_count > 0 "
        "and customer_id not in (select customer_id from {outbox_candidates})",
    }
    ids = {words: str(query(data, text)[0][0]) for words, text in people.items()}
    # through dbt, since what is executed is over before anybody has asked
    ran = ["run", "--landing", samples, "--as-of", AS_OF, "--data", data, "--through", "dbt"]
    writer = subprocess.Popen(
        [sys.executable, "-m", "stammis", *ran],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = []
    for words, customer in ids.items():
        started = time.perf_counter()
        said = stammis("why", customer, "--data", data)
        seconds.append(time.perf_counter() - started)
        assert words in said, said
    assert writer.poll() is None, "the run had ended before the questions"
    output, _ = writer.communicate()
    assert "Nothing due" in output, output
    assert max(seconds) < WHY_SECONDS, seconds
    return f"right, {min(seconds):.1f} to {max(seconds):.1f} s beside a run; that second run: Nothing due"


STABLE = (
    "identifiers",
    "orders",
    "order_lines",
    "consents",
    "consent_events",
    "suppressions",
    "points_movements",
    "memberships",
)


def marts_are_stable(work: Path, samples: Path) -> str:
    """Issue 3: marts apart from the ledger are equal after a second run, files landed twice, and in shuffled order."""

    def fingerprints(data: Path) -> dict[str, str]:
        text = "select md5(string_agg(cast(line as varchar), chr(10) order by cast(line as varchar))) from {%s} as line"
        return {table: str(query(data, text % table)[0][0]) for table in STABLE}

    data = sample_run(work, samples)
    first = fingerprints(data)
    run(data, samples)
    assert fingerprints(data) == first, "a second run changed a mart"
    twice = work / "twice"
    shutil.copytree(samples, twice, ignore=shutil.ignore_patterns("truth"))
    for file in [path for path in twice.rglob("*") if path.is_file()]:
        stem, _, ending = file.name.partition(".")
        shutil.copy(file, file.with_name(f"{stem}_again.{ending}"))
    run(work / "twice_data", twice)
    assert fingerprints(work / "twice_data") == first, "landing the files twice changed a mart"
    shuffled = sorted(
        (path for path in samples.rglob("*") if path.is_file() and "truth" not in path.parts),
        key=lambda path: hashlib.md5(path.name.encode()).hexdigest(),
    )
    settings = Settings(data=work / "shuffled_data", landing=work / "shuffled")
    for file in shuffled:
        (settings.landing / file.relative_to(samples)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, settings.landing / file.relative_to(samples))
        intake.ingest(settings, MOMENT)
    run(settings.data, settings.landing)
    assert fingerprints(settings.data) == first, "another order of landing changed a mart"
    return f"{len(STABLE)} marts, three ways, equal hashes"


PROOFS: tuple[Callable[[Path, Path], str], ...] = (
    judged,
    lists_equal,
    lists_equal_when_more_speak,
    mutation_is_seen,
    another_set_is_read_as_this_one,
    why_answers,
    broken_audience_stops_itself,
    marts_are_stable,
    impossible_points_stop_tier_nudge,
    lint_and_preview_start_fast,
    requests_keep_the_rules,
    every_fault_ends_as_the_table_says,
    no_address_and_no_key_leaks,
    known_people_are_recognised,
    keys_grow_with_the_records,
    by_hand_wins_and_is_undone,
    consent_equals_truth,
    cdnow_is_as_published,
    free_repeats_change_no_value,
    the_demo_is_what_it_was_drawn_from,
    online_retail_is_as_published,
    online_retail_twice_or_in_halves_is_the_same,
    online_retail_shifted_is_held,
    nobody_is_left,
    intake_stays_small,
    *FUZZED,
    runs_go_on_with_all_others,
    refusals_beat_older_yeses,
    numbers_are_numbers,
    order_of_landing_decides_nothing,
    sums_are_of_kept_lines,
    what_came_back_leaves_nothing,
    ticks_equal_dbt,
    ticked_days_equal_one_build,
    no_early_end_decides_otherwise,
)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--channels", type=Path, default=SAMPLES / "channels_small", help="another set, with its truth/")
    words.add_argument("--keep", type=Path, help="work here and leave it behind")
    words.add_argument("--only", nargs="+", metavar="NAME", choices=[each.__name__ for each in PROOFS])
    asked = words.parse_args()
    samples = asked.channels
    if not samples.exists():
        print(f"no sample exports in {samples}; set STAMMIS_SAMPLE_DATA, or name a set with --channels")
        return 2
    broken = 0
    with tempfile.TemporaryDirectory() as scratch:
        work = asked.keep or Path(scratch)
        for proof in PROOFS:
            if asked.only and proof.__name__ not in asked.only:
                continue
            promise = str(proof.__doc__).strip()
            started = time.perf_counter()
            try:
                found, mark = proof(work, samples), "kept  "
            except Exception as error:  # the others are shown all the same
                found, mark, broken = f"{type(error).__name__}: {error}", "BROKEN", broken + 1
            print(f"{mark} {promise}\n       {found} ({time.perf_counter() - started:.0f} s)", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
