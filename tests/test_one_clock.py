"""One clock and no dice: what decides reads as_of, in SQL and in Python, and the same inputs decide the same."""

import ast
import re
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

from stammis.core.settings import PROJECT
from tests.support.places import DBT_PROJECT
from tests.support.rooms import PACKAGE, imports_of, modules

SQL_FOLDERS = ("models", "macros", "data-tests")
# Clocks and dice of Python's, and the packages and modules that may read them; none of these decides who gets what.
HOMES = {
    "stammis.core.clock.utc_now": {"commands", "ledger", "channels", "sandbox"},  # leases, tokens, a run's own moment
    "datetime.datetime.now": {"core.clock"},
    "datetime.datetime.today": set(),
    "datetime.datetime.utcnow": set(),
    "datetime.date.today": set(),
    "time.time": {"sandbox.fake_providers"},
    "time.time_ns": set(),
    "time.localtime": set(),
    "time.gmtime": set(),
    "time.ctime": set(),
    "random": set(),
    "secrets": set(),
    "os.urandom": set(),
    "uuid": {"ledger.ledger", "commands.send_test"},  # a claim's token, a test's message
    "numpy.random": {"demo"},  # seeded
}


def blocked_words() -> list[str]:
    """The words that sqlfluff refuses: the one list of them."""
    config = ConfigParser(interpolation=None)
    config.read(PROJECT / ".sqlfluff")
    return re.findall(r"[\w']+", config["sqlfluff:rules:convention.blocked_words"]["blocked_words"])


# age(moment) counts from today; sqlfluff knows words alone, and a column may be called so
BLOCKED = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, blocked_words()))}|age(?=\s*\())(?!\w)", re.IGNORECASE)


def clocks_in_models(dbt_project: Path) -> list[str]:
    """Files and words. Macros and what Jinja hides are read here; sqlfluff sees what they become."""
    return [
        f"{path.relative_to(dbt_project)}: {word}"
        for folder in SQL_FOLDERS
        for path in sorted((dbt_project / folder).rglob("*.sql"))
        for word in words_in(path.read_text())
    ]


def words_in(sql: str) -> list[str]:
    """The blocked words of a text, comments left out."""
    return BLOCKED.findall(re.sub(r"\{#.*?#\}|/\*.*?\*/|--[^\n]*", "", sql, flags=re.S))


def clocks_in_python(package: Path) -> list[str]:
    """Modules and the clock or dice they read, in Python or in SQL of their own."""
    found = set()
    for module, path in modules(package).items():
        found |= {f"{module} reads {name}" for name in imports_of(path) if not is_at_home(module, name)}
        found |= {f"{module} asks for {word}" for text in queries_in(path) for word in words_in(text)}
    return sorted(found)


def is_at_home(module: str, name: str) -> bool:
    homes = [homes for clock, homes in HOMES.items() if f"{name}.".startswith(f"{clock}.")]
    return all(any(f"{module}.".startswith(f"{home}.") for home in allowed) for allowed in homes)


def queries_in(path: Path) -> Iterator[str]:
    """Texts with a `select`, but for docstrings; what is filled in is left out."""
    nodes = [*ast.walk(ast.parse(path.read_text()))]
    docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        parts = node.values if isinstance(node, ast.JoinedStr) else [node] if node not in docstrings else []
        text = " ".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
        if re.search(r"\bselect\b", text):
            yield text


def test_models_read_one_clock_and_roll_no_dice() -> None:
    assert clocks_in_models(DBT_PROJECT) == []


def test_python_that_decides_reads_one_clock_and_rolls_no_dice() -> None:
    assert clocks_in_python(PACKAGE) == []


@pytest.mark.parametrize("word", [*blocked_words(), "age(born_at)", "Now()", "current_timestamp::date"])
def test_a_planted_clock_is_found_in_a_model(tmp_path: Path, word: str) -> None:
    model = tmp_path / "models" / "marts" / "customers.sql"
    model.parent.mkdir(parents=True)
    model.write_text(f"select customer_id from orders where ordered_at < {word}\n")
    assert [line.partition(": ")[0] for line in clocks_in_models(tmp_path)] == ["models/marts/customers.sql"]


@pytest.mark.parametrize(
    "text",
    [
        "todays_orders, now_known, is_random, days.localtimes, age, average(age_days)",
        "-- who is here now\nselect 1  -- until today",
        "{# not\nnow() #}",
        "/* current_date */ select 1",
    ],
)
def test_a_word_that_only_holds_a_clocks_name_is_none(text: str) -> None:
    assert words_in(text) == []


def test_sqlfluff_refuses_a_planted_clock() -> None:
    """The words stand in its settings in a way it reads: over several lines, some in quotes."""
    from sqlfluff.core import FluffConfig, Linter

    linter = Linter(FluffConfig.from_path(str(PROJECT), overrides={"rules": "convention.blocked_words"}))
    found = linter.lint_string("select today() as a, date 'now' as b, localtime as c, orders.now_known\nfrom orders\n")
    assert [error.line_pos for error in found.violations] == [8, 27, 39]


@pytest.mark.parametrize(
    ("module", "line", "found"),
    [
        ("gate/gate.py", "from datetime import datetime\ndatetime.now(UTC)", "gate.gate reads datetime.datetime.now"),
        ("gate/gate.py", "import datetime as dt\ndt.date.today()", "gate.gate reads datetime.date.today"),
        ("delivery/delivery.py", "from time import time", "delivery.delivery reads time.time"),
        ("journeys/keys.py", "import random", "journeys.keys reads random"),
        ("journeys/keys.py", "import numpy as np\nnp.random.default_rng()", "reads numpy.random.default_rng"),
        ("customers/clv.py", "from uuid import uuid4", "customers.clv reads uuid.uuid4"),
        (
            "warehouse/tables.py",
            "from stammis.core import clock\nclock.utc_now()",
            "warehouse.tables reads stammis.core.clock.utc_now",
        ),
        ("warehouse/tables.py", "QUERY = f'select today() from {CLOCK}'", "warehouse.tables asks for today"),
    ],
)
def test_a_planted_clock_is_found_in_python(tmp_path: Path, module: str, line: str, found: str) -> None:
    (tmp_path / module).parent.mkdir()
    (tmp_path / module).write_text(f"{line}\n")
    assert found in " ".join(clocks_in_python(tmp_path))
