"""`stammis why` answers for everybody: who got a message, who got none, who was never in."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from stammis.core.errors import StammisError
from stammis.core.sql import copy_to, parquet
from stammis.ledger import LogEntry, open_ledger
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.support.command_line import invoke
from tests.support.cycles import first_cell


def why(cycle: cycles.Cycle, *arguments: str) -> str:
    ran = invoke("why", *arguments, "--data", cycle.settings.data)
    assert ran.exception is None, ran.exception
    return re.sub(r"\s+", " ", ran.output)


def one_of(cycle: cycles.Cycle, query: str) -> str:
    return str(first_cell(cycle, query))


def test_who_got_a_message_is_told_what_became_of_it(sent: cycles.Cycle) -> None:
    customer = one_of(sent, "select min(customer_id) from {outbox} where journey = 'review_request'")
    said = why(sent, customer, "--journey", "review_request")
    assert "ask: accepted by email, decided for 2025-12-10 09:00" in said
    assert "reminder: not sent, waits_for_previous_step" in said
    assert "the step before had not been sent when this was decided" in said  # it has been since


def test_a_step_that_was_dropped_is_remembered_and_so_is_who_left(sent: cycles.Cycle, tmp_path: Path) -> None:
    settings = replace(sent.settings, data=tmp_path)
    shutil.copytree(sent.settings.published, settings.published, symlinks=True)
    shutil.copy(sent.settings.ledger, settings.ledger)
    later = replace(sent, settings=settings)
    customer = one_of(sent, "select min(customer_id) from {outbox} where journey = 'review_request'")
    entry = LogEntry("win_back", customer, "order-1", "entered", "v1", sent.as_of, arm="treated")
    dropped = replace(entry, kind="step_dropped", step="your_code", reason="too_old", arm=None)
    left = replace(entry, kind="exited", reason="goal_reached", arm=None)
    with open_ledger(settings) as ledger:
        ledger.commit_run(sent.run_id, sent.as_of, [], [entry, dropped, left])
    said = why(later, customer, "--journey", "win_back")
    assert "your_code: dropped, too_old, 2025-12-10 09:00" in said
    assert "left it 2025-12-10 09:00, having entered with order-1: goal_reached" in said
    ran = invoke("customer", customer, "--data", tmp_path, catch_exceptions=False)
    assert "win_back, your_code: dropped (too_old)" in ran.output


def test_a_run_published_before_names_changed_answers_alike(sent: cycles.Cycle, tmp_path: Path) -> None:
    settings = replace(sent.settings, data=tmp_path)
    shutil.copytree(sent.settings.published, settings.published, symlinks=True)
    shutil.copy(sent.settings.ledger, settings.ledger)
    folder = settings.published / sent.run_id
    (folder / "held_journeys.parquet").rename(folder / "stopped_journeys.parquet")
    held = "select * replace ('paused' as hold_reason, true as is_stopped) from {outbox_candidates}"
    earlier = f"""
        select * rename (is_journey_held as is_journey_stopped, is_stopped as is_paused)
        from ({held.format(outbox_candidates=parquet(folder / "outbox_candidates.parquet"))})
    """
    with duckdb.connect() as database:
        database.execute(copy_to(earlier, tmp_path / "outbox_candidates.parquet"))
    (tmp_path / "outbox_candidates.parquet").rename(folder / "outbox_candidates.parquet")
    customer = one_of(sent, "select min(customer_id) from {outbox} where journey = 'review_request'")
    said = why(replace(sent, settings=settings), customer, "--journey", "review_request")
    assert "reminder: not sent, stopped" in said
    assert "no stopped: somebody stopped this journey, its channel or everything" in said
    assert {row["hold_reason"] for row in published.rows(settings, "from {outbox_candidates}")} == {"stopped"}


def test_who_was_held_is_told_every_rule_that_says_no(sent: cycles.Cycle) -> None:
    held = "select min(customer_id) from {outbox_candidates} where journey = 'win_back' and hold_reason = 'no_consent'"
    said = why(sent, one_of(sent, held), "--journey", "win_back")
    assert "your_code: not sent, no_consent" in said
    assert "no no_consent: no consent for this channel" in said
    state = one_of(sent, held.replace("min(customer_id)", "min_by(consent_state, customer_id)"))
    assert f"needs consent by email; there is: {state}".replace("none", "nothing said") in said
    assert "does not apply: journey_held, needs_approval, stopped" in said


def test_who_was_never_in_is_told_each_rule_with_its_value(sent: cycles.Cycle) -> None:
    never = """
        select min(customer_id) from {customers} where order_count > 0 and lifecycle_state = 'active'
            and customer_id not in (select customer_id from {outbox_candidates})
    """
    said = why(sent, one_of(sent, never), "--journey", "win_back")
    assert "not in, because of has_been_quiet" in said
    assert "no has_been_quiet: no purchase for as long as being lost takes" in said
    assert "ok has_bought: they have bought and kept something" in said
    assert re.search(r"quiet_days = \d+, lifecycle_state = active", said)


def test_a_rule_means_the_same_in_capitals(sent: cycles.Cycle, tmp_path: Path) -> None:
    settings = replace(sent.settings, data=tmp_path)
    shutil.copytree(sent.settings.published, settings.published, symlinks=True)
    shutil.copy(sent.settings.ledger, settings.ledger)
    never = """
        select min(customer_id) from {customers} where order_count > 0 and lifecycle_state = 'active'
            and customer_id not in (select customer_id from {outbox_candidates})
    """
    customer, rules = one_of(sent, never), settings.published / sent.run_id / "rules_win_back.parquet"
    table = pq.read_table(rules)
    pq.write_table(table.rename_columns([name.upper() for name in table.column_names]), rules)
    in_capitals = why(replace(sent, settings=settings), customer, "--journey", "win_back")
    assert in_capitals == why(sent, customer, "--journey", "win_back")
    assert "no is_lost: all of these together" in in_capitals


def test_somebody_is_found_by_address_number_or_card(sent: cycles.Cycle) -> None:
    known = published.rows(
        sent.settings,
        """
        select identifier_type, min(identifier) as identifier, min(customer_id) as customer_id
        from (
            select *, count(*) over (partition by identifier_type, identifier) as holders from {identifiers}
        ) where holders = 1 group by identifier_type, identifier
        qualify row_number() over (partition by identifier_type order by identifier) = 1
        """,
        run_id=sent.run_id,
    )
    assert {row["identifier_type"] for row in known} == {"email", "phone", "member_card", "shop_customer", "cookie"}
    for row in known:
        assert why(sent, row["identifier"].upper(), "--journey", "win_back").startswith(row["customer_id"])


@pytest.mark.parametrize(
    "written", ["0{local}", "0{area}-{rest}", "+{code} (0){local}", "00{code}{local}", "{code}{local}"]
)
@pytest.mark.parametrize("code", ["46", "47"])
def test_a_number_is_found_however_it_is_written(sent: cycles.Cycle, written: str, code: str) -> None:
    known = f"""
        select min(identifier) from (
            select identifier from {{identifiers}} where identifier_type = 'phone' and identifier like '+{code}%'
            group by identifier having count(distinct customer_id) = 1
        )
    """
    number = one_of(sent, known)
    owner = one_of(sent, f"select customer_id from {{identifiers}} where identifier = '{number}'")
    local = number.removeprefix(f"+{code}")
    asked = written.format(code=code, local=local, area=local[:2], rest=f"{local[2:5]} {local[5:]}")
    assert why(sent, asked, "--journey", "win_back").startswith(owner)


def test_a_number_two_people_share_asks_which_of_them(sent: cycles.Cycle) -> None:
    shared = """
        select identifier from {identifiers} where identifier_type = 'phone'
        group by identifier having count(distinct customer_id) > 1 order by 1 limit 1
    """
    with pytest.raises(StammisError, match="belongs to 2 customers"):
        invoke("why", one_of(sent, shared), "--data", sent.settings.data, catch_exceptions=False)


def test_nobody_and_nothing_have_clear_answers(sent: cycles.Cycle, tmp_path: Path) -> None:
    with pytest.raises(StammisError, match=r"nobody is known by 'nobody@example.com'"):
        invoke("why", "nobody@example.com", "--data", sent.settings.data, catch_exceptions=False)
    with pytest.raises(StammisError, match=r"nothing is published in .* yet. Run `stammis run"):
        invoke("why", "anybody", "--data", tmp_path, catch_exceptions=False)
    with pytest.raises(StammisError, match="no journey called winback; did you mean `win_back`"):
        customer = one_of(sent, "select min(customer_id) from {customers}")
        invoke("why", customer, "--journey", "winback", "--data", sent.settings.data, catch_exceptions=False)
