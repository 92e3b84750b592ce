"""A step may speak differently to some: the branch names who, the file's name which wording."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from stammis.core.errors import TemplateError
from stammis.journeys import Branch, Step, read_journeys
from stammis.rendering import Renderer, lint
from stammis.rendering.samples import read_samples, sample_due
from tests.support.places import TEMPLATES

OURS = '{variant: joined_at_till, when: {column: customers.joined_by, op: "=", value: till}}'


def gift(templates: Path) -> Step:
    journeys, problems = read_journeys(templates)
    assert problems == []
    return next(journey for journey in journeys if journey.name == "welcome").steps[0]


def with_branch(templates: Path, branch: str) -> int:
    """Writes another branch in place of ours; returns its line."""
    file = templates / "welcome" / "journey.yaml"
    text = file.read_text()
    assert OURS in text
    file.write_text(text.replace(OURS, branch))
    return text.partition(OURS)[0].count("\n") + 1


def test_a_branch_is_read_as_it_is_written() -> None:
    assert gift(TEMPLATES).branches == (Branch("joined_at_till", "customers.joined_by", "=", "till"),)
    assert gift(TEMPLATES).variants == (None, "joined_at_till")


@pytest.mark.parametrize(
    ("condition", "op", "value"),
    [
        ("{column: memberships.points_balance, op: '>=', value: 500}", ">=", 500),
        ("{column: customers.net_total, op: <, value: 12.5}", "<", 12.5),
        ("{column: customers.joined_by, op: in, value: [web, till]}", "in", ("web", "till")),
        ("{column: customers.joined_at, op: '>', value: 2025-11-01}", ">", "2025-11-01"),
        ("{column: customers.has_visited_lately, op: '!=', value: true}", "!=", True),
    ],
)
def test_a_condition_compares_with_a_plain_value(templates: Path, condition: str, op: str, value: object) -> None:
    with_branch(templates, f"{{variant: joined_at_till, when: {condition}}}")
    (branch,) = gift(templates).branches
    assert (branch.op, branch.value) == (op, value)
    assert type(branch.value) in (str, int, float, bool, tuple), "nothing of the file's layout comes along"


@pytest.mark.parametrize(
    ("branch", "says"),
    [
        ("joined_at_till", "each branch has a variant and its condition"),
        ("{variant: joined_at_till}", "`when` is missing"),
        ("{when: {column: customers.joined_by, op: '=', value: till}}", "`variant` is missing"),
        ("{variant: At till, when: {column: customers.joined_by, op: '=', value: till}}", "must be one word"),
        ("{variant: a, if: b, when: {column: customers.joined_by, op: '=', value: till}}", "`if` is not a key here"),
        ("{variant: a, when: till}", "must say column, op and value"),
        ("{variant: a, when: {column: customers.joined_by, op: '='}}", "`value` is missing"),
        ("{variant: a, when: {column: customers.joined_by, op: '==', value: till}}", "did you mean `=`?"),
        ("{variant: a, when: {column: customers.joined_by, op: =, value: till}}", 'in quotes, as in op: "="'),
        ("{variant: a, when: {column: customers.joined_by, op: like, value: till}}", "must be = or != or >"),
        ("{variant: a, when: {column: joined_by, op: '=', value: till}}", "must be a column of customers or"),
        ("{variant: a, when: {column: 'customers.a; drop', op: '=', value: till}}", "must be a column of customers or"),
        ("{variant: a, when: {column: customers.joined_by, op: '=', value: [till]}}", "must be a list, as in"),
        ("{variant: a, when: {column: customers.joined_by, op: in, value: till}}", "must be a list, as in"),
        ("{variant: a, when: {column: customers.joined_by, op: '=', value: {a: b}}}", "must be a word, a number"),
        ("{variant: a, when: {column: customers.joined_by, op: '=', value: }}", "must be a word, a number"),
    ],
)
def test_each_mistake_in_a_branch_is_named_with_its_line(templates: Path, branch: str, says: str) -> None:
    line = with_branch(templates, branch)
    _, problems = read_journeys(templates)
    assert {(problem.journey, problem.line) for problem in problems} == {("welcome", line)}
    assert any(says in problem.message for problem in problems), [str(problem) for problem in problems]


def test_branches_that_are_no_list_are_named(templates: Path) -> None:
    file = templates / "welcome" / "journey.yaml"
    file.write_text(file.read_text().replace(f"\n      - {OURS}", " till"))
    _, problems = read_journeys(templates)
    assert ["must be a list such as" in problem.message for problem in problems] == [True]


def test_a_missing_variant_is_named_by_the_file_to_write(templates: Path) -> None:
    missing = templates / "welcome" / "gift.joined_at_till.sms.en.txt"
    missing.unlink()
    assert [(problem.journey, problem.file) for problem in lint(templates)] == [("welcome", missing)]


def test_a_mistake_in_a_variant_is_named(templates: Path) -> None:
    file = templates / "welcome" / "gift.joined_at_till.email.sv.html"
    file.write_text(file.read_text().replace("<p>Tack", "<p>{{ customer.nick }}Tack"))
    (problem,) = lint(templates)
    assert (problem.file, "customer.nick is not a word" in problem.message) == (file, True)


def test_a_variant_nobody_is_led_to_is_named_with_the_likely_one(templates: Path) -> None:
    stray = templates / "welcome" / "gift.joined_at_tills.email.sv.html"
    shutil.copy(templates / "welcome" / "gift.joined_at_till.email.sv.html", stray)
    lonely = templates / "welcome" / "benefits.gold.email.sv.html"
    shutil.copy(templates / "welcome" / "benefits.email.sv.html", lonely)
    found = {problem.file: problem.message for problem in lint(templates)}
    assert set(found) == {stray, lonely}
    assert "did you mean `joined_at_till`?" in found[stray]
    assert "name it in `branches` of journey.yaml" in found[lonely]


def test_a_person_reads_the_variant_their_branch_leads_to_and_never_another(templates: Path) -> None:
    journey = next(each for each in read_journeys(templates)[0] if each.name == "welcome")
    sample = read_samples(templates)["with_name"]
    plain = sample_due(journey, journey.steps[0], "email", "en", sample)
    at_till = replace(plain, variant="joined_at_till")
    said = [Renderer(templates).render(due, "s", "CODE").text for due in (plain, at_till)]
    assert ["in the shop. Here’s your welcome gift" in text for text in said] == [False, True]
    with pytest.raises(TemplateError, match=r"looked for welcome/gift\.elsewhere\.email\.en\.html"):
        Renderer(templates).render(replace(plain, variant="elsewhere"), "s", "CODE")
