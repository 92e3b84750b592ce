"""The house holds: what may stand at the top, and who may import whom."""

import ast
import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "stammis"

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
    ".gitignore",
    ".git-blame-ignore-revs",
    ".pre-commit-config.yaml",
    ".sqlfluff",
    ".github",
}

# A module imports only from the lines above its own; words first, entry points last.
FLOORS = [
    {"messages", "ledger_rows", "warehouse_tables"},
    {"settings"},
    {"yaml_files", "codes", "tombstones", "ledger_tables", "migrations", "clv", "clv_files"},
    {
        "landing_contracts",
        "landing_lines",
        "landing_files",
        "landing_rows",
        "landing_columns",
        "landing_manifest",
        "landing_people",
        "landing_scrub",
        "landing_arrivals",
        "ledger_statements",
        "ledger_codes",
        "ledger_export",
        "ledger_reader",
        "branches",
        "bases",
    },
    {"brand", "grammar", "grammar_braces", "markup", "markup_tags", "wording", "journeys", "profiles"},
    {
        "intake",
        "intake_file",
        "data_folder",
        "ledger",
        "ledger_erasure",
        "rendering",
        "published",
        "channels",
        "events",
        "inbox",
    },
    {
        "linting",
        "warehouse",
        "warehouse_emptied",
        "gate",
        "gates",
        "delivery",
        "explanation",
        "operations",
        "alarms",
        "demo",
        "sandbox",
        "valuation",
    },
    {"reconcile", "erasure"},
    {"held"},
    {"cycle", "cycle_told", "previews"},
    {"commands"},
    {"__main__"},
]
# Modules of one noun may lean on each other within their floor.
FAMILIES = (
    "landing_",
    "intake",
    "erasure",
    "demo",
    "ledger_",
    "grammar",
    "brand",
    "markup",
    "wording",
    "journeys",
    "sandbox",
    "gate",
    "cycle",
)
WINGS = ("demo", "sandbox", "gate", "erasure", "inbox")  # rooms of many modules, all on one floor

ONLY_HOMES = {
    "duckdb": {"warehouse", "warehouse_emptied", "intake", "intake_file", "published", "demo_tables", "gate_tables"},
    "sqlalchemy": {
        "ledger",
        "ledger_tables",
        "ledger_statements",
        "ledger_codes",
        "ledger_export",
        "ledger_reader",
        "ledger_erasure",
        "migrations",
        "gate_suites",
    },
    "dbt": {"warehouse"},
    "scipy": {"clv"},
    "great_expectations": {"gate_suites"},
    "sendgrid": {"channels"},
    "twilio": {"channels"},
    "paramiko": {"inbox_sftp"},
    "prefect": set(),
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor_name(room: str) -> str:
    return next((wing for wing in WINGS if room.startswith(f"{wing}_")), room)


def imports_of(path: Path) -> set[str]:
    """Dotted names a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py"]


def test_only_the_agreed_names_stand_at_the_top() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert {line.split("/")[0] for line in tracked.splitlines()} - TOP_LEVEL == set()


def test_every_module_has_its_floor() -> None:
    assert {floor_name(room_of(path)) for path in modules()} - set().union(*FLOORS) == set()


def test_imports_only_look_down() -> None:
    floor_of = {room: number for number, floor in enumerate(FLOORS) for room in floor}
    wrong = []
    for path in modules():
        room = floor_name(room_of(path))
        for name in imports_of(path):
            if not name.startswith("stammis."):
                continue
            other = floor_name(name.split(".")[1])
            if other == room or other not in floor_of:
                continue
            family = [prefix for prefix in FAMILIES if room.startswith(prefix) or other.startswith(prefix)]
            beside = floor_of[other] == floor_of[room] and family
            if floor_of[other] >= floor_of[room] and not beside:
                wrong.append(f"{room} imports {other}")
    assert wrong == []


def test_each_library_has_its_only_home() -> None:
    wrong = [
        f"{path.relative_to(PROJECT)} imports {library}"
        for path in modules()
        for library, homes in ONLY_HOMES.items()
        if room_of(path) not in homes and any(name.split(".")[0] == library for name in imports_of(path))
    ]
    assert wrong == []


def test_flows_import_only_prefect_and_the_package() -> None:
    standard = {"argparse", "collections", "contextlib", "datetime", "os", "pathlib", "typing"}
    for path in sorted((PROJECT / "flows").glob("*.py")):
        allowed = {"prefect", "prefect_dbt", "pydantic", "stammis"}  # a form's fields are pydantic's
        assert {name.split(".")[0] for name in imports_of(path)} - standard <= allowed


def test_a_flow_is_named_like_its_file() -> None:
    for path in sorted((PROJECT / "flows").glob("*.py")):
        if path.stem == "operate":  # the one file with several: the operators' forms
            continue
        functions = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
        assert path.stem in functions


def test_models_read_one_clock_and_roll_no_dice() -> None:
    forbidden = re.compile(r"\b(current_timestamp|current_date|now\(\)|get_current_timestamp|random\(\))", re.I)
    wrong = [
        str(path.relative_to(PROJECT))
        for folder in ("models", "macros", "data-tests")
        for path in sorted((PROJECT / "dbt_project" / folder).rglob("*.sql"))
        if forbidden.search(re.sub(r"--.*", "", path.read_text()))
    ]
    assert wrong == []


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


def test_no_more_than_twelve_libraries_beyond_the_stack() -> None:
    import tomllib

    stack = {"prefect", "dbt-duckdb", "duckdb", "jinja2", "sendgrid", "twilio", "great-expectations"}
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert len({re.split(r"[=<>]", name)[0] for name in wanted} - stack) <= 12
