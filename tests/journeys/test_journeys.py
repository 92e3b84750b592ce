"""A journey's file is read strictly: what is wrong is named with file, line and remedy."""

from datetime import date
from pathlib import Path

import pytest

from stammis.journeys import Journey, Problem, read_journeys
from tests.support.places import TEMPLATES

BY_PRIORITY = ["welcome", "tier_nudge", "win_back", "second_purchase", "review_request"]
OTHERS = [name for name in BY_PRIORITY if name != "win_back"]


def edited(templates: Path, old: str, new: str, journey: str = "win_back") -> Path:
    file = templates / journey / "journey.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


def named(journeys: list[Journey], name: str) -> Journey:
    return next(journey for journey in journeys if journey.name == name)


def test_the_journeys_are_read_as_they_are_written() -> None:
    journeys, problems = read_journeys(TEMPLATES)
    assert problems == []
    assert [journey.name for journey in journeys] == BY_PRIORITY
    win_back, review_request = named(journeys, "win_back"), named(journeys, "review_request")
    assert (win_back.starts_on, win_back.backlog, win_back.holdout_percent) == (date(2025, 10, 1), 200, 10)
    assert (
        win_back.goal_event,
        win_back.goal_within_days,
        win_back.reentry,
        win_back.on_change,
    ) == ("order", 30, "per_key", "keep")
    assert (
        review_request.backlog,
        review_request.holdout_percent,
        review_request.goal_event,
    ) == (None, 0, "review")


def test_steps_inherit_from_their_journey() -> None:
    journeys, _ = read_journeys(TEMPLATES)
    your_code, reminder = named(journeys, "win_back").steps
    assert (
        your_code.position,
        your_code.name,
        your_code.channel,
        your_code.fallback,
        your_code.offer,
    ) == (1, "your_code", "email", "sms", "win_back_15")
    assert (
        reminder.position,
        reminder.channel,
        reminder.fallback,
        reminder.wait_minutes,
        reminder.max_age_minutes,
    ) == (2, "sms", None, 5 * 24 * 60, 3 * 24 * 60)
    assert (reminder.purpose, reminder.basis, reminder.holdout_percent) == ("marketing", "consent", 10)


def test_a_step_may_say_otherwise_than_its_journey(templates: Path) -> None:
    edited(templates, "    wait: 5d", "    wait: 90m\n    max_age: 12h\n    purpose: service\n    basis: none")
    journeys, problems = read_journeys(templates)
    assert problems == []
    reminder = named(journeys, "win_back").steps[1]
    assert (
        reminder.wait_minutes,
        reminder.max_age_minutes,
        reminder.purpose,
        reminder.basis,
    ) == (90, 720, "service", "none")
    assert reminder.holdout_percent == 0, "nobody is kept from a service message unless the step says so"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("reminds_of: your_code ", "reminds_of: your_cod ", "is no step before this one; did you mean `your_code`?"),
        ("priority: 40 ", "prioritet: 40 ", "`prioritet` is not a key here; did you mean `priority`?"),
        ("title: Win back quiet customers\n", "", "`title` is missing"),
        ("purpose: marketing ", "purpose: marketting ", "did you mean `marketing`?"),
        ("enabled: true", "enabled: yes", "`enabled: yes` must be true or false"),
        ("starts_on: 2025-10-01", "starts_on: 2025-13-01", "2025-13-01 is no day of the calendar"),
        ("starts_on: 2025-10-01", "starts_on: 1 October", "must be a date, as in 2025-10-01"),
        ("drip 200/day", "drip 200", "must be skip, or how many may enter a day"),
        ("reentry: per_key ", "reentry: monthly ", "must be once, per_key, per_year or a time of rest"),
        ("holdout_percent: 10", "holdout_percent: 10%", "must be a whole number from 0 to 90"),
        ("within: 30d", "within: a month", "must be a number of days, as in 30d"),
        ("event: order", "event: oder", "did you mean `order`?"),
        ("crm@lindvall.example", "crm", "must be an e-mail address"),
        ("channel: email", "channel: mail", "`channel: mail` must be email or sms; did you mean `email`?"),
        ("fallback: sms", "fallback: email", "is the channel itself"),
        ("name: reminder", "name: your_code", "stands here twice (first in line 16)"),
        ("wait: 5d", "wait: 5 days", "must be a time such as 5d, 12h or 30m"),
        ("wait: 5d", "wait: 5d\n    wait: 6d", "the same key stands here twice"),
        ("basis: consent ", "basis: consent: yes ", "is not YAML here"),
        ("basis: consent ", "basis: none ", "marketing needs a basis"),
        ("basis: consent ", "basis: soft_opt_in ", "a soft opt-in is not enough for win_back: write `basis: consent`"),
        ("wait: 5d", "basis: none\n    wait: 5d", "marketing needs a basis"),
        ("- name: your_code", "- your_code", "is not YAML here"),
    ],
)
def test_each_mistake_is_named_with_its_line(templates: Path, old: str, new: str, says: str) -> None:
    file = edited(templates, old, new)
    line = file.read_text().rpartition(new)[0].count("\n") + 1 if new else 1
    journeys, problems = read_journeys(templates)
    assert [journey.name for journey in journeys] == OTHERS
    assert {(problem.journey, problem.file) for problem in problems} == {("win_back", file)}
    assert says in problems[0].message
    assert abs(line - (problems[0].line or 0)) <= ("YAML" in says or "same key" in says)


