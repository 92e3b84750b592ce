"""A run ends early only where it could decide nothing but what the last one did."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from stammis.core.files import write_whole
from stammis.core.settings import Settings
from stammis.demo import AS_OF
from stammis.ledger import open_ledger
from stammis.privacy.erasure import request_erasure
from stammis.privacy.person import Person
from stammis.privacy.places import place_of
from stammis.run import cycle as cycles
from stammis.run import quiet, report
from tests.support.clock_steps import walk
from tests.support.cycles import copy_of, run_cycle

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def settled(sent: cycles.Cycle, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shop after its run and another that had nothing left to do: the next one ends early."""
    settings = copy_of(sent.settings, tmp_path_factory.mktemp("settled"))
    run_cycle(settings, AS_OF + MINUTE)
    run_cycle(settings, AS_OF + 2 * MINUTE)
    return settings


def ends_early(settings: Settings, minutes: int = 3) -> bool:
    return cycles.Cycle(settings, AS_OF + minutes * MINUTE).ends_early()


def test_a_run_with_nothing_new_builds_nothing_and_says_what_it_looked_at(settled: Settings) -> None:
    cycle = cycles.Cycle(settled, AS_OF + 3 * MINUTE)
    assert cycle.ends_early()
    ending = report.ending(cycle)
    assert (ending.name, ending.is_good) == ("Nothing due", True)
    for looked_at in ("landed files", "models", "templates", "settings", "ledger", "before 2025-12-10"):
        assert looked_at in ending.message
    assert ending.message in report.as_markdown(cycle)


def test_after_a_run_that_sent_the_next_one_builds(sent: cycles.Cycle, tmp_path: Path) -> None:
    assert not ends_early(copy_of(sent.settings, tmp_path))


def test_an_earlier_moment_is_refused_as_ever_and_not_passed_over(settled: Settings) -> None:
    assert not ends_early(settled, minutes=0)


def test_a_build_by_dbt_is_never_passed_over(settled: Settings) -> None:
    cycle = cycles.Cycle(settled, AS_OF + 3 * MINUTE, dbt=lambda _: None)
    assert not cycle.ends_early()


def land(settings: Settings) -> None:
    (settings.landing / "reviews" / "judgeme_reviews_2025-12-10.csv").write_text("id\n")


def stop(settings: Settings) -> None:
    with open_ledger(settings) as ledger:
        ledger.stop("journey", "win_back")


def approve(settings: Settings) -> None:
    with open_ledger(settings) as ledger:
        ledger.approve("win_back", "version", "crm@lindvall.example", AS_OF)


def commit(settings: Settings) -> None:
    with open_ledger(settings) as ledger:
        ledger.commit_run("another", AS_OF, [], sizes={"win_back": 9_999})


def edit_a_model(settings: Settings) -> None:
    (settings.dbt_project / "seeds" / "caps.csv").open("a").write("\n")


def edit_a_template(settings: Settings) -> None:
    (settings.templates / "win_back" / "journey.yaml").open("a").write("# a word\n")


def empty_the_warehouse(settings: Settings) -> None:
    settings.warehouse.unlink()


def fit(settings: Settings) -> None:
    settings.valuations.mkdir(exist_ok=True)
    (settings.valuations / "fit-20251210T000000Z.parquet").touch()


def ask_for_an_erasure(settings: Settings) -> None:
    request_erasure(settings, Person(("somebody",), frozenset({"email|a@b.example"})))  # and die before it is begun


@pytest.mark.parametrize(
    "change",
    [land, stop, approve, commit, edit_a_model, edit_a_template, empty_the_warehouse, fit, ask_for_an_erasure],
)
def test_whatever_changes_is_looked_at(
    settled: Settings, tmp_path: Path, own_project: Callable[[Path], Settings], change: Callable[[Settings], None]
) -> None:
    own = own_project(settled.landing)
    own_copy = copy_of(settled, tmp_path / "copy")
    settings = Settings(
        data=own_copy.data, landing=own_copy.landing, dbt_project=own.dbt_project, templates=own.templates
    )
    last = quiet._last(settings)
    kept = last["stood_on"] | {name: quiet.inputs(settings)[name] for name in ("models", "templates", "settings")}
    write_whole(settings.data / "last_run.json", json.dumps(last | {"stood_on": kept}))
    assert ends_early(settings)
    change(settings)
    assert not ends_early(settings)


def test_a_run_that_was_killed_is_none_to_compare_with(settled: Settings, tmp_path: Path) -> None:
    settings = copy_of(settled, tmp_path)
    cycle = cycles.Cycle(settings, AS_OF + 3 * MINUTE)
    for name, phase in cycles.PHASES[:-1]:
        phase(cycle)
        assert not ends_early(settings), name
    cycles.PHASES[-1][1](cycle)
    assert ends_early(settings, minutes=4)


def test_a_link_to_nowhere_among_the_landed_files_ends_no_run(settled: Settings, tmp_path: Path) -> None:
    settings = copy_of(settled, tmp_path)
    (settings.landing / "reviews" / "lost.csv").symlink_to(tmp_path / "nowhere.csv")
    assert not ends_early(settings)


def test_a_linked_folder_is_followed_where_its_readers_do_so(
    settled: Settings, tmp_path: Path, own_project: Callable[[Path], Settings]
) -> None:
    own = own_project(copy_of(settled, tmp_path).landing)
    for folder in (own.landing / "reviews", own.templates / "welcome"):
        elsewhere = tmp_path / f"linked {folder.name}"
        folder.rename(elsewhere)
        folder.symlink_to(elsewhere)
        (elsewhere / "circle").symlink_to(folder.parent)
    before = quiet.inputs(own)
    (tmp_path / "linked reviews" / "judgeme_reviews_2025-12-10.csv").write_text("id\n")  # intake takes plain files only
    (tmp_path / "linked welcome" / "gift.email.xx.html").write_text("subject: x")
    assert {name for name, now in quiet.inputs(own).items() if now != before[name]} == {"templates"}


def test_a_variable_that_the_models_ask_for_is_seen(
    settled: Settings, own_project: Callable[[Path], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own_project(settled.landing)
    (own.dbt_project / "macros" / "least.sql").write_text(
        "{% macro least() %}{{ env_var('LEAST', '1') }}{% endmacro %}"
    )
    before = quiet.inputs(own)
    monkeypatch.setenv("LEAST", "100")
    assert {name for name, now in quiet.inputs(own).items() if now != before[name]} == {"settings"}


def test_what_is_kept_has_a_place_and_nothing_of_anybody(settled: Settings) -> None:
    place = place_of("last_run.json")
    assert place and "hashes" in place.holds
    assert "@" not in (settled.data / "last_run.json").read_text()


def test_no_run_that_ended_early_would_have_decided_otherwise(settled: Settings, tmp_path: Path) -> None:
    """A few steps; tests.proofs.quiet_clock takes 400."""
    counts = walk(copy_of(settled, tmp_path), AS_OF + 3 * MINUTE, steps=16, seed=2)
    assert counts["ended early"] >= 1
    assert counts["decided"] >= 1


def test_a_table_that_has_not_changed_is_published_as_a_link(settled: Settings) -> None:
    runs = sorted(run for run in settled.published.iterdir() if not run.is_symlink())
    before, after = ({file.name: file.stat().st_ino for file in run.iterdir()} for run in runs[-2:])
    assert before.keys() == after.keys()
    assert {"orders.parquet", "consents.parquet", "audience_win_back.parquet"} <= {
        name for name in after if before[name] == after[name]
    }
    assert before["clock.parquet"] != after["clock.parquet"]
