"""Lint says what is wrong before anybody is written to: which file, which line, what to do, whom it stops."""

import shutil
from pathlib import Path

import pytest

from stammis.journeys import Problem
from stammis.rendering import lint
from tests.support.places import DBT_PROJECT, TEMPLATES
from tests.support.processes import stammis_apart

ASK = "review_request/ask.email.sv.html"
CODE_SMS = "win_back/your_code.sms.sv.txt"


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    few = shutil.ignore_patterns("welcome", "second_purchase", "tier_nudge")  # two journeys are soon checked
    return Path(shutil.copytree(TEMPLATES, tmp_path / "templates", ignore=few))


def edited(templates: Path, name: str, old: str, new: str) -> int:
    """Replaces a piece of a file; returns the line it stands on."""
    file = templates / name
    before, found, after = file.read_text().partition(old)
    assert found
    file.write_text(before + new + after)
    return before.count("\n") + 1


def only(templates: Path) -> Problem:
    problems = lint(templates)
    assert len(problems) == 1, [str(problem) for problem in problems]
    return problems[0]


def test_the_projects_own_journeys_are_well() -> None:
    assert lint(TEMPLATES) == []


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("<p>{{ customer.fist_name }}", "fist_name is not a word templates know; did you mean customer.f"),
        ("<p>{{ first_name }}", "first_name is not a word templates know; did you mean customer.first_name?"),
        ("<p>{% if false %}{{ nobody.knows }}{% endif %}", "nobody is not a word templates know"),
        ("<p>{{ customer.last_name }}", "customer.last_name is empty for some customers"),
        ("<p>{{ 9**(9**9) }}", "`**` is not for templates"),
        ("<p>{{ 'a' * 10**9 }}", "`*` is not for templates"),
        ("<p>{% for a in customer.first_name %}{% endfor %}", "loops are not for templates"),
        ("<p>{% set a = 'aa' %}", "`set` is not for templates"),
        ("<p>{{ ''.__class__ }}", "nothing is known below .__class__"),
        ("<p>{{ customer['first_name'] }}", "write a dot"),
        ("<p>{{ 'a'.format(1) }}", "only blocks from _shared/blocks.html can be called"),
        ("<p>{{ 'a' | center(999999999) }}", "`|center` is not a filter templates know"),
        ("<p>{{ brand.name | safe }}", "`|safe` would let a customer's name write HTML"),
        ("<p>{{ brand.name | trackd }}", "did you mean tracked?"),
        ("<p>{% macro a() %}{% endmacro %}", "blocks are made in templates/_shared/blocks.html"),
        ('<p>{% include "win_back/journey.yaml" %}', "only files of _shared can be used here"),
        ('<p>{% include "_shared/../win_back/journey.yaml" %}', "only files of _shared can be used here"),
        ('<p>{% include "_shared/nothing.html" %}', "needs _shared/nothing.html, which is missing"),
        ("<p>{% if customer.first_name %}", "`{% if customer.first_name %}` is not closed: write `{% endif %}`"),
        ("<p>{{ customer.first_name<br>", "`{{ customer.first_name` is not closed: write `}}`"),
        ("<p>{ customer.first_name }", "would be read as it stands: write `{{ customer.first_name }}`"),
        ("<p>{% iff customer.first_name %}x{% endif %}", "is not a tag that templates know; did you mean `if`?"),
        ("<p>{{ offer.percent - 5 }}", "`-` is not for templates"),
        ("<p>{% if customer.first_name is defined %}x{% endif %}", "`is` is not for templates"),
        ("<p>{{ " + "(" * 5000 + " }}", "nested too deeply"),
        ("<p class=quiet>", "has an attribute without quotes"),
        ("<a href={{ links.shop }}>x</a><p>", "has an attribute without quotes"),
        ('<a href="http://lindvall.example">x</a><p>', 'the link "http://lindvall.example" is not safe'),
        ('<a href="{{ customer.first_name }}">x</a><p>', "is not safe"),
        ("<a>x</a><p>", "is not safe"),
        ('{{ button("http://a.example", "x") }}<p>', "a button leads to one of the links"),
        ("{{ button(links.shop) }}<p>", "button wants 2 things between its brackets (url, label) and has 1"),
        ('<img src="https://a.example/a.png"><p>', '<img> has no alt="..."'),
        ("<script>1</script><p>", "<script> does not work in e-mail"),
        ('<p onclick="x()">', "carries a script"),
        ("<p>a <strong>b", "<strong> is not closed: write </strong>"),
        ("<p>a b</strong>", "</strong> closes nothing"),
        ('<p><a href="{{ links.shop }}">b', "<a> is not closed: write </a>"),
        ("<p>a <stong>b</strong>", "<stong> is not a tag that e-mails know; did you mean <strong>?"),
        ("<p>a<p>", "<p> is not closed: write </p>"),
    ],
)
def test_each_mistake_in_a_message_is_named_with_its_line(templates: Path, new: str, says: str) -> None:
    line = edited(templates, ASK, "<p>", new)
    problems = lint(templates)
    assert {problem.journey for problem in problems} == {"review_request"}
    assert any(says in problem.message for problem in problems), [str(problem) for problem in problems]
    lines = {problem.line for problem in problems if says in problem.message}
    assert lines == {None if "deeply" in says else line}


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("subject: ", "sujet: ", 1, "above `---` stand only subject: ... and preheader: ..."),
        ("subject: ", "# ", 1, "above `---` stand only"),
        ("---\n", "", 1, "has no line `---`"),
        ("{{ customer.first_name }}, vad", "{{ customer.nick }}, vad", 1, "customer.nick is not a word"),
        ("preheader: ", "preheader: {{ offer.percent }} % ", 2, "offer.percent is empty for some customers"),
        ("subject: ", "subject: <b>Nu</b> ", 1, "a subject is plain text: `<b>` would be read as it stands"),
    ],
)
def test_each_mistake_in_the_headers_is_named(templates: Path, old: str, new: str, line: int, says: str) -> None:
    edited(templates, ASK, old, new)
    assert (
        only(templates).journey,
        only(templates).line,
        says in only(templates).message,
    ) == ("review_request", line, True)


