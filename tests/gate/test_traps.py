"""Three days on which the gate must speak: impossible points, an empty export, an audience five times its weekday's."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from stammis import gate, warehouse
from stammis.core.settings import Settings
from stammis.demo import AS_OF
from stammis.ledger import open_ledger
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import published
from tests.support.cycles import copy_of, landed_in, outbox, run_cycle
from tests.support.landing import MOVEMENTS


def test_a_failing_suite_on_memberships_holds_tier_nudge_only(sent: cycles.Cycle, shop: Path, tmp_path: Path) -> None:
    settings = landed_in(shop, tmp_path)
    named_customer = published.rows(
        settings=sent.settings,
        query="select min(identifier) as card, customer_id from {identifiers} where identifier_type = 'member_card' "
        "and customer_id in (select customer_id from {outbox} where journey <> 'tier_nudge') group by 2 order by 1",
    )[0]
    (settings.landing / "programme" / "points_movements_2025-12-09.csv").write_text(
        MOVEMENTS + f"too-many-digits,{named_customer['card']},9999999,correction,2025-12-09 10:00:00\n"
    )
    held = run_cycle(settings, AS_OF)
    assert [hold.journey for hold in held.holds] == ["tier_nudge"]
    assert "tier_nudge by gx_memberships_points_balance (1): implausible: 1 of " in report.ending(held).message
    named = published.rows(settings, "select relation, customer_id from {implausible_rows}", run_id=held.run_id)
    assert named == [{"relation": "memberships", "customer_id": named_customer["customer_id"]}]
    others = [row for row in outbox(sent, without="tier_nudge") if named_customer["customer_id"] not in row]
    assert outbox(held) == others, "who has ten million points hears nothing, everybody else hears the same"
    assert 20 <= len(others) < len(outbox(sent, without="tier_nudge"))
    why = published.rows(
        settings,
        "select distinct hold_reason from {outbox_candidates} where is_implausible and not is_journey_held "
        "and not is_waiting_for_previous_step and not is_not_due_yet",
        run_id=held.run_id,
    )
    assert why == [{"hold_reason": "implausible"}]


def test_an_empty_export_holds_what_stands_on_it_and_calls_nobody_inactive(sent: cycles.Cycle, tmp_path: Path) -> None:
    settings = copy_of(sent.settings, tmp_path)
    orders = settings.landing / "shopify" / "orders_export_1.csv"
    header = orders.read_text().splitlines()[0]
    orders.with_name("orders_export_2025-12-11.csv").write_text(header + "\n")
    held = run_cycle(settings, AS_OF + timedelta(days=1))
    assert {(hold.check_name, hold.failure_count) for hold in held.holds} == {("freshness_shopify_orders", 1)}
    assert held.names == [hold.journey for hold in held.holds], "customers stand on orders, and everybody on customers"
    assert "stale: shopify.orders, newest fact 2025-12-10 " in report.ending(held).message
    assert (outbox(held), published.read_journey_log(settings, held.run_id)) == ([], [])
    with open_ledger(settings) as ledger:
        assert set(ledger.counts()) == {"accepted"}, "nothing was queued, nothing withdrawn"


def test_an_audience_five_times_its_weekdays_is_held_until_released(
    sent: cycles.Cycle, own_project: Callable[[Path], Settings], tmp_path: Path
) -> None:
    settings = own_project(sent.settings.landing)
    shutil.copytree(sent.settings.data, settings.data, symlinks=True)
    limits = settings.dbt_project / "seeds" / "limits.csv"
    limits.write_text(limits.read_text().replace("weekday_floor,50", "weekday_floor,10"))  # the demo shop is small
    with open_ledger(settings) as ledger:
        for weeks in (1, 2, 3):
            ledger.commit_run(f"{weeks}", AS_OF - timedelta(weeks=weeks), [], sizes={"win_back": 10, "welcome": 29})
    held = run_cycle(settings, AS_OF + timedelta(minutes=15))
    inside = published.rows(settings, "select count(*) as many from {audience_win_back}", run_id=held.run_id)[0]["many"]
    assert inside >= 5 * 10
    (hold,) = held.holds
    assert (hold.journey, hold.check_name, hold.failure_count) == ("win_back", "audience_size_win_back", inside)
    assert hold.reason == f"{inside} people inside, where 10 are usual on this weekday"

    released = {("win_back", "audience_size_win_back")}
    judgement = gate.run_checks(
        settings, held.as_of, held.nodes, warehouse.lineage(settings), held.names, held.problems, released
    )
    assert (judgement.by_journey, judgement.released) == ([], [hold])
