"""Moments people write, as the one kind of time the house keeps."""

from datetime import UTC, datetime, timedelta

import pytest

from stammis.core.clock import read_moment, utc_now


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
