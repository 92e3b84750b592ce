"""The house holds: what may stand at the top, which package may import which, and how large a room may grow."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from stammis.core.settings import PROJECT
from tests.support.rooms import AT_THE_EDGE, ORDER, PACKAGE, imports_of, modules, own_imports

TOP_LEVEL = {
    "flows",
    "stammis",
    "dbt_project",
    "templates",
    "tests",
    "docs",
    "prefect.yaml",
    "pyproject.toml",
    "requirements.lock",
    "Makefile",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "Dockerfile",
    ".ci",
    ".dockerignore",
    ".gitignore",
    ".git-blame-ignore-revs",
    ".github",
    ".pre-commit-config.yaml",
    ".sqlfluff",
}

# The packages and modules that may import a library; everybody else asks them. What is not listed has no home.
ONLY_HOMES = {
    "alembic": {"ledger.migrations"},
    "babel": {"rendering"},
    "dbt": {"warehouse.dbt_runner"},
    "duckdb": {"warehouse", "intake.store", "gate.tables", "demo.tables", "ledger.export"},
    "duckdb_engine": {"gate.suites"},
    "email_validator": {"channels.email_sendgrid"},
    "great_expectations": {"gate.suites"},
    "idna": {"core.identifiers"},
    "jinja2": {"rendering"},
    "numpy": {"customers.clv", "demo", "ledger.export"},
    "paramiko": {"intake.collect.sftp"},
    "phonenumbers": {"core.identifiers"},
    "pyarrow": {"core.damage", "privacy", "intake.scrub", "delivery.reconcile", "warehouse.valuations", "demo.tables"},
    "python_http_client": {"channels.email_sendgrid"},
    "rich": {"commands", "customers.explanation"},
    "ruamel": {"core.yaml_files", "journeys", "intake.contracts", "rendering.brand", "commands.dbt"},
    "scipy": {"customers.clv"},
    "sendgrid": {"channels.email_sendgrid"},
    "smsutil": {"rendering.wording"},
    "sqlalchemy": {"ledger", "gate.suites"},
    "sqlite3": {"ledger", "privacy.places"},  # Python's own, but a database
    "twilio": {"channels.sms_twilio"},
    "typer": {"commands"},
}
# What imports by a name that only running it tells, or runs a text; and who needs it.
LOADS_CODE = {"importlib", "runpy", "pkgutil", "imp", "zipimport", "builtins"}
MAY_LOAD = {"commands: importlib.import_module", "warehouse.project_files: importlib.metadata.version"}
COMES_WITH = {"python_http_client": "sendgrid"}  # libraries of a library, which its users import beside it
MOST_MODULES = 20  # in a folder; commands/ has one for each noun of the command line


def wrong_ways(package: Path) -> list[str]:
    """Imports that look up or across, reach for an underscore name, or leave the edge."""
    floor = {room: -number for number, floor in enumerate(ORDER) for room in floor}
    floor |= {"__main__": 1, "": -len(ORDER)}  # above all, and stammis/__init__.py below all
    return sorted(_wrong_ways(own_imports(package), floor))


def _wrong_ways(imports: dict[str, set[str]], floor: dict[str, int]) -> Iterator[str]:
    for module, names in imports.items():
        room = module.split(".")[0]
        if room not in floor:
            yield f"{module} is in no package of the list"
        for name in names if room in floor else ():
            other = name.split(".")[0]
            if other == room:
                continue
            if other not in floor or floor[other] >= floor[room]:
                yield f"{module or 'stammis'} imports {name}, which is not below it"
            elif other in AT_THE_EDGE and room not in {"commands", *AT_THE_EDGE}:
                yield f"{module} imports {name}, which is at the edge"
            elif any(re.match(r"_(?!_.+__$)", part) for part in name.split(".")):
                yield f"{module} imports {name}, which is {other}'s own"


def circle(package: Path) -> list[str]:
    """Modules that import each other in a round; empty where there is none."""
    known = {*modules(package)}
    graph = {
        module: {_module_of(name, known) for name in names} - {module} for module, names in own_imports(package).items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _module_of(name: str, known: set[str]) -> str:
    """The module in which a dotted name stands."""
    while name not in known:
        name = name.rpartition(".")[0]
    return name


def strangers(package: Path) -> list[str]:
    """Modules that import a library which has its only home elsewhere, or none."""
    own = {"stammis", "", *sys.stdlib_module_names} - {*ONLY_HOMES}  # the empty one begins a relative import
    return [
        f"{module} imports {library}"
        for module, path in modules(package).items()
        for library in sorted({name.split(".")[0] for name in imports_of(path)} - own)
        if not any(module == home or module.startswith(f"{home}.") for home in ONLY_HOMES.get(library, ()))
    ]


def unreadable(package: Path) -> list[str]:
    """Imports that these tests cannot read: relative ones, and what is loaded by a name that only running it tells."""
    found = {
        f"{module}: {name}"
        for module, path in modules(package).items()
        for name in imports_of(path)
        if name.startswith(".") or name.split(".")[0] in LOADS_CODE
    }
    return sorted(found - MAY_LOAD)


def undeclared(package: Path) -> list[str]:
    """Imports of what is neither Python's nor in pyproject.toml: a library's own library, flows, tests."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = [names for extra, names in project["optional-dependencies"].items() if extra != "dev"]
    wanted = {_plain(re.split(r"[\[=<>]", name)[0]) for name in sum(extras, project["dependencies"])}
    known = {"stammis", "", *sys.stdlib_module_names, *COMES_WITH}
    known |= {each for each, names in packages_distributions().items() if wanted & {*map(_plain, names)}}
    return sorted(
        f"{module or 'stammis'} imports {name}, which pyproject.toml does not name"
        for module, path in modules(package).items()
        for name in {name.split(".")[0] for name in imports_of(path)} - known
    )


