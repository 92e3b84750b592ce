"""What each day brings of the sources that the invented people do not use: sources that fall silent hold messages."""

from collections.abc import Iterator

from stammis.demo.kinds.kind import mail
from stammis.demo.kinds.records import (
    Record,
    api_account,
    api_order,
    closed_case,
    profile,
    woo_account,
    woo_order,
)

FIRST = 690000  # of the numbers of these orders


def bring(day: int) -> Iterator[Record]:
    """Yield that day's records, so many days after AS_OF: orders that name nobody, and somebody who wants nothing."""
    age = 0.5 - day  # its first moment: the export is older than noon
    yield api_order(FIRST + day, "", age, "45.00")
    yield woo_order(FIRST + day, "", age, "45.00")
    yield api_account(FIRST, mail("everyday"), age, "not_subscribed")
    yield woo_account(FIRST, mail("everyday"), age)
    yield from closed_case(FIRST + day, FIRST, mail("everyday"), age)
    yield profile(mail("everyday"), age, "NEVER_SUBSCRIBED")