def test_every_paragraph_without_its_end_is_named_in_whichever_branch(templates: Path) -> None:
    file = templates / ASK
    lines = file.read_text().split("\n")
    file.write_text("\n".join(line.removesuffix("</p>") for line in lines))
    begun = [number for number, line in enumerate(lines, start=1) if line.startswith("<p>")]
    assert len(begun) > 5
    assert [(problem.line, problem.message) for problem in lint(templates)] == [
        (line, "<p> is not closed: write </p> where it ends") for line in begun
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{% block body %}", "{% block bodi %}", "the layout has no place for the block bodi"),
        ("{% extends", "Hej!\n{% extends", "what stands here is outside of every block and would not be sent"),
        ("import button", "import button, buton", "_shared has no block buton here; did you mean button?"),
        ("{% block body %}", "{% block body %}{% endblock %}{% block body %}", "the block body stands here for the"),
    ],
)
def test_a_block_that_is_not_there_or_not_sent_is_named(templates: Path, old: str, new: str, says: str) -> None:
    line = edited(templates, ASK, old, new)
    assert (only(templates).line, only(templates).message.startswith(says)) == (line, True)


@pytest.mark.parametrize(
    ("name", "old", "owner"), [(CODE_SMS, "Visa", "win_back"), ("_shared/opt_out.sms.sv.txt", "STOPP", None)]
)
def test_html_in_an_sms_is_named(templates: Path, name: str, old: str, owner: str | None) -> None:
    line = edited(templates, name, old, f"<b>{old}</b>")
    problem = only(templates)
    assert (problem.journey, problem.file, problem.line) == (owner, templates / name, line)
    assert problem.message == "an SMS is plain text: `<b>` would be read as it stands: leave it out"


def test_html_in_a_text_of_its_own_is_named(templates: Path) -> None:
    twin = (templates / ASK).with_suffix(".txt")
    twin.write_text("Hej\n<b>Hej</b> {{ links.unsubscribe }}\n")
    problem = only(templates)
    assert (problem.file, problem.line, "the text of an e-mail is plain" in problem.message) == (twin, 2, True)


def test_an_empty_subject_is_named(templates: Path) -> None:
    file = templates / ASK
    file.write_text("subject:\n" + file.read_text().partition("\n")[2])
    assert "has no subject" in only(templates).message


def test_a_message_without_the_layout_lacks_its_unsubscribe_link(templates: Path) -> None:
    edited(templates, ASK, '{% extends "_shared/email.html" %}\n', "")
    assert [problem.message.partition(":")[0] for problem in lint(templates)] == [
        "the HTML has no unsubscribe link",
        "the text has no unsubscribe link",
    ]


@pytest.mark.parametrize(
    ("typed", "says"),
    [("’", "’ (U+2019) is not in the SMS alphabet and costs double: write '"), ("☕", "leave it out")],
)
def test_a_character_that_doubles_an_sms_is_named(templates: Path, typed: str, says: str) -> None:
    line = edited(templates, CODE_SMS, "Visa den", f"Visa{typed} den")
    assert (only(templates).line, says in only(templates).message) == (line, True)


def test_an_sms_of_three_parts_is_too_long(templates: Path) -> None:
    edited(templates, CODE_SMS, "Visa den", "Visa den " + "en gång eller två " * 12)
    problem = only(templates)
    assert (problem.journey, problem.file) == ("win_back", templates / CODE_SMS)
    assert problem.message.startswith("is 4 SMS long for the sample with_name, at most 2: ")
    assert problem.message.endswith("take out 156 or more")


