"""What the gate found, and what it remembers of it until the table it looked at changes.

`data/gate/results.json`: relation → signature of its rows and limits, its row counts, its findings. Lost, it is
written again; nothing in it is personal.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stammis.core.files import write_whole
from stammis.core.settings import Settings

ROW_COUNT = "row_count_kept_percent"  # the one measure that remembers: of the last plausible run's rows


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed. Critical, it holds `journey`, or where there is none those below `relation`.

    `relation` is dbt's unique id of the model or source that is wrong. `reason` holds no personal data.
    """

    check_name: str
    reason: str
    count: int = 1
    relation: str | None = None
    journey: str | None = None
    is_critical: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """What a suite said of one relation. `accepted_rows`: the last row count that was not found too small."""

    signature: str
    rows: int
    accepted_rows: int
    findings: tuple[Finding, ...]


class CheckCache:
    """The results of earlier runs, by relation."""

    def __init__(self, settings: Settings) -> None:
        self.file = settings.data / "gate" / "results.json"
        self._results = _read(self.file)

    def of(self, relation: str) -> Result | None:
        return self._results.get(relation)

    def keep(self, relation: str, result: Result) -> None:
        """Whole or not at all: a kill in between leaves the old file."""
        self._results[relation] = result
        write_whole(self.file, json.dumps({name: asdict(each) for name, each in self._results.items()}, indent=1))

    def forget(self, relation: str, accepted_rows: int) -> None:
        """Look at it again in the next run, by this many rows: somebody has said that they are right."""
        self.keep(relation, Result("", accepted_rows, accepted_rows, ()))


def _read(file: Path) -> dict[str, Result]:
    """Empty for a file that is not there, cut short or of another version: then everything is looked at anew."""
    try:
        return {name: _result(values) for name, values in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _result(values: dict[str, Any]) -> Result:
    findings = tuple(Finding(**each) for each in values.pop("findings"))
    return Result(**values, findings=findings)
