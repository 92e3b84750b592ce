"""The seeds: small CSV files of a project that the business owns, read by models and by whoever needs no warehouse."""

import csv
from io import StringIO
from pathlib import Path

from stammis.core.errors import ConfigurationError


def read_seed(dbt_project: Path, name: str) -> list[dict[str, str]]:
    """The rows of seeds/<name>.csv by column, as text. Raises ConfigurationError where it cannot be read."""
    seed = dbt_project / "seeds" / f"{name}.csv"
    try:
        content = seed.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError:
        raise ConfigurationError(f"{seed}: is missing or cannot be opened") from None
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{seed}: is not CSV in UTF-8 on line {line}: save it so") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ConfigurationError(f"{seed}: holds a NUL character on line {line}: delete it")
    try:
        return list(csv.DictReader(StringIO(text, newline="")))
    except csv.Error:
        raise ConfigurationError(f"{seed}: is not CSV in UTF-8: save it so") from None
