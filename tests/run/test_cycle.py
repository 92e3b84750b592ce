"""A cycle keeps its promises on a generated shop: once, nothing twice, and a broken journey stops only itself."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from stammis.core.errors import WarehouseError
from stammis.core.settings import PROJECT, Settings
from stammis.customers import explain, find_customer
from stammis.delivery import DeliveryReport
from stammis.demo import AS_OF
from stammis.ledger import open_ledger
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import build_lock, published
from tests.support.cycles import copy_of, first_cell, outbox, run_cycle

OwnProject = Callable[[Path], Settings]


def edit(file: Path, pattern: str, replacement: str) -> None:
    changed, count = re.subn(pattern, replacement, file.read_text(), count=1)
    assert count == 1, f"{pattern} is not in {file}"
    file.write_text(changed)


def test_all_five_journeys_send_on_the_generated_shop(sent: cycles.Cycle) -> None:
    queued = published.rows(
        sent.settings, "select journey, count(*) as people from {outbox} group by 1 order by 1", run_id=sent.run_id
    )
    assert [row["journey"] for row in queued] == [
        "review_request",
        "second_purchase",
        "tier_nudge",
        "welcome",
        "win_back",
    ]
    assert all(row["people"] >= 5 for row in queued)
    assert report.ending(sent).name == "Sent"
    with open_ledger(sent.settings) as ledger:
        assert ledger.counts(sent.run_id) == {"accepted": sum(row["people"] for row in queued)}


def test_who_is_held_out_gets_no_promotion_and_always_the_gift(sent: cycles.Cycle) -> None:
    held_out = published.rows(
        sent.settings,
        "select step, purpose, hold_reason from {outbox_candidates} where arm = 'holdout'",
        run_id=sent.run_id,
    )
    assert {row["step"] for row in held_out if row["hold_reason"] is None} == {"gift"}
    assert {row["purpose"] for row in held_out if row["hold_reason"] == "holdout"} == {"marketing"}


def test_the_same_moment_again_sends_nothing(sent: cycles.Cycle, tmp_path: Path) -> None:
    again = run_cycle(copy_of(sent.settings, tmp_path), AS_OF)
    assert len(outbox(sent)) > 0
    assert outbox(again) == []
    assert report.ending(again).name == "Nothing due"
    people = "select customer_id, email, phone, order_count, net_total from {customers} order by 1"
    assert published.rows(sent.settings, people) == published.rows(again.settings, people, run_id=again.run_id)


def test_a_broken_audience_stops_its_journey_alone(sent: cycles.Cycle, shop: Path, own_project: OwnProject) -> None:
    settings = own_project(shop)
    edit(settings.dbt_project / "models/audiences/rules_win_back.sql", "last_ordered_at,", "no_such_column,")
    held = run_cycle(settings, AS_OF)
    ending = report.ending(held)
    assert ending.name == "Held"
    assert "win_back by rules_win_back (1)" in ending.message
    assert outbox(held) == [row for row in outbox(sent) if row[1] != "win_back"]
    assert {row["journey"] for row in report.funnel(held)} == {
        "review_request",
        "second_purchase",
        "tier_nudge",
        "welcome",
    }


def test_an_audience_of_another_layout_lets_the_same_people_in_and_keeps_its_rules(
    sent: cycles.Cycle, shop: Path, own_project: OwnProject
) -> None:
    settings = own_project(shop)
    audiences = settings.dbt_project / "models/audiences"
    (audiences / "win_back").mkdir()
    for name in ("audience_win_back.sql", "rules_win_back.sql", "audience_win_back.yml"):
        (audiences / name).rename(audiences / "win_back" / name)
    (audiences / "win_back" / "audience_win_back.sql").write_text("""
