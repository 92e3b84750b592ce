"""The gate's findings, and a cache of them that is valid until the checked table changes.

`data/gate/results.json`: relation → signature of its rows and limits, its row counts, its findings. If the file
is lost, the checks run again. It holds no personal data.
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
    """One check that failed. A critical one holds `journey`, or, if that is None, every journey that reads `relation`.

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
    """The result of a suite for one relation. `accepted_rows`: the last row count that was not found too small."""

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
        """Write the file whole: a kill in between leaves the old one."""
        self._results[relation] = result
        write_whole(self.file, json.dumps({name: asdict(each) for name, each in self._results.items()}, indent=1))

    def forget(self, relation: str, accepted_rows: int) -> None:
        """Drop the result, so that the next run checks again. `accepted_rows`: the row count a person accepted."""
        self.keep(relation, Result("", accepted_rows, accepted_rows, ()))


def _read(file: Path) -> dict[str, Result]:
    """Read the file. If it is missing, truncated or of another version, there are no results and all checks run."""
    try:
        return {name: _result(values) for name, values in json.loads(file.read_text()).items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _result(values: dict[str, Any]) -> Result:
    findings = tuple(Finding(**each) for each in values.pop("findings"))
    return Result(**values, findings=findings)