def _plain(name: str) -> str:
    """A library's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def crowded(package: Path) -> list[str]:
    """Folders that hold more modules than one can keep in mind."""
    folders = {path.parent for path in modules(package).values()} - {package / "commands"}
    counts = {folder: len([*folder.glob("*.py")]) - 1 for folder in folders}  # but for __init__.py
    return [f"{folder.name}: {count}" for folder, count in sorted(counts.items()) if count > MOST_MODULES]


def test_only_the_agreed_names_stand_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[0] for line in tracked.splitlines()} - TOP_LEVEL == set()


def test_every_package_has_its_line() -> None:
    assert {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.glob("*/**/*.py")} - set().union(*ORDER) == set()
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_every_package_says_what_it_is() -> None:
    silent = [str(path) for path in PACKAGE.rglob("__init__.py") if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_packages_import_only_downwards() -> None:
    assert wrong_ways(PACKAGE) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle(PACKAGE) == []


def test_each_library_has_its_only_home() -> None:
    assert strangers(PACKAGE) == []


def test_every_import_can_be_read() -> None:
    assert unreadable(PACKAGE) == []


def test_each_library_is_declared() -> None:
    assert undeclared(PACKAGE) == []


def test_no_folder_is_crowded() -> None:
    assert crowded(PACKAGE) == []


@pytest.mark.parametrize(
    ("module", "line", "check", "found"),
    [
        ("core/settings.py", "from stammis.ledger import Ledger", wrong_ways, "core.settings imports ledger.Ledger"),
        (
            "journeys/branches.py",
            "from stammis.ledger.rows import Doubt",
            wrong_ways,
            "journeys.branches imports ledger",
        ),
        ("delivery/delivery.py", "from stammis.gate import gate", wrong_ways, "delivery.delivery imports gate.gate"),
        ("run/report.py", "from stammis.demo import AS_OF", wrong_ways, "run.report imports demo.AS_OF"),
        ("demo/demo.py", "import stammis.sandbox", wrong_ways, "demo.demo imports sandbox"),
        ("newroom/module.py", "import stammis.commands", wrong_ways, "newroom.module is in no package of the list"),
        ("gate/gate.py", "from stammis.intake.rows import _kept", wrong_ways, "which is intake's own"),
        ("intake/files.py", "def late():\n    import stammis.intake.lines", circle, "intake.lines"),
        ("customers/profiles.py", "import duckdb", strangers, "customers.profiles imports duckdb"),
        ("delivery/delivery.py", "def late():\n    import twilio.rest", strangers, "delivery.delivery imports twilio"),
        ("run/cycle.py", "import prefect_dbt", strangers, "run.cycle imports prefect_dbt"),
        ("run/report.py", "import python_http_client", strangers, "run.report imports python_http_client"),
        ("core/sql.py", "import sqlite3", strangers, "core.sql imports sqlite3"),
        ("warehouse/warehouse.py", "import adbc_driver_duckdb.dbapi", strangers, "imports adbc_driver_duckdb"),
        # by a name that only running it would tell
        ("core/sql.py", "from importlib import import_module as load\nload('x')", unreadable, "core.sql: importlib.im"),
        ("core/sql.py", "import importlib\nload = importlib.import_module", unreadable, "core.sql: importlib"),
        ("core/sql.py", "from importlib import *", unreadable, "core.sql: importlib.*"),
        ("warehouse/project.py", "import importlib\ngetattr(importlib, 'import_module')", unreadable, "importlib"),
        ("commands/clv.py", "import importlib\nimportlib.import_module('x')", unreadable, "commands.clv: importlib"),
        ("core/sql.py", "import runpy\nrunpy.run_module('stammis.run')", unreadable, "core.sql: runpy"),
        ("core/sql.py", "from pkgutil import resolve_name", unreadable, "core.sql: pkgutil.resolve_name"),
        ("gate/gate.py", "import builtins as b\nb.exec('import stammis.run')", unreadable, "gate.gate: builtins"),
        ("gate/gate.py", "load = __import__", unreadable, "gate.gate: builtins.__import__"),
        ("gate/gate.py", "exec('import stammis.run')", unreadable, "gate.gate: builtins.exec"),
        ("gate/gate.py", "eval('1')", unreadable, "gate.gate: builtins.eval"),
        # relative
        ("core/sql.py", "from .. import ledger", unreadable, "core.sql: ..ledger"),
        ("intake/files.py", "from . import lines", unreadable, "intake.files: .lines"),
        (
            "gate/gate.py",
            "def late():\n    from ..delivery.delivery import send",
            unreadable,
            "..delivery.delivery.send",
        ),
        # by the way there, and not by an import of its own
        ("core/sql.py", "import stammis\nstammis.ledger.Ledger", wrong_ways, "core.sql imports ledger.Ledger"),
        ("core/sql.py", "import stammis as all\nprint(all.run.cycle.PHASES)", wrong_ways, "core.sql imports run.cycle"),
        ("gate/gate.py", "from stammis.intake import rows\nrows._judge", wrong_ways, "intake.rows._judge, which is"),
        ("gate/gate.py", "from stammis import intake\nintake.rows._judge()", wrong_ways, "which is intake's own"),
        ("intake/files.py", "import stammis\nstammis.intake.lines.Line", circle, "intake.lines"),
        # from the modules that stand in no package
        ("__init__.py", "from stammis.ledger import Ledger", wrong_ways, "stammis imports ledger.Ledger"),
        ("__main__.py", "import stammis.sandbox", wrong_ways, "__main__ imports sandbox"),
        # what is not ours to import
        ("__init__.py", "import requests", undeclared, "stammis imports requests"),
        ("core/sql.py", "import flows.send_due", undeclared, "core.sql imports flows"),
        ("core/sql.py", "from tests.support import canary", undeclared, "core.sql imports tests"),
        ("core/sql.py", "import pytest", undeclared, "core.sql imports pytest"),
    ],
)
def test_a_planted_import_is_found(tmp_path: Path, module: str, line: str, check: object, found: str) -> None:
    assert callable(check)
    shutil.copytree(PACKAGE, tmp_path / "stammis", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "stammis" / module).parent.mkdir(exist_ok=True)
    with (tmp_path / "stammis" / module).open("a") as file:
        file.write(f"\n\n{line}\n")
    assert found in " ".join(check(tmp_path / "stammis"))


def test_one_module_too_many_is_found(tmp_path: Path) -> None:
    for number in range(MOST_MODULES + 1):
        (tmp_path / "stammis" / "gate").mkdir(parents=True, exist_ok=True)
        (tmp_path / "stammis" / "gate" / f"module_{number}.py").touch()
    (tmp_path / "stammis" / "gate" / "__init__.py").touch()
    assert crowded(tmp_path / "stammis") == [f"gate: {MOST_MODULES + 1}"]


def test_flows_import_only_prefect_and_the_package() -> None:
    standard = {"argparse", "collections", "contextlib", "datetime", "os", "pathlib", "typing", "uuid"}
    for path in sorted((PROJECT / "flows").rglob("*.py")):
        allowed = {"prefect", "prefect_dbt", "pydantic", "stammis"}  # a form's fields are pydantic's
        assert {name.split(".")[0] for name in imports_of(path)} - standard <= allowed


def test_a_flow_is_named_like_its_file() -> None:
    for path in sorted((PROJECT / "flows").glob("*.py")):
        if path.stem == "operate":  # the one file with several: the operators' forms
            continue
        functions = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        assert path.stem in functions


def test_engine_functions_stand_in_macros_only() -> None:
    engine = re.compile(
        r"\b(regexp_\w+|json_extract\w*|timezone|date_diff|date_sub|string_agg|strftime|strip_accents|read_\w+)\s*\(",
        re.I,
    )
    wrong = [
        str(path.relative_to(PROJECT))
        for path in sorted((PROJECT / "dbt_project" / "models").rglob("*.sql"))
        if engine.search(re.sub(r"\{#.*?#\}|--.*", "", path.read_text(), flags=re.S))
    ]
    assert wrong == []


def test_nobody_is_known_by_the_engines_own_hash() -> None:
    """DuckDB's hash() gives texts that differ in two places one number: strangers would be one person."""
    written = [*(PROJECT / "dbt_project").rglob("*.sql"), *(PROJECT / "dbt_project" / "models").rglob("*.yml")]
    told = {path.name: re.sub(r"\{#.*?#\}|--.*", "", path.read_text(), flags=re.S) for path in written}
    assert [name for name, text in told.items() if re.search(r"(?<!\w)hash\(", text)] == []


