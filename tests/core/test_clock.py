"""Moments people write, as the one kind of time the house keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from stammis.core.clock import check_not_far_ahead, read_moment, utc_now
from stammis.core.errors import InputError


@pytest.mark.parametrize(
    "text", ["2025-12-10T10:00:00Z", "2025-12-10T10:00:00", "2025-12-10 11:00:00+01:00", "2025-12-10T10:00"]
)
def test_a_moment_is_naive_utc(text: str) -> None:
    assert read_moment(text) == datetime(2025, 12, 10, 10)  # noqa: DTZ001


def test_what_is_no_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="2025-13"):
        read_moment("2025-13")


@pytest.mark.parametrize("text", ["9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00"])
def test_a_moment_that_utc_cannot_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="outside the years"):
        read_moment(text)


def test_now_is_utc() -> None:
    assert abs(utc_now() - datetime.now(UTC).replace(tzinfo=None)) < timedelta(seconds=5)


@pytest.mark.parametrize("as_of", ["2025-12-10T10:00Z", "2027-11-22T08:00Z"])
def test_a_moment_within_a_year_ahead_may_be_decided_for(as_of: str) -> None:
    check_not_far_ahead(read_moment(as_of), lambda: read_moment("2026-11-22T10:00Z"))


@pytest.mark.parametrize("as_of", ["2027-11-24T10:00Z", "9999-12-31T23:59Z"])
def test_a_moment_further_ahead_is_refused_with_the_reason(as_of: str) -> None:
    with pytest.raises(InputError, match=r"a year ahead of this machine.s clock \(2026-11-22\): no later run"):
        check_not_far_ahead(read_moment(as_of), lambda: read_moment("2026-11-22T10:00Z"))
