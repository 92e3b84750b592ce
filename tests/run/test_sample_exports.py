"""Real exports with known answers: what the product makes of them equals what the truth beside them says."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from stammis.core.settings import Settings
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.proofs import consent_states, expected_journeys, five_journeys, opted_in, sample_truth
from tests.support.cycles import first_cell, run_cycle
from tests.support.moments import NOW
from tests.support.other_channels import write_other_channels

pytestmark = pytest.mark.xdist_group("sample")


@pytest.fixture(scope="module")
def small(channels_small: Path, tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    return run_cycle(Settings(data=tmp_path_factory.mktemp("small"), landing=channels_small), NOW)


@pytest.fixture(scope="module")
def truth(channels_small: Path) -> sample_truth.Sample:
    """What is true of these people: the answer key's, which knows nothing of the product."""
    return sample_truth.read_sample(channels_small)


def test_revenue_is_exact(small: cycles.Cycle) -> None:
    assert str(first_cell(small, "select sum(net_total) from {orders}")) == "1293255.44"


def test_every_landed_row_is_accounted_for(small: cycles.Cycle) -> None:
    counted = published.rows(small.settings, "select * from {landing_report}", run_id=small.run_id)
    assert all(
        row["rows_in"] == row["rows_loaded"] + row["rows_duplicate"] + row["rows_quarantined"] for row in counted
    )
    loaded = {(row["source"], row["entity"]): row["rows_loaded"] for row in counted}
    assert loaded[("sendgrid", "events")] == 6121
    assert loaded[("twilio", "inbound")] == 58
    assert loaded[("shopify", "orders")] == 50214


def test_a_shop_without_checkouts_and_gift_cards_has_empty_tables_and_is_held_by_nothing(small: cycles.Cycle) -> None:
    tables = ("checkouts", "checkout_lines", "gift_cards")
    assert [first_cell(small, f"select count(*) from {{{table}}}") for table in tables] == [0, 0, 0]
    assert list(small.holds) == []


def test_audiences_and_outbox_equal_the_answer_key(small: cycles.Cycle, truth: sample_truth.Sample) -> None:
    differences, counts = expected_journeys.compare(small.settings.published / small.run_id, truth, NOW)
    assert differences == []
    whole = counts["whole"]
    assert whole["people"] == 612
    compared = {what.removesuffix(" equal"): count for what, count in whole.items() if what.endswith(" equal")}
    assert compared == {
        "orders": 2720,
        "memberships": 44,
        "outbox": 16,
        "audience_welcome": 6,
        "audience_tier_nudge": 10,
        "audience_win_back": 6,
        "audience_second_purchase": 29,
        "audience_review_request": 124,
    }


def test_the_truth_has_so_many_inside_and_due(truth: sample_truth.Sample) -> None:
    lists = five_journeys.journeys(truth, NOW)
    counted = {
        journey: (sum(entry.inside for entry in entries), sum(entry.verdict == "due" for entry in entries))
        for journey, entries in lists.items()
    }
    assert counted == {
        "welcome": (6, 0),
        "tier_nudge": (12, 0),
        "win_back": (6, 0),
        "second_purchase": (34, 3),
        "review_request": (143, 16),
    }


def test_so_many_customers_are_inside(small: cycles.Cycle) -> None:
    # more than the people of the truth where the records of one person are in two customers of ours
    inside = {"welcome": 6, "tier_nudge": 12, "win_back": 7, "second_purchase": 36, "review_request": 148}
    for journey, count in inside.items():
        assert (journey, first_cell(small, f"select count(*) from {{audience_{journey}}}")) == (journey, count)


def test_every_card_holder_is_explained(small: cycles.Cycle, truth: sample_truth.Sample) -> None:
    verdicts = [entry.verdict for _, entry in five_journeys.tier_nudge(truth, NOW, set())]
    assert Counter(verdict.split(" ")[0] for verdict in verdicts) == {
        "top": 12,
        "gap": 27,
        "bought": 1,
        "9": 1,
        "26": 1,
        "too_old": 10,
        "no_consent": 2,
    }
    assert len(verdicts) == first_cell(small, "select count(*) from {memberships}") == 54


