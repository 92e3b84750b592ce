"""What decides and what sends read contact hours alike: every half hour of two weeks, in SQL and in Python."""

from datetime import datetime, timedelta

import duckdb
import pytest
from jinja2 import Environment

from stammis.core.types import ContactHours
from tests.support.places import DBT_PROJECT

MACROS = Environment().from_string((DBT_PROJECT / "macros/clock.sql").read_text()).module
FORTNIGHT = [datetime.fromisoformat("2025-12-08") + timedelta(minutes=30 * half) for half in range(48 * 14)]


@pytest.mark.parametrize("hours", [ContactHours(9, 20, 12), ContactHours(8, 21, 8), ContactHours(0, 24, 24)])
def test_the_sender_knows_the_same_contact_hours_as_the_decision(hours: ContactHours) -> None:
    rule = MACROS.is_contact_hour("moments.at", "hours")  # type: ignore[attr-defined]
    with duckdb.connect() as database:
        decided = database.execute(
            f"""
            select moments.at, {rule}
            from (select unnest(?::timestamp[]) as at) as moments
            cross join (select ? as opens_hour, ? as closes_hour, ? as sunday_opens_hour) as hours
            """,
            [FORTNIGHT, hours.opens, hours.closes, hours.sunday_opens],
        ).fetchall()
    assert [hours.includes(at) for at in FORTNIGHT] == [is_open for _, is_open in sorted(decided)]
    assert len({is_open for _, is_open in decided}) > 1