def test_a_doubling_character_in_the_opt_out_sentence_stops_all(templates: Path) -> None:
    name = "_shared/opt_out.sms.sv.txt"
    edited(templates, name, "Inga fler", "Inga – fler")
    problem = only(templates)
    assert (problem.journey, problem.file, problem.line) == (None, templates / name, 1)


def test_a_missing_language_is_named_by_the_file_to_write(templates: Path) -> None:
    (templates / ASK).unlink()
    assert (only(templates).journey, only(templates).file) == ("review_request", templates / ASK)
    assert "is missing: write the step ask in this language too" in only(templates).message


def test_a_misspelt_file_is_recognised(templates: Path) -> None:
    (templates / ASK).rename(templates / "review_request" / "aks.email.sv.html")
    assert "is it aks.email.sv.html? then rename that" in only(templates).message


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"subject: \xe5\n---\n", "is not UTF-8"), (b"subject: a\n---\nb\x00", "invisible character")],
)
def test_a_file_that_is_no_text_is_named(templates: Path, content: bytes, says: str) -> None:
    (templates / ASK).write_bytes(content)
    assert (only(templates).journey, says in only(templates).message) == ("review_request", True)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("_shared/email.html", "{{ brand.name }}", "{{ brand.nam }}", "did you mean brand.name?"),
        ("_shared/footer.sv.html", "{{ brand.company }}", "{{ brand.company", "`{{ brand.company` is not closed"),
        ("_shared/blocks.html", "</td></tr>", "</td>", "<tr> is not closed: write </tr>"),
        ("_shared/brand.yaml", "name: Lindvall\n", "", "`name` is missing"),
        ("_shared/samples.yaml", "first_name: Åke", "first_name: [Åke]", "customer.first_name must be text"),
        ("_shared/styles.yaml", "h1: margin", "h1: [margin", "is not YAML here"),
    ],
)
def test_a_mistake_in_what_all_share_stops_all(templates: Path, name: str, old: str, new: str, says: str) -> None:
    edited(templates, name, old, new)
    problems = lint(templates)
    assert {(problem.journey, problem.file) for problem in problems} == {(None, templates / name)}
    assert any(says in problem.message for problem in problems)


def test_a_further_language_without_its_footer_stops_only_the_journey_that_wrote_it(templates: Path) -> None:
    shutil.copy(templates / ASK, templates / "review_request" / "ask.email.nb.html")
    problem = only(templates)
    assert problem.journey == "review_request"
    assert "needs _shared/footer.nb.html, which is missing" in problem.message


def test_a_missing_footer_stops_all(templates: Path) -> None:
    (templates / "_shared" / "footer.sv.html").unlink()
    assert (
        only(templates).journey,
        only(templates).message,
    ) == (None, "is missing: every message in this language ends with it")


def test_an_unknown_offer_and_a_missing_audience_stop_their_journey(templates: Path) -> None:
    dbt_project = templates.parent / "dbt_project"
    (dbt_project / "seeds").mkdir(parents=True)
    (dbt_project / "seeds" / "offers.csv").write_text("offer,percent,valid_days\nwin_back_20,20,14\n")
    (dbt_project / "models" / "audiences").mkdir(parents=True)
    (dbt_project / "models" / "audiences" / "audience_win_back.sql").touch()
    problems = {problem.journey: problem for problem in lint(templates)}
    assert "nobody can enter" in problems["review_request"].message
    assert "is not in dbt_project/seeds/offers.csv; did you mean `win_back_20`?" in problems["win_back"].message
    assert problems["win_back"].line == 19


def test_the_command_prints_by_journey_and_ends_with_one(templates: Path) -> None:
    line = edited(templates, ASK, "<p>", "<p>{{ customer.fist_name }}")
    ran = stammis_apart("lint", "--templates", templates)
    assert (ran["code"], str(ran["out"]).split("\n")[0]) == (1, "review_request is held:")
    assert f"{templates / ASK}:{line}: customer.fist_name is not a word templates know" in str(ran["out"])


def test_lint_loads_nothing_heavy() -> None:
    ran = stammis_apart("lint", "--templates", TEMPLATES)
    assert (ran["code"], ran["heavy"]) == (0, [])
    assert str(ran["out"]).startswith("All is well: 5 journeys, 38 messages")


def test_a_branch_on_an_unknown_column_stops_its_journey(templates: Path) -> None:
    shutil.copytree(TEMPLATES / "welcome", templates / "welcome")
    shutil.copytree(DBT_PROJECT, templates.parent / "dbt_project")
    edited(templates, "welcome/journey.yaml", "customers.joined_by", "customers.joined_bye")
    problem = only(templates)
    assert (problem.journey, problem.file) == ("welcome", templates / "welcome" / "journey.yaml")
    assert "`customers.joined_bye` is no column of customers" in problem.message
    assert "did you mean `joined_by`?" in problem.message
