"""One kind of thing that exports are read wrong in: its people's records by hand, and what must be known of them."""

from collections.abc import Iterator
from typing import NamedTuple

from stammis.demo.kinds.records import Record

DOMAIN, CARD = "kinds.example", "KIND"  # the addresses of these people end in one, their cards begin with the other
NOTHING = {"customers.order_count": "0", "customers.net_total": "0.00"}


class Kind(NamedTuple):
    """One person, or a few who are easily mixed up.

    A truth is "table.column" and the values that the published table has for these people, as text, in order, with
    commas between them; `people` is how many they are.
    """

    name: str
    why: str
    records: tuple[Record, ...]
    truth: dict[str, str]

    def known_by(self) -> list[str]:
        """What these people are found by, folded."""
        return sorted({key for _, row in self.records for key in _keys_of(row)})


def mail(name: str) -> str:
    return f"{name}@{DOMAIN}"


def _keys_of(row: object) -> Iterator[str]:
    """Yield addresses of DOMAIN and cards, wherever a record has them."""
    if isinstance(row, dict | list):
        for each in row.values() if isinstance(row, dict) else row:
            yield from _keys_of(each)
    elif isinstance(row, str) and (row.lower().endswith(DOMAIN) or row.startswith(CARD)):
        yield row.lower()
