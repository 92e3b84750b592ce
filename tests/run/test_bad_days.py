"""Days on which something landed wrong: each is named once, stops what stands on it, and the others go on."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from stammis.core.settings import Settings
from stammis.demo import AS_OF
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import published
from tests.support.cycles import copy_of, first_cell, landed_in, outbox, run_cycle
from tests.support.landing import MOVEMENTS


def test_an_impossible_points_movement_stops_tier_nudge_alone(sent: cycles.Cycle, shop: Path, tmp_path: Path) -> None:
    settings = landed_in(shop, tmp_path)
    card = published.rows(
        sent.settings, "select min(identifier) as card from {identifiers} where identifier_type = 'member_card'"
    )[0]["card"]
    (settings.landing / "programme").mkdir(exist_ok=True)
    (settings.landing / "programme" / "points_movements_2025-12-09.csv").write_text(
        MOVEMENTS + f"slip-of-the-finger,{card},-9999999,correction,2025-12-09 10:00:00\n"
    )
    held = run_cycle(settings, AS_OF)
    assert [hold.journey for hold in held.holds] == ["tier_nudge"]
    assert "tier_nudge by assert_no_points_are_overdrawn (1)" in report.ending(held).message
    assert outbox(sent, without="tier_nudge") == outbox(held)
    assert len(outbox(held)) > 0


def test_an_export_from_another_decade_is_counted_and_held(shop: Path, tmp_path: Path) -> None:
    settings = landed_in(shop, tmp_path)
    reviews = settings.landing / "reviews" / "judgeme_reviews.csv"
    reviews.write_text(re.sub(r"20(2\d)-", lambda year: f"20{int(year[1]) + 12}-", reviews.read_text()))
    held = run_cycle(settings, AS_OF)
    counted = published.rows(
        settings, "select rows_in, rows_future_dated from {landing_report} where source = 'reviews'", run_id=held.run_id
    )
    assert counted[0]["rows_in"] == counted[0]["rows_future_dated"] > 0
    assert [hold.journey for hold in held.holds] == ["review_request", "second_purchase"]
    assert "by not_dated_ahead_stg_reviews__reviews_ (1)" in report.ending(held).message
    assert {"win_back"} <= {row[1] for row in outbox(held)}


def test_an_audience_with_a_key_twice_stops_itself(
    sent: cycles.Cycle, shop: Path, own_project: Callable[[Path], Settings]
) -> None:
    settings = own_project(shop)
    model = settings.dbt_project / "models" / "audiences" / "audience_win_back.sql"
    everybody = "select * from {{ ref('rules_win_back') }}"
    model.write_text(model.read_text().replace(everybody, f"{everybody} union all {everybody}"))
    held = run_cycle(settings, AS_OF)
    assert [hold.journey for hold in held.holds] == ["win_back"]
    assert "unique_together_audience_win_back" in report.ending(held).message
    assert outbox(sent, without="win_back") == outbox(held)


def break_yaml(audiences: Path) -> None:
    with (audiences / "audience_win_back.yml").open("a") as described:
        described.write("\n  - name: [unclosed\n")


def break_ref(audiences: Path) -> None:
    audience = audiences / "audience_win_back.sql"
    audience.write_text(audience.read_text().replace("rules_win_back", "rules_winback"))


def break_macro(audiences: Path) -> None:
    (audiences / "rules_win_back.sql").write_text("select {{ no_such_macro() }} as customer_id")


def delete_model(audiences: Path) -> None:
    (audiences / "audience_win_back.sql").unlink()


@pytest.mark.parametrize(
    ("mistake", "reason"),
    [
        (break_yaml, r"audience_win_back\.yml:\d+: is not YAML here"),
        (break_ref, r"audience_win_back\.sql:\d+: there is no model or seed called `rules_winback`; did you mean"),
        (break_macro, r"rules_win_back\.sql:1: there is no macro or variable `no_such_macro`"),
        (delete_model, r"audience_win_back\.sql is missing"),
    ],
)
def test_a_mistake_that_keeps_dbt_from_reading_the_project_stops_its_journey_alone(
    sent: cycles.Cycle,
    shop: Path,
    own_project: Callable[[Path], Settings],
    mistake: Callable[[Path], None],
    reason: str,
) -> None:
    settings = own_project(shop)
    mistake(settings.dbt_project / "models" / "audiences")
    held = run_cycle(settings, AS_OF)
    assert {hold.journey for hold in held.holds} == {"win_back"}, report.ending(held).message
    assert any(re.search(reason, hold.reason) for hold in held.holds), held.holds
    assert outbox(held) == outbox(sent, without="win_back")


def test_absent_sources_and_a_journey_without_audience_leave_the_others_their_work(
    shop: Path, own_project: Callable[[Path], Settings], tmp_path: Path
) -> None:
    settings = own_project(tmp_path / "landing")
    shutil.copytree(shop, settings.landing)
    for source in ("twilio", "web", "programme", "reviews"):
        shutil.rmtree(settings.landing / source, ignore_errors=True)
    (settings.dbt_project / "models" / "audiences" / "audience_win_back.sql").unlink()
    (settings.dbt_project / "models" / "audiences" / "audience_win_back.yml").unlink()
    held = run_cycle(settings, AS_OF)
    assert [hold.journey for hold in held.holds] == ["win_back"]
    assert "nobody can enter" in report.ending(held).message
    assert {"review_request"} <= {row[1] for row in outbox(held)}
    later = run_cycle(settings, AS_OF + timedelta(days=1))
    assert [hold.journey for hold in later.holds] == ["win_back"]


def test_what_is_edited_while_a_run_goes_on_changes_the_next_run(
    sent: cycles.Cycle, shop: Path, own_project: Callable[[Path], Settings]
) -> None:
    """Half of the old project and half of a broken one would have thrown everybody out of the journey."""
    settings = own_project(shop)
    audience = settings.dbt_project / "models" / "audiences" / "audience_win_back.sql"
    before = audience.read_text()
    cycle = cycles.Cycle(settings, AS_OF)
    for name, phase in cycles.PHASES:
        phase(cycle)
        if name == "build marts":
            audience.write_text(before.replace("rules_win_back", "rules_gone"))
    assert (cycle.holds, outbox(cycle)) == ([], outbox(sent))
    held = run_cycle(settings, AS_OF)
    assert [hold.journey for hold in held.holds] == ["win_back"]
    audience.write_text(before)
    again = run_cycle(settings, AS_OF)
    assert again.holds == []
    exits = "select count(*) from {journey_log_changes} where kind = 'exited' and journey = 'win_back'"
    assert first_cell(held, exits) == first_cell(again, exits) == 0


def test_the_first_that_failed_is_named_though_the_outbox_fails_too(
    shop: Path, own_project: Callable[[Path], Settings]
) -> None:
    settings = own_project(shop)
    model = settings.dbt_project / "models" / "intermediate" / "scores" / "int_customers_lifecycle.sql"
    model.write_text(model.read_text().replace("customer_id,", "no_such_column,", 1))
    held = run_cycle(settings, AS_OF)
    assert {hold.check_name for hold in held.holds if hold.journey != "review_request"} == {"int_customers_lifecycle"}


def test_unreadable_brand_holds_every_journey_and_the_run_ends_as_held(
    sent: cycles.Cycle, templates: Path, tmp_path: Path
) -> None:
    with (templates / "_shared" / "brand.yaml").open("a") as brand:
        brand.write("x: [\n")
    settings = replace(copy_of(sent.settings, tmp_path), templates=templates)
    held = run_cycle(settings, AS_OF + timedelta(hours=1))
    ending = report.ending(held)
    assert (ending.name, [hold.journey for hold in held.holds]) == ("Held", held.names)
    assert "brand.yaml" in ending.message and "is not YAML here" in ending.message
    assert held.has_outbox and outbox(held) == []


def test_damaged_pages_of_a_file_are_the_reason_of_what_they_hold(sent: cycles.Cycle, tmp_path: Path) -> None:
    settings = copy_of(sent.settings, tmp_path)
    file = next((settings.intake / "reviews" / "judgeme").glob("*.parquet"))
    content = file.read_bytes()
    pages = len(content) - 8 - int.from_bytes(content[-8:-4], "little")  # before the footer, and its length
    file.write_bytes(content[:4] + bytes(pages - 4) + content[pages:])
    held = run_cycle(settings, AS_OF + timedelta(hours=1))
    assert {"review_request"} <= {hold.journey for hold in held.holds}
    assert f"{file} is damaged. Remove it and run again" in report.ending(held).message
    file.unlink()
    assert run_cycle(settings, AS_OF + timedelta(hours=2)).holds == []


def test_an_audience_that_is_no_text_is_held_alone_and_named(
    sent: cycles.Cycle, shop: Path, own_project: Callable[[Path], Settings]
) -> None:
    settings = own_project(shop)
    model = settings.dbt_project / "models" / "audiences" / "audience_win_back.sql"
    model.write_bytes(b"-- s\xe5 h\xe4r\n" + model.read_bytes())
    held = run_cycle(settings, AS_OF)
    assert [hold.journey for hold in held.holds] == ["win_back"]
    assert "audience_win_back.sql:1: is not UTF-8 text: save the file as UTF-8" in report.ending(held).message
    assert outbox(sent, without="win_back") == outbox(held)