def test_due_counts_are_those_of_the_shop(small: cycles.Cycle) -> None:
    due = published.rows(
        small.settings,
        """
        select outbox.journey, orders.order_channel, count(*) as people
        from {outbox} as outbox inner join {orders} as orders on outbox.entry_key = orders.order_id
        group by all order by all
        """,
        run_id=small.run_id,
    )
    # the answer key says 5, 11 and 3; people whose records are in two customers of ours make the difference
    assert [tuple(row.values()) for row in due] == [
        ("review_request", "store", 4),
        ("review_request", "web", 11),
        ("second_purchase", "web", 2),
    ]


def test_nobody_suppressed_is_written_to(small: cycles.Cycle, channels_small: Path) -> None:
    import json

    suppressed = json.loads((channels_small / "truth" / "suppressed.json").read_text())
    never = {address.lower() for group in suppressed.values() for address in group}
    addresses = published.rows(small.settings, "select address from {outbox}", run_id=small.run_id)
    assert len(addresses) > 0
    assert {row["address"] for row in addresses} & never == set()
    known = published.rows(small.settings, "select address from {suppressions}", run_id=small.run_id)
    assert never - {row["address"] for row in known} == set()


def test_every_address_allows_what_the_truth_says(small: cycles.Cycle, channels_small: Path) -> None:
    differences, counts = consent_states.compare(small.settings.data, channels_small)
    assert differences == []
    assert counts == {
        "email opted_in": 302,
        "email opted_out": 59,
        "email hard_bounced": 38,
        "email complained": 4,
        "email none": 297,
        "sms opted_in": 176,
        "sms opted_out": 22,
        "sms none": 492,
        consent_states.UNTOLD: 10,
        "suppressed": 123,
    }


def test_one_suppressed_address_opted_in_is_one_more_message(
    small: cycles.Cycle, channels_small: Path, truth: sample_truth.Sample, tmp_path: Path
) -> None:
    email = "courtney.petersen491@example.net"  # due for a review, but unsubscribed, with a bounce
    landing = tmp_path / "landing"
    shutil.copytree(channels_small, landing)
    opted_in.make_opted_in(landing, email)
    changed = run_cycle(Settings(data=tmp_path / "data", landing=landing), NOW)
    addresses = "select address from {outbox}"
    before = {row["address"] for row in published.rows(small.settings, addresses, run_id=small.run_id)}
    after = {row["address"] for row in published.rows(changed.settings, addresses, run_id=changed.run_id)}
    assert after - before == {email}
    assert before - after == set()
    differences, _ = expected_journeys.compare(changed.settings.published / changed.run_id, truth, NOW)
    assert len(differences) == 2
    assert any(f"to the suppressed {email}" in difference for difference in differences)
    consents, _ = consent_states.compare(changed.settings.data, channels_small)
    assert len(consents) == 3
    assert f"suppressed by one side only: {email}" in consents


def test_of_two_receipts_of_one_minute_and_amount_each_is_its_own_buyers(channels_small: Path, tmp_path: Path) -> None:
    write_other_channels(channels_small, tmp_path, seed=2)
    assert not [*tmp_path.rglob("*.gz")] and not (tmp_path / "reviews").exists()
    read = sample_truth.read_sample(tmp_path)
    (again,) = [
        order for order in read.orders if order.order_id.startswith("pos:") and "/9/R9000001/" in order.order_id
    ]
    (first,) = [each for each in read.orders if each.ordered_at == again.ordered_at and each.order_id != again.order_id]
    assert first.net == again.net and first.person != again.person
    cards = {card for kind, card in read.keys[again.person] if kind == "member_card"}
    assert cards and not cards & {card for kind, card in read.keys[first.person]}
