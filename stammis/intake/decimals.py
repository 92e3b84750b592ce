"""The decimal mark of a CSV: its source declares it, and a file of which every number says otherwise is read as it is.

Spreadsheets write numbers as their country does: 1.234,50 or 1,234.50. What 1,234 means, only other numbers can tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stammis.core.sql import literal
from stammis.intake.columns import CALLED, LEFT_EMPTY, NOT_A_NUMBER, OTHER_MARK, REASON, is_number
from stammis.intake.contracts import Column, Contract


@dataclass(frozen=True, slots=True)
class Numbers:
    """SQL about the numbers of a relation's row. `cells`: column → SQL of its text."""

    contract: Contract
    cells: Mapping[str, str]

    @property
    def columns(self) -> list[Column]:
        """Those with decimals that the file has."""
        return [each for each in self.contract.columns if each.has_decimals and each.name in self.cells]

    @property
    def unread(self) -> str:
        """The rows of `checked` with a number that could not be read."""
        headers = ", ".join(literal(column.headers[0]) for column in self.columns) or "null"
        return f"checked where contains({REASON}, {literal(NOT_A_NUMBER)}) or {LEFT_EMPTY} in ({headers})"

    @property
    def by_declared_mark(self) -> str:
        """Whether one can be read by the declared mark only."""
        return self._any("{own} and not {other}")

    @property
    def by_other_mark(self) -> str:
        """Whether one can be read by the other mark only."""
        return self._any("{other} and not {own}")

    @property
    def by_either_mark(self) -> str:
        """Whether one is a number either way, and another one by each."""
        return self._any("{own} and {other} and regexp_matches({text}, '[.,]')")

    def _any(self, condition: str) -> str:
        conditions = []
        for column in self.columns:
            text = self.cells[column.name]
            own, other = is_number(text, column.mark), is_number(text, OTHER_MARK[column.mark])
            conditions.append(f"coalesce({condition.format(own=own, other=other, text=text)}, false)")
        return f"({' or '.join(conditions) or 'false'})"


def with_other_mark(contract: Contract) -> Contract:
    """The contract of a file whose numbers are written the other way."""
    columns = [
        replace(column, decimal=OTHER_MARK[column.mark]) if column.has_decimals else column
        for column in contract.columns
    ]
    return replace(contract, columns=tuple(columns))


def read_otherwise(contract: Contract) -> str:
    """What is said of a file that is read with the other mark."""
    mark = next(column.mark for column in with_other_mark(contract).columns if column.has_decimals)
    return f"its numbers have {CALLED[mark]} and are read so; `decimal: '{mark}'` in the source's YAML declares it"


UNDECIDED = (
    "a number such as 1,234 may have a decimal comma or a comma between thousands, and no other number of the file "
    "tells: say `decimal: ','` or `decimal: '.'` of the column in the source's YAML"
)