def test_a_soft_opt_in_will_not_do_for_a_competition(templates: Path) -> None:
    file = templates / "review_request" / "journey.yaml"
    file.write_text(file.read_text().replace("basis: consent", "basis: soft_opt_in"))
    assert read_journeys(templates)[1] == []
    file.write_text(file.read_text().replace("name: reminder", "name: sms_competition"))
    _, problems = read_journeys(templates)
    said = "a soft opt-in is not enough for sms_competition: write `basis: consent`"
    assert [(problem.journey, problem.message) for problem in problems] == [("review_request", said)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "must be lines of `key: value`"),
        (b"- a\n- b\n", "must be lines of `key: value`"),
        (b"title: \xe5ngest\n", "is not UTF-8 text"),
        (b"title: a\x00b\n", "invisible character"),
        (b"title: &a x\nowner: *a\n", "references are not used"),
        (b"title: [[[[\n", "is not YAML here"),
        (b"steps: 5\n", "must be a list of steps"),
        (b"steps: []\n", "must be a list of steps"),
        (b"steps: [your_code]\n", "each step begins with `- name: ...`"),
        (b"goal: order\n", "must say what and within which time"),
    ],
)
def test_a_file_that_is_no_journey_stops_only_itself(templates: Path, content: bytes, says: str) -> None:
    (templates / "win_back" / "journey.yaml").write_bytes(content)
    journeys, problems = read_journeys(templates)
    assert [journey.name for journey in journeys] == OTHERS
    assert any(says in problem.message for problem in problems), problems


def test_a_folder_without_its_file_and_a_badly_named_one_are_problems(templates: Path) -> None:
    (templates / "birthday").mkdir()
    (templates / "Q4-push").mkdir()
    _, problems = read_journeys(templates)
    assert [
        (problem.journey, "named in" in problem.message or "is missing" in problem.message) for problem in problems
    ] == [("Q4-push", True), ("birthday", True)]


def test_no_journeys_at_all_is_a_problem_of_everybody(tmp_path: Path) -> None:
    assert (
        read_journeys(tmp_path / "nowhere")[0],
        [problem.journey for problem in read_journeys(tmp_path / "nowhere")[1]],
    ) == ([], [None])


def test_a_problem_prints_as_file_line_message() -> None:
    assert str(Problem("win_back", Path("a.yaml"), 3, "mend it")) == "a.yaml:3: mend it"


def test_the_definition_changes_with_a_rule_and_not_with_a_comment(templates: Path) -> None:
    def definition() -> str:
        return named(read_journeys(templates)[0], "win_back").definition_hash

    before = definition()
    edited(templates, "# lower speaks first", "# a lower number speaks first")
    assert definition() == before
    edited(templates, "wait: 5d", "wait: 6d")
    assert before != definition()


def test_a_word_in_a_message_makes_a_new_version_of_its_step_alone(templates: Path) -> None:
    def versions() -> list[str]:
        return [step.template_version for step in named(read_journeys(templates)[0], "win_back").steps]

    before = versions()
    file = templates / "win_back" / "reminder.sms.sv.txt"
    file.write_text(file.read_text().replace("Hej", "Hallå"))
    assert (versions()[0], before[1] != versions()[1]) == (before[0], True)
    footer = templates / "_shared" / "footer.sv.html"
    footer.write_text(footer.read_text() + " ")
    assert before[0] != versions()[0], "what all share is part of every version"


def test_an_approval_is_of_a_version_which_every_word_and_every_rule_changes(templates: Path) -> None:
    def version() -> str:
        return named(read_journeys(templates)[0], "win_back").version

    before = version()
    edited(templates, "# lower speaks first", "# a lower number speaks first")
    assert version() == before
    file = templates / "win_back" / "reminder.sms.sv.txt"
    file.write_text(file.read_text().replace("Hej", "Hallå"))
    reworded = version()
    edited(templates, "wait: 5d", "wait: 6d")
    assert len({before, reworded, version()}) == 3
