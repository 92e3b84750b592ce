"""The wall clock, for operations: leases, back-offs, tokens. A decision reads `as_of` instead."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from stammis.core.errors import InputError

Wall = Callable[[], datetime]  # naive UTC; a test hands in its own
FARTHEST_AHEAD = timedelta(days=366)


def utc_now() -> datetime:
    """This machine's clock, naive UTC."""
    return naive_utc(datetime.now(UTC))


def naive_utc(moment: datetime) -> datetime:
    """A moment as naive UTC; one without a zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def read_moment(text: str) -> datetime:
    """Naive UTC from ISO 8601; a time without its zone is UTC. Raises ValueError for what UTC has no name for, too."""
    try:
        return naive_utc(datetime.fromisoformat(text))
    except OverflowError:
        raise ValueError(f"{text!r} is outside the years 1 to 9999 of UTC") from None


def check_not_far_ahead(as_of: datetime, wall: Wall = utc_now) -> None:
    """Raises InputError for an as_of more than a year ahead of this machine: a data folder cannot go back from it."""
    now = wall()
    if as_of > now + FARTHEST_AHEAD:
        raise InputError(
            f"--as-of {as_of:%Y-%m-%dT%H:%M:%SZ} is more than a year ahead of this machine's clock ({now:%Y-%m-%d}): "
            "no later run could decide for an earlier moment. Name an earlier one, or set the clock right."
        )
