"""What a person can mend: errors whose text says what is wrong, where, and what to do about it.

StammisError                 something a person can mend; says where and how
├── ConfigurationError       a file of the project is wrong: file, line, remedy
├── InputError               a landing folder or file cannot be used: path, remedy
├── TemplateError            a message cannot be rendered: file, word, remedy
├── WarehouseError           the build cannot start or publish
├── FitError                 the orders do not say, or not yet, what customers are worth
└── LedgerError              an effect cannot be recorded, so it must not happen
"""


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