def test_the_lock_names_no_address() -> None:
    assert "://" not in (PROJECT / "requirements.lock").read_text()


def test_at_most_twenty_libraries_beyond_the_stack_each_with_its_reason() -> None:
    stack = {"prefect", "dbt-duckdb", "duckdb", "jinja2", "sendgrid", "twilio", "great-expectations"}
    text = (PROJECT / "pyproject.toml").read_text()
    wanted = {re.split(r"[=<>]", name)[0] for name in tomllib.loads(text)["project"]["dependencies"]} - stack
    assert len(wanted) <= 20
    assert [name for name in sorted(wanted) if not re.search(rf'"{name}[=<>][^"]*", +# \w', text)] == []


TESTS = PROJECT / "tests"
FREE_FOLDERS = {".", "cases", "dbt"}  # tests of the whole project, of kinds of input, and of its models
# Each of these holds several modules of its package to one promise; every other test is named for the one it tests.
PROMISES = {
    "commands/test_commands.py",
    "flows/test_refusals.py",
    "delivery/test_kills.py",
    "demo/test_truth_journeys.py",
    "gate/test_traps.py",
    "intake/test_documents.py",
    "ledger/test_migrations.py",
    "ledger/test_refusals.py",
    "privacy/test_erasure_spellings.py",
    "privacy/test_erasure_sources.py",
    "run/test_bad_days.py",
    "run/test_history.py",
    "run/test_late_facts.py",
    "run/test_restore.py",
    "run/test_sample_exports.py",
    "sandbox/test_rules.py",
}


def strays(tests: Path) -> list[str]:
    """Test files that are named for no module of the package whose folder they stand in."""
    found = []
    for path in sorted(tests.rglob("test_*.py")):
        place = path.relative_to(tests)
        home = PROJECT if place.parts[0] == "flows" else PACKAGE
        module = home / place.parent / f"{path.stem.removeprefix('test_')}.py"
        if place.parent.as_posix() not in FREE_FOLDERS and not module.exists():
            found.append(place.as_posix())
    return found


def test_a_test_stands_where_its_module_does() -> None:
    assert strays(TESTS) == sorted(PROMISES)


def test_a_test_without_a_module_is_found(tmp_path: Path) -> None:
    for place in ("gate/test_gate.py", "gate/test_cycle.py", "nowhere/test_gate.py", "flows/test_erase.py"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()
    assert strays(tmp_path) == ["gate/test_cycle.py", "nowhere/test_gate.py"]


def test_no_test_imports_another() -> None:
    shared = re.compile(r"tests\.(.+\.)?(test_|conftest)")
    assert [str(path) for path in TESTS.rglob("*.py") if any(map(shared.match, imports_of(path)))] == []
