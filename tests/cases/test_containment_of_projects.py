"""One bad template, journey, condition or address stops only itself, in lint, in a run and in a delivery."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from stammis.channels.file import FileChannel
from stammis.core.settings import Settings
from stammis.core.yaml_files import YamlFault, read_mapping
from stammis.journeys import read_journeys
from stammis.rendering.linting import lint
from stammis.warehouse import published
from tests.support.cases import CASES, land_case
from tests.support.cycles import run_cycle
from tests.support.landing import ORDERS, land, order
from tests.support.messages import message
from tests.support.moments import NOW
from tests.support.places import TEMPLATES

pytestmark = pytest.mark.xdist_group("cases")
WELCOME = (TEMPLATES / "welcome" / "journey.yaml").read_text()
BRANCH = 'when: {column: customers.order_count, op: "=", value: 0}'


def say(settings: Settings, template: str) -> None:
    file = settings.templates / "win_back" / "your_code.email.en.html"
    file.write_text(file.read_text().replace("{% block body %}", "{% block body %}" + template, 1))


def ask(settings: Settings, condition: str) -> None:
    file = settings.templates / "welcome" / "journey.yaml"
    before = WELCOME[WELCOME.index("when: ") : WELCOME.index("}}", WELCOME.index("when: ")) + 1]
    file.write_text(WELCOME.replace(before, f"when: {condition}"))


@pytest.fixture
def own(own_project: Callable[[Path], Settings], tmp_path: Path) -> Settings:
    return own_project(tmp_path / "landing")


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{% autoescape false %}{{ customer.first_name }}{% endautoescape %}", "`autoescape` would let"),
        ("{{ " + "9" * 6000 + " }}", "a number here is none"),
        ("{% if " + "9" * 6000 + " %}x{% endif %}", "a number here is none"),
        ('{{ "\\ud800" }}', "half a one"),
        ('{{ "\\x00" }}', "an invisible character"),
        ("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", "is nested too deeply"),
        ("{{ customer" + ".x" * 5000 + " }}", "is nested too deeply"),
        ("{{ " + "not " * 3000 + "customer.first_name }}", "is nested too deeply"),
        ("{% if customer.first_name %}" * 500 + "{% endif %}" * 500, "is nested too deeply"),
    ],
)
def test_a_template_that_jinja_stumbles_over_is_a_problem_of_its_journey(
    own: Settings, template: str, says: str
) -> None:
    say(own, template)
    problems = lint(own.templates, own.dbt_project)
    assert {problem.journey for problem in problems} == {"win_back"}
    assert any(says in problem.message for problem in problems), problems


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ('{column: customers.order_count, op: ">", value: many}', "must be a number"),
        ('{column: customers.order_count, op: ">", value: "5"}', "must be a number"),
        ('{column: customers.order_count, op: ">", value: true}', "must be a number"),
        ('{column: customers.order_count, op: ">", value: .inf}', "must be a number"),
        ("{column: customers.net_total, op: in, value: [1, few]}", "must be a number"),
        ('{column: customers.joined_at, op: ">", value: 5}', "must be a date, as in 2025-10-01"),
        ('{column: customers.joined_at, op: ">", value: yesterday}', "must be a date, as in 2025-10-01"),
        ('{column: customers.joined_by, op: "=", value: 5}', "must be a word"),
        ("{column: customers.joined_by, op: in, value: [web, 5]}", "must be a word"),
        ('{column: customers.has_engaged_lately, op: "=", value: "yes"}', "must be true or false"),
        ('{column: customers.has_engaged_lately, op: ">", value: true}', "must be compared by = or !="),
    ],
)
def test_a_condition_whose_value_is_of_another_type_is_a_problem_of_its_journey(
    own: Settings, condition: str, says: str
) -> None:
    ask(own, condition)
    (problem,) = lint(own.templates, own.dbt_project)
    assert (problem.journey, problem.line is not None) == ("welcome", True)
    assert says in problem.message


@pytest.mark.parametrize(
    "condition",
    [
        '{column: customers.order_count, op: ">", value: 5}',
        '{column: customers.net_total, op: "<=", value: 99.5}',
        '{column: customers.joined_at, op: ">", value: 2025-10-01}',
        '{column: customers.joined_at, op: ">", value: "2025-10-01 10:00"}',
        '{column: customers.joined_by, op: "=", value: till}',
        '{column: customers.joined_by, op: "=", value: "5"}',
        "{column: customers.has_engaged_lately, op: in, value: [true, false]}",
    ],
)
def test_a_condition_of_its_columns_type_is_none(own: Settings, condition: str) -> None:
    ask(own, condition)
    assert lint(own.templates, own.dbt_project) == []


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "[" * 20_000 + "]" * 20_000,
        "a: " + "[" * 20_000,
        "a: " + "{a: " * 20_000,
        "a: " + "9" * 6000,
        "a: !!timestamp x",
        "a: !!int x",
        "a: 2025-01-01T99:00:00",
        "? " * 3000,
        "#" * 2_000_000,
        "a: [" + "'" * 99_999,
    ],
)
def test_a_yaml_file_that_its_parser_stumbles_over_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "journey.yaml"
    file.write_text(text)
    with pytest.raises(YamlFault):
        read_mapping(file)


def test_what_nobody_foresaw_of_a_journey_stops_only_itself(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(file: Path) -> object:
        if file.parent.name == "welcome":
            raise KeyError("somebody")
        return read_mapping(file)

    monkeypatch.setattr("stammis.core.yaml_files.read_mapping", fails)
    journeys, (problem,) = read_journeys(own.templates)
    assert len(journeys) == 4
    assert problem.journey == "welcome"
    assert "an error nobody foresaw, KeyError" in problem.message and "somebody" not in problem.message


@pytest.mark.parametrize(
    "address", ["anna@", "bo@[1.2.3.4", "@", "a b@", "x@y\nz", "\ud800@x.example", "", "<>", "a@[", '"']
)
def test_an_address_that_no_mail_can_go_to_fails_alone(tmp_path: Path, address: str) -> None:
    channel = FileChannel(tmp_path, "email")
    good = [message(send_id="s1", message_id="m1"), message(send_id="s3", message_id="m3")]
    outcomes = channel.send([good[0], message(send_id="s2", message_id="m2", address=address), good[1]])
    assert [outcome.state for outcome in outcomes][::2] == ["accepted", "accepted"]


def test_a_run_goes_on_with_all_others(own: Settings) -> None:
    land_case(own, "contain_address", part=".")
    for name in list((own.landing).glob("members*")):
        (own.landing / "pos").mkdir(exist_ok=True)
        name.rename(own.landing / "pos" / name.name)
    land(own, "shopify/orders_export_1.csv", ORDERS + order(1))
    shutil.copy(CASES / "contain_template" / "your_code.email.en.html", own.templates / "win_back")
    shutil.copy(CASES / "contain_branch" / "journey.yaml", own.templates / "welcome")
    cycle = run_cycle(own, NOW)
    assert {problem.journey for problem in cycle.problems} == {"win_back", "welcome"}
    held = published.rows(own, "select distinct journey from {held_journeys} order by journey")
    assert [row["journey"] for row in held] == ["welcome", "win_back"]
    people = published.rows(own, "select email from {customers} order by email nulls last")
    assert [row["email"] for row in people] == ["a@b.example", None, None]