with everybody as (select * from {{ ref('rules_win_back') }}),
lost as (select * from everybody where is_lost and has_bought and has_been_quiet),
silent as (select * from lost where has_ignored_messages and has_not_visited)
SELECT entered_at, silent.entry_key, customer_id FROM silent
""")
    edit(audiences / "win_back" / "rules_win_back.sql", "select \\* from rules", "select rules.* from rules where true")
    cycle = run_cycle(settings, AS_OF)
    assert outbox(cycle) == outbox(sent)
    never_lost = "select min(customer_id) from {customers} where lifecycle_state = 'active'"
    customer = str(first_cell(cycle, never_lost))
    said = [line.plain for line in explain(settings, find_customer(settings, customer), "win_back")]
    assert any("not in, because of" in line and "is_lost" in line for line in said)
    assert "    no  has_been_quiet: no purchase for as long as being lost takes" in " ".join(said)


def test_a_held_journey_leaves_the_same_outbox_as_one_switched_off(
    sent: cycles.Cycle, shop: Path, own_project: OwnProject
) -> None:
    settings = own_project(shop)
    edit(settings.templates / "win_back/journey.yaml", "enabled: true", "enabled: false")
    quiet = run_cycle(settings, AS_OF)
    assert report.ending(quiet).name == "Sent"
    assert outbox(quiet) == [row for row in outbox(sent) if row[1] != "win_back"]


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "expected"),
    [
        ("win_back/journey.yaml", "priority: 40", "priorty: 40", r"journey\.yaml:\d+: .*priorty.*priority"),
        ("win_back/your_code.email.sv.html", r"brand\.name", "brand.nmae", r"your_code\.email\.sv\.html:\d+: .*nmae"),
    ],
    ids=["an_unknown_key_in_journey_yaml", "an_undefined_word_in_a_template"],
)
def test_a_journey_that_cannot_be_read_stops_only_itself(
    sent: cycles.Cycle, shop: Path, own_project: OwnProject, file: str, pattern: str, replacement: str, expected: str
) -> None:
    settings = own_project(shop)
    edit(settings.templates / file, pattern, replacement)
    held = run_cycle(settings, AS_OF)
    ending = report.ending(held)
    assert ending.name == "Held"
    assert re.search(expected, ending.message)
    assert [row[4:8] for row in outbox(held)] == [row[4:8] for row in outbox(sent) if row[1] != "win_back"]


def test_a_missing_locale_stops_only_its_journey(sent: cycles.Cycle, shop: Path, own_project: OwnProject) -> None:
    settings = own_project(shop)
    (settings.templates / "win_back/your_code.email.en.html").unlink()
    held = run_cycle(settings, AS_OF)
    assert report.ending(held).name == "Held"
    assert "your_code.email.en" in report.ending(held).message
    assert len(outbox(held)) == len([row for row in outbox(sent) if row[1] != "win_back"])


def test_a_second_builder_is_told_to_wait(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, landing=tmp_path)
    with (
        build_lock(settings),
        pytest.raises(WarehouseError, match=r"another run is building .* Wait for it"),
        build_lock(settings),
    ):
        pass


def test_runs_of_one_moment_are_numbered(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, landing=tmp_path)
    assert cycles.next_run_id(settings, AS_OF) == "20251210T090000Z-1"
    (settings.published / "20251210T090000Z-9").mkdir(parents=True)
    (settings.published / "20251210T090000Z-10").mkdir()
    assert cycles.next_run_id(settings, AS_OF) == "20251210T090000Z-11"


def test_the_flow_wraps_the_same_list_of_phases() -> None:
    flow = (PROJECT / "flows" / "send_due.py").read_text()
    assert "for name, phase in () if cycle.ends_early() else cycles.PHASES:" in flow
    assert [name for name, _ in cycles.PHASES] == [
        "reconcile",
        "withdraw",
        "export ledger",
        "ingest",
        "build marts",
        "validate",
        "decide",
        "publish",
        "commit",
        "deliver",
    ]


def test_a_run_whose_channel_is_shut_is_stopped_and_says_why(tmp_path: Path) -> None:
    cycle = cycles.Cycle(Settings(data=tmp_path, landing=tmp_path), AS_OF)
    cycle.delivered = DeliveryReport(left=3, in_doubt=1, closed={"email": "check SENDGRID_API_KEY."})
    end = report.ending(cycle)
    assert (end.name, end.is_good) == ("Stopped", False)
    assert "email cannot send, 3 wait: check SENDGRID_API_KEY." in end.message
    assert "1 in doubt" in end.message
    with open_ledger(cycle.settings) as ledger:
        ledger.stop("all", by="ops")
    cycle.delivered = None
    end = report.ending(cycle)
    assert (end.name, end.message) == ("Stopped", "0 sent. everything is stopped by ops")
