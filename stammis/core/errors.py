"""What a person can mend: errors whose text says what is wrong, where, and what to do about it.

StammisError                 something a person can mend; says where and how
├── ConfigurationError       a file of the project is wrong: file, line, remedy
├── InputError               a landing folder or file cannot be used: path, remedy
├── TemplateError            a message cannot be rendered: file, word, remedy
├── WarehouseError           the build cannot start or publish
├── FitError                 the orders do not say, or not yet, what customers are worth
└── LedgerError              an effect cannot be recorded, so it must not happen
"""

from pathlib import Path
from traceback import extract_tb


def unforeseen(error: BaseException) -> str:
    """Name an error that is not ours by its kind and place, since its text may quote a row."""
    spot = extract_tb(error.__traceback__)[-1]
    return f"an error nobody foresaw, {type(error).__name__} in {Path(spot.filename).name}, line {spot.lineno}"


def printable(text: str) -> str:
    """A text with what is not UTF-8 in it, as of a file's name, spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


class StammisError(Exception):
    """An error whose text is written for the person who must act on it."""


class ConfigurationError(StammisError):
    """A journey, seed or setting is wrong."""


class InputError(StammisError):
    """A landing folder or file cannot be read."""


class TemplateError(StammisError):
    """A message cannot be rendered."""


class WarehouseError(StammisError):
    """The warehouse cannot be built or published."""


class FitError(StammisError):
    """There is too little history to fit what customers are worth, or none that says it."""


class LedgerError(StammisError):
    """The ledger refused or could not record something."""
