"""The seeds: small CSV files of a project that the business owns, read by models and by whoever needs no warehouse."""

import csv
from pathlib import Path

from stammis.core.errors import ConfigurationError


def read_seed(dbt_project: Path, name: str) -> list[dict[str, str]]:
    """The rows of seeds/<name>.csv by column, as text. Raises ConfigurationError where it cannot be read."""
    seed = dbt_project / "seeds" / f"{name}.csv"
    try:
        with seed.open(encoding="utf-8-sig", newline="") as lines:
            return list(csv.DictReader(lines))
    except OSError:
        raise ConfigurationError(f"{seed}: is missing or cannot be opened") from None
    except (UnicodeDecodeError, csv.Error):
        raise ConfigurationError(f"{seed}: is not CSV in UTF-8: save it so") from None
