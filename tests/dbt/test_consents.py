"""The last look before a send: no message without the basis its step declares."""

import re

import duckdb
import pytest

from tests.support.places import DBT_PROJECT

TABLES = """
    create table outbox (journey text, step text, message_id text, customer_id text, channel text, address text);
    create table journey_steps (journey text, step text, purpose text, basis text);
    create table consents (
        customer_id text, address text, channel text, purpose text, state text, expires_at timestamp, profiling text
    );
    insert into outbox values ('news', 'tell', 'm1', 'anna', 'email', 'anna@example.com');
"""


def failing(purpose: str, basis: str, *consents: tuple[str, str | None, str]) -> int:
    """How many messages the data test finds, run as it is written; consents: (state, expires at, profiling)."""
    text = (DBT_PROJECT / "data-tests" / "assert_every_message_has_its_basis.sql").read_text()
    text = re.sub(r"{{ (config|decides_nothing)\(.*\) }}", "", text).replace(
        "{{ as_of() }}", "timestamp '2025-12-10 10:00'"
    )
    text = re.sub(r"{{ (?:ref|source)\((?:'run', )?'(\w+)'\) }}", r"\1", text)
    with duckdb.connect() as database:
        database.execute(TABLES)
        database.execute("insert into journey_steps values ('news', 'tell', ?, ?)", [purpose, basis])
        for state, expires_at, profiling in consents:
            row = [state, expires_at, profiling]
            database.execute(
                "insert into consents values ('anna', 'anna@example.com', 'email', 'marketing', ?, ?, ?)", row
            )
        return len(database.execute(text).fetchall())


YES, LATELY_BOUGHT = ("opted_in", None, "allowed"), ("soft_opt_in", "2026-01-01", "allowed")


@pytest.mark.parametrize(
    ("purpose", "basis", "consent"),
    [
        ("marketing", "consent", YES),
        ("marketing", "consent", ("opted_in", "2025-12-10 10:01", "allowed")),
        ("marketing", "soft_opt_in", YES),
        ("marketing", "soft_opt_in", LATELY_BOUGHT),
        ("service", "consent", ("opted_in", None, "refused")),
    ],
)
def test_a_message_with_its_basis_passes(purpose: str, basis: str, consent: tuple[str, str | None, str]) -> None:
    assert failing(purpose, basis, consent) == 0


def test_what_needs_no_basis_passes_without_one() -> None:
    assert failing("service", "none") == 0
    assert failing("service", "none", ("requested", None, "refused")) == 0


@pytest.mark.parametrize(
    ("purpose", "basis", "consent"),
    [
        ("marketing", "consent", LATELY_BOUGHT),
        ("marketing", "consent", ("requested", None, "allowed")),
        ("marketing", "consent", ("opted_out", None, "allowed")),
        ("marketing", "consent", ("opted_in", "2025-12-10 10:00", "allowed")),
        ("marketing", "soft_opt_in", ("soft_opt_in", "2025-12-10 10:00", "allowed")),
        ("marketing", "soft_opt_in", ("expired", "2025-11-10 10:00", "allowed")),
        ("marketing", "consent", ("opted_in", None, "refused")),
        ("marketing", "none", LATELY_BOUGHT),
        ("service", "consent", LATELY_BOUGHT),
    ],
)
def test_a_message_without_its_basis_fails(purpose: str, basis: str, consent: tuple[str, str | None, str]) -> None:
    assert failing(purpose, basis, consent) == 1


def test_a_message_to_somebody_who_said_nothing_fails() -> None:
    assert [failing("marketing", basis) for basis in ("consent", "soft_opt_in", "none")] == [1, 1, 1]
