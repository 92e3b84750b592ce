"""The wall clock, for operations: leases, back-offs, tokens. A decision reads `as_of` instead."""

from collections.abc import Callable
from datetime import UTC, datetime

Wall = Callable[[], datetime]  # naive UTC; a test hands in its own


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
