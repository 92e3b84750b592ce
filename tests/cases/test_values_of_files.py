"""A text or number that no database or message can hold stops only the journey whose file has it; lint names it."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from stammis.core.settings import Settings
from stammis.core.yaml_files import YamlFault, read_mapping
from stammis.journeys.branches import KINDS, Branch
from stammis.rendering.linting import lint
from stammis.warehouse import published
from tests.support.cases import land_case
from tests.support.cycles import run_cycle
from tests.support.landing import ORDERS, land, order
from tests.support.moments import NOW
from tests.support.places import TEMPLATES

pytestmark = pytest.mark.xdist_group("cases")
WELCOME = (TEMPLATES / "welcome" / "journey.yaml").read_text()
TILL = 'when: {column: customers.joined_by, op: "=", value: till}'


@pytest.fixture
def own(own_project: Callable[[Path], Settings], tmp_path: Path) -> Settings:
    return own_project(tmp_path / "landing")


def welcome(settings: Settings, old: str, new: str) -> int:
    """Change the journey; returns the line on which the new text ends."""
    assert old in WELCOME
    (settings.templates / "welcome" / "journey.yaml").write_text(WELCOME.replace(old, new, 1))
    return (WELCOME.partition(old)[0] + new).count("\n") + 1


def line_of(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


@pytest.mark.parametrize(
    "text",
    ['"\\ud800"', '"\\udfff x"', '"\\ud83d\\ude00"', '"\\0"', '"a\\x01b"', "9" * 39, "9" * 5000, "0x" + "f" * 5000],
)
@pytest.mark.parametrize("place", ["title", "owner", "key", "step", "value", "listed", "goal", "wait"])
def test_what_no_database_holds_is_named_with_its_line(own: Settings, place: str, text: str) -> None:
    within = {
        "title": (line_of(WELCOME, "title:"), f"title: {text}"),
        "owner": (line_of(WELCOME, "owner:"), f"owner: {text}"),
        "key": (line_of(WELCOME, "owner:"), f"{text}: x"),
        "step": ("- name: gift", f"- name: {text}"),
        "value": (TILL, TILL.replace("till", text)),
        "listed": (TILL, f"when: {{column: customers.joined_by, op: in, value: [web, {text}]}}"),
        "goal": ("event: order", f"event: {text}"),
        "wait": ("- name: gift", f"- name: gift\n    wait: {text}"),
    }
    line = welcome(own, *within[place])
    (problem,) = lint(own.templates, own.dbt_project)
    assert (problem.journey, problem.line) == ("welcome", line)
    said = ("half a character", "the invisible character", "more than 38 digits", "is not YAML here")
    assert any(each in problem.message for each in said)  # the last of a key of 5,000 digits
    str(problem).encode()


@pytest.mark.parametrize("file", ["brand.yaml", "styles.yaml"])
def test_a_shared_file_with_half_a_character_is_named(own: Settings, file: str) -> None:
    path = own.templates / "_shared" / file
    path.write_text(path.read_text() + '\nx: "\\ud800"\n')
    (problem,) = lint(own.templates, own.dbt_project)
    assert (problem.journey, problem.file, problem.line) == (None, path, path.read_text().count("\n"))


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (b"offer,percent\nwin\0,15\n", "holds a NUL character on line 2"),
        (b"offer,percent\nx,1\nv\xe5r,15\n", "is not CSV in UTF-8 on line 3"),
    ],
)
def test_a_seed_that_nobody_can_read_is_named(own: Settings, contents: bytes, says: str) -> None:
    seed = own.dbt_project / "seeds" / "offers.csv"
    seed.write_bytes(contents)
    (problem,) = lint(own.templates, own.dbt_project)
    assert (problem.journey, problem.file, says in problem.message) == (None, seed, True)


@pytest.mark.parametrize("place", ["welcome/gift.k\udcf6p.email.sv.html", "v\udce4lkommen/journey.yaml"])
def test_a_name_that_is_not_utf8_is_a_problem_of_its_journey_and_can_be_printed(own: Settings, place: str) -> None:
    path = own.templates / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(WELCOME)
    (problem,) = lint(own.templates, own.dbt_project)
    assert problem.journey in ("welcome", "v\\udce4lkommen")
    f"{problem.journey} {problem}".encode()


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (
            "{column: customers.order_count, op: '=', value: 9223372036854775808}",
            "must be a number from -9223372036854",
        ),
        ("{column: customers.order_count, op: '=', value: %s}" % ("5" * 50), "more than 38 digits"),
        ("{column: customers.order_count, op: in, value: [1, 99999999999999999999]}", "must be a number from -"),
        ("{column: customers.order_count, op: '>', value: .nan}", "must be a number"),
        ("{column: customers.order_count, op: '>', value: -.inf}", "must be a number"),
        ("{column: customers.order_count, op: '>', value: 1e999}", "must be a number"),
        ("{column: customers.order_count, op: '>', value: false}", "must be a number"),
        ("{column: customers.net_total, op: '>', value: %s}" % 10**37, "must be a number from -"),
        ("{column: customers.net_total, op: '>', value: 1.0e300}", "must be a number from -"),
        ("{column: customers.joined_at, op: '>', value: '0000-13-45'}", "must be a date"),
        ("{column: customers.joined_at, op: '>', value: 0000-13-45}", "0000-13-45 is no day of the calendar"),
        ("{column: customers.joined_at, op: '>', value: '20251001'}", "must be a date"),
        ("{column: customers.joined_at, op: '>', value: 2025-W40-3}", "must be a date"),
        ("{column: customers.joined_at, op: '>', value: '2025-10-01T10'}", "must be a date"),
        ("{column: customers.joined_at, op: '>', value: '٢٠٢٥-10-01'}", "must be a date"),
        ("{column: customers.joined_by, op: '=', value: %s}" % ("x" * 201), "of at most 200 characters"),
        ("{column: customers.joined_by, op: in, value: [a, true]}", "must be a word"),
        ("{column: customers.has_engaged_lately, op: '=', value: 1}", "must be true or false"),
    ],
)
def test_a_condition_whose_value_does_not_fit_its_column_is_named(own: Settings, condition: str, says: str) -> None:
    twice = f"{{variant: joined_at_till, {TILL}}}"
    line = welcome(own, twice, f"{twice}\n      - {{variant: joined_at_till, when: {condition}}}")
    (problem,) = lint(own.templates, own.dbt_project)
    assert (problem.journey, problem.line, says in problem.message) == ("welcome", line, True), problem


VALUES = [0, 1, -1, 2.5, -1e18, 1e-300, 1e300, 2**31, 2**63, *(10**exponent for exponent in range(14, 39)), "x", "till"]
VALUES += [
    "2025-10-01",
    "0001-01-01",
    "9999-12-31",
    "2025-10-01 10:00",
    "2025-10-01T10:00:00.5Z",
    "2025-10-01T10:00+02:00",
]
VALUES += ["0000-01-01", "20251001", "2025-10-01T10", "2025-10-01T10:00:00,5", "", "x" * 200, "it's", True, False]


@pytest.mark.parametrize("kind", [*KINDS, "decimal(18,2)", "decimal(38,2)", "decimal(38,10)", "numeric(10)"])
def test_the_database_compares_each_value_that_fits(kind: str) -> None:
    fitting = 0
    with duckdb.connect() as database:
        database.execute(f"create table customers (x {kind})")
        database.execute("insert into customers select null from range(2)")
        for value in VALUES:
            if Branch("v", "x", "=", value).unlike(kind) is None:
                is_number = isinstance(value, int | float) and not isinstance(value, bool)
                shown = str(value) if is_number else "'" + str(value).replace("'", "''") + "'"
                database.execute(f"select count(*) from customers where x = {shown} or x in ({shown})")
                fitting += 1
    assert fitting >= 2


def test_yaml_that_merges_a_mapping_is_read_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "journey.yaml"
    file.write_text('a: 1\nb:\n  <<: {title: "\\ud800"}\n')
    with pytest.raises(YamlFault) as fault:
        read_mapping(file)
    assert fault.value.line in (2, 3)


def test_a_run_holds_only_the_journeys_with_such_values(own: Settings) -> None:
    land_case(own, "contain_address", part=".")
    land(own, "shopify/orders_export_1.csv", ORDERS + order(1))
    welcome(own, TILL, TILL.replace("till", "5" * 50).replace("joined_by", "order_count"))
    win_back = own.templates / "win_back" / "journey.yaml"
    win_back.write_text(win_back.read_text().replace("title: Win back quiet customers", 'title: "Win \\ud800 back"'))
    (own.templates / "tier_nudge" / os.fsdecode(b"nudge.\xf6.email.sv.html")).write_text("x")
    nudge = next((own.templates / "tier_nudge").glob("*.email.sv.html")).name.split(".")[0]
    (own.templates / "tier_nudge" / os.fsdecode(nudge.encode() + b".\xf6.email.sv.html")).write_text("x")
    cycle = run_cycle(own, NOW)
    held = published.rows(own, "select distinct journey from {held_journeys} order by journey")
    assert [row["journey"] for row in held] == ["tier_nudge", "welcome", "win_back"]
    assert cycle.has_outbox
