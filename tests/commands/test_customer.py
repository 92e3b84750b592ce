"""One person, as the last run knows them: reachable, known by, and what happened."""

import re
from pathlib import Path

import pytest

from stammis.core.errors import StammisError
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.support.command_line import invoke
from tests.support.cycles import first_row


def customer(cycle: cycles.Cycle, *arguments: str) -> str:
    ran = invoke("customer", *arguments, "--data", cycle.settings.data, catch_exceptions=False)
    return re.sub(r" +", " ", ran.output)


def test_a_buyer_is_shown_with_addresses_orders_and_messages(sent: cycles.Cycle) -> None:
    person = first_row(
        sent,
        """
        select customers.*, outbox.journey, outbox.step from {customers} as customers
        inner join {outbox} as outbox using (customer_id) where order_count > 1 order by customer_id limit 1
        """,
    )
    said = customer(sent, str(person["customer_id"]))
    assert f"{person['order_count']} orders kept, {person['net_total']} {person['currency']} in all" in said
    assert f"{person['email']} email opted_in to marketing" in said
    assert f"message {person['journey']}, {person['step']}: accepted by" in said
    orders = published.rows(
        sent.settings, "select order_id from {orders} where customer_id = ?", [person["customer_id"]], sent.run_id
    )
    assert all(f"{row['order_id']}" in said for row in orders)
    assert f"stammis why {person['customer_id']}" in said


def test_the_past_stands_newest_first_and_its_length_is_said(sent: cycles.Cycle) -> None:
    busy = first_row(sent, "select customer_id from {customer_events} group by 1 order by count(*) desc, 1 limit 1")
    said = customer(sent, str(busy["customer_id"]), "--limit", "3")
    days = re.findall(r"^ (\d{4}-\d\d-\d\d \d\d:\d\d) ", said.partition("newest first")[2], re.M)
    assert len(days) == 3
    assert sorted(days, reverse=True) == days
    assert re.search(r"and \d+ before that: --limit \d+", said)


def test_every_word_of_consent_is_shown_with_its_proof(sent: cycles.Cycle) -> None:
    confirmed = first_row(
        sent,
        """
        select events.* from {consent_events} as events inner join {consents} as consents using (customer_id, address)
        where events.event = 'confirmed' and consents.state = 'opted_in' and captured_at = happened_at
        order by customer_id, happened_at limit 1
        """,
    )
    said = customer(sent, str(confirmed["customer_id"]))
    day = f"{confirmed['happened_at']:%Y-%m-%d}"
    assert f"{confirmed['address']} email opted_in to marketing, {day} by newsletter (confirmed)" in said
    moment = f"{confirmed['happened_at']:%Y-%m-%d %H:%M}"
    history = said.partition("What was said of writing to them")[2].partition("Known by")[0]
    assert f"{moment} confirmed marketing {confirmed['address']} by newsletter {confirmed['proof']}" in history
    assert f"requested marketing {confirmed['address']}" in history


def test_a_suppressed_address_says_why(sent: cycles.Cycle) -> None:
    barred = first_row(
        sent,
        """
        select address, reason from {suppressions} as suppressions
        inner join {identifiers} as identifiers on address = identifier
        where address not like '+%' order by address limit 1
        """,
    )
    address = str(barred["address"])
    assert re.search(rf"{re.escape(address)} email .*{barred['reason']}", customer(sent, address))


def test_somebody_who_bought_nothing_yet_is_shown_too(sent: cycles.Cycle) -> None:
    quiet = first_row(sent, "select min(customer_id) as customer_id from {customers} where order_count = 0")
    said = customer(sent, str(quiet["customer_id"]))
    assert "prospect: no order kept yet" in said
    assert "What happened, newest first" in said


def test_a_member_is_told_in_words_and_a_stranger_as_none(sent: cycles.Cycle) -> None:
    member = first_row(
        sent,
        """
        select * from {memberships} where next_tier is not null and points_balance > 1 and points_to_next_tier > 1
        order by customer_id limit 1
        """,
    )
    said = customer(sent, str(member["customer_id"]))
    points = f"{member['points_balance']:,} points to use"
    assert f"member since {member['member_since']:%Y-%m-%d}, {member['tier']}: {points}" in said
    assert f"{member['points_to_next_tier']:,} points to {member['next_tier']}, in a year that ends" in said
    assert "points_balance" not in said and "00:00," not in said.partition("May be reached at")[0]
    stranger = first_row(
        sent,
        """
        select min(customer_id) as customer_id from {customers}
        where customer_id not in (select customer_id from {memberships})
        """,
    )
    assert "not a member" in customer(sent, str(stranger["customer_id"]))


def test_the_scores_are_told_with_what_they_stand_on(sent: cycles.Cycle) -> None:
    person = first_row(
        sent,
        """
        select profiles.*, product from {customer_profiles} as profiles
        inner join {recommendations} using (customer_id)
        where expected_by = 'own' and favourite_product is not null and position = 1 order by customer_id limit 1
        """,
    )
    said = customer(sent, str(person["customer_id"]))
    assert f"segment {person['rfm_segment']}, unchanged since runs remember it" in said  # a first run
    assert f"expected {person['next_order_due_at']:%Y-%m-%d}, by their own gap of" in said
    assert f"favourites: {person['favourite_product']}" in said
    assert f"might like: {person['product']}" in said
    newcomer = first_row(sent, "select min(customer_id) as customer_id from {customers} where order_count = 0")
    assert "next order: none to expect, no order kept yet" in customer(sent, str(newcomer["customer_id"]))


def test_who_is_lost_is_told_since_when_and_by_what(sent: cycles.Cycle) -> None:
    lost = first_row(sent, "select * from {customers} where lost_reason = 'orders only' order by customer_id limit 1")
    said = customer(sent, str(lost["customer_id"]))
    assert f"lost since {lost['lost_at']:%Y-%m-%d}: too few messages of ours to judge by" in said
    assert f"lost: {lost['order_count']} order{'s' * (lost['order_count'] != 1)} kept" in said


def test_nobody_and_nothing_have_clear_answers(sent: cycles.Cycle, tmp_path: Path) -> None:
    with pytest.raises(StammisError, match=r"nobody is known by 'nobody@example.com'"):
        customer(sent, "nobody@example.com")
    with pytest.raises(StammisError, match="nothing is published in"):
        invoke("customer", "x", "--data", tmp_path, catch_exceptions=False)
