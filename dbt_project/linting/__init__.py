"""What dbt gives a template besides the macros of this project, as far as ours ask for it.

sqlfluff renders the models with these (`library_path` in .sqlfluff), so that linting starts no dbt.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from jinja2 import pass_context
from jinja2.runtime import Context

VARS = yaml.safe_load((Path(__file__).parents[1] / "dbt_project.yml").read_text())["vars"] | {
    # one branch, so that what is written for each of them is looked at too
    "branches": [{"journey": "welcome", "step": "hello", "variant": "a", "column": "tier", "op": "=", "value": "gold"}]
}

execute = False  # no warehouse is asked


def var(name: str) -> Any:
    """A var, as dbt_project.yml has it."""
    return VARS[name]


class adapter:
    """The engine: DuckDB, for which every dispatched macro has its default."""

    @staticmethod
    @pass_context
    def dispatch(context: Context, name: str) -> Callable[..., str]:
        """The default of a dispatched macro."""
        return context[f"default__{name}"]


class dbt:
    """dbt's own macros that a model calls."""

    @staticmethod
    def split_part(text: str, delimiter: str, part: int) -> str:
        """SQL for one part of a text."""
        return f"split_part({text}, {delimiter}, {part})"

    @staticmethod
    def date_trunc(unit: str, moment: str) -> str:
        """SQL for the beginning of the moment's hour, day ..."""
        return f"date_trunc('{unit}', {moment})"
