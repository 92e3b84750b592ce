"""Docs that can be checked are checked: every command, setting, verdict and table is explained somewhere."""

import ast
import re
from pathlib import Path

import pytest

from stammis.commands import typer_app
from stammis.core.settings import PROJECT, Settings
from stammis.customers import VERDICTS
from stammis.warehouse import audience_names
from stammis.warehouse.tables import DECIDED_TABLES, PUBLIC_TABLES
from tests.support.picture import PICTURE, draw
from tests.support.places import DBT_PROJECT, SEEDS
from tests.support.rooms import PACKAGE

DOCS = {path.stem: path.read_text() for path in (PROJECT / "docs").glob("*.md")}
README = (PROJECT / "README.md").read_text()


def test_every_command_is_in_the_readme() -> None:
    named = [
        command.name or str(command.callback and command.callback.__name__) for command in typer_app.registered_commands
    ]
    grouped = [str(group.name) for group in typer_app.registered_groups]
    assert [name for name in named + grouped if f"`stammis {name}" not in README] == []


def test_every_hold_reason_is_explained_to_marketers_and_by_why() -> None:
    candidates = (DBT_PROJECT / "models/outbox/outbox_candidates.sql").read_text()
    reasons = set(re.findall(r"then '(\w+)'", candidates))
    assert reasons == {word for word, _ in VERDICTS.values()}
    assert {reason for reason in reasons if f"`{reason}`" not in DOCS["marketers"]} == set()


def test_every_seed_is_explained_to_data_engineers() -> None:
    seeds = {path.stem for path in (SEEDS).glob("*.csv")}
    assert {seed for seed in seeds if f"| {seed} |" not in DOCS["data_engineers"]} == set()


def test_every_public_table_is_explained_to_data_engineers() -> None:
    tables = {*PUBLIC_TABLES, *DECIDED_TABLES, "landing_report"}
    assert {table for table in tables if not re.search(rf"\b{table}\b", DOCS["data_engineers"])} == set()


def test_every_setting_is_explained_to_operators() -> None:
    settings = (PROJECT / "stammis" / "core" / "settings.py").read_text()
    known = set(re.findall(r'"((?:STAMMIS|SENDGRID|TWILIO)_[A-Z_]+)"', settings))
    explained = re.findall(r"[A-Z_]+", " ".join(re.findall(r"^\| ([A-Z_, ]+) \|", DOCS["operators"], re.M)))
    assert len(known) > 10
    assert {name for name in known | {"HTTPS_PROXY", "NO_PROXY"} if name not in explained} == set()


def test_every_phase_and_ending_is_explained_to_operators() -> None:
    cycle, report = ((PROJECT / "stammis" / "run" / f"{module}.py").read_text() for module in ("cycle", "report"))
    phases = re.findall(r'^    \("([a-z ]+)", \w+\),$', cycle, re.M)
    endings = re.findall(r'Ending\("([A-Z][a-z ]+)"', report)
    assert set(endings) == {"Stopped", "Held", "In doubt", "Sent", "Nothing due"}
    operators = " ".join(DOCS["operators"].split())
    assert {words for words in phases + endings if words not in operators} == set()
    assert len(phases) == 10


def test_every_deployment_is_explained_to_operators() -> None:
    entrypoints = re.findall(r"entrypoint: \S+:(\w+)", (PROJECT / "prefect.yaml").read_text())
    names = {name.replace("_", "-") for name in entrypoints}
    assert len(names) == 10
    assert {name for name in names if f"| {name} |" not in DOCS["operators"]} == set()


def test_every_journey_and_rule_is_described() -> None:
    for journey in audience_names(Settings(data=Path("data"), landing=Path("data"))):
        folder = DBT_PROJECT / "models" / "audiences"
        rules = re.search(r"\nwhere (.+)", (folder / f"audience_{journey}.sql").read_text())
        assert rules is not None
        meanings = (folder / f"audience_{journey}.yml").read_text()
        assert {rule for rule in rules.group(1).split(" and ") if f"- name: {rule.strip()}\n" not in meanings} == set()


PAGES = [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]


def broken_links(page: Path) -> list[str]:
    """Relative links of a page that lead to no file, or to no heading of one."""
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        place, _, anchor = link.partition("#")
        target = (page.parent / place) if place else page
        if "://" in link:
            continue
        headings = anchors(target) if anchor and target.suffix == ".md" and target.exists() else {anchor}
        if not target.exists() or anchor not in headings:
            found.append(f"{page.name}: {link}")
    return found


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_leads_somewhere() -> None:
    assert [link for page in PAGES for link in broken_links(page)] == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A heading, here\n[a](page.md#a-heading-here) [b](none.md) [c](#no-heading) [d](page.md#none)\n")
    assert broken_links(page) == ["page.md: none.md", "page.md: #no-heading", "page.md: page.md#none"]


def test_every_file_that_docs_name_is_there() -> None:
    named = {
        (page.name, place)
        for page in PAGES
        for place in re.findall(r"`((?:stammis|flows|tests|dbt_project|templates|docs)/[\w./-]+)`", page.read_text())
        if "loppis" not in place  # the source that "Add a source" adds; test_new_source.py does it
    }
    assert len(named) > 10
    assert {(page, place) for page, place in named if not (PROJECT / place).exists()} == set()


def test_no_two_decisions_have_one_heading() -> None:
    headings = re.findall(r"^### (.+)$", DOCS["decisions"], re.M)
    assert len(headings) > 50
    assert len(headings) == len(set(headings))


def test_the_picture_of_the_rooms_is_true() -> None:
    assert PICTURE.read_text(encoding="utf-8") == draw(), "`make picture` draws it anew"


def test_every_package_is_in_the_map() -> None:
    described = " ".join(README.partition("## The map")[2].partition("## What it promises")[0].split())
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {name for name in packages if name not in described} == set()


# What is said differently now: the word, and what to write.
RETIRED = {
    r"\bpaus(e[sd]?|ing)\b|is_paused": "stopped (by a person), or backs off (a provider)",
    r"\bgates? (\w+ )?(stop(s|ped)?|back(s|ed)? off)\b|\b(stopped|backed off) by (a|the) gate\b": "the gate holds",
    r"\bproviders? (\w+ )?(holds?|held|stop(s|ped)?)\b|\b(held|stopped) by (a|the) provider\b": "a provider backs off",
    r"journey_stopped|stopped_journeys": "journey_held, held_journeys",
    r"overridden": "released",
    r"look(s|ed)? over|looking over": "validate; the gate checks",
    r"settle doubts|take in landing files|withdraw unclaimed": "the phase's name: reconcile, ingest, withdraw",
    r"/production\b": "a deployment has its flow's name",
    r"a sign that no request|is no moment": "a character, a date and time",
    r"\bpressure\b": "recent_sends, or what it is",
    r"\balarms?\b": "alert",
    r"\bMEMORIES\b": "RUN_HISTORY",
    r"\bset(s|ting)? (\w+ ){0,3}aside\b": "quarantine, archive or mask",
}
OLD_NAMES = {PACKAGE / "warehouse" / "published.py"}  # reads what was published by the names before
# Words of ours that a reader must be able to look up.
TERMS = """
as_of, happened_at, received_at, hindsight, look-back, audience, journey, step, entry, arm, backlog, drip, reminds_of,
candidate, verdict, outbox, cap, quiet hours, fallback, kept order, lost, late, back, gate, hold, release, approve,
stop, back off, suppression, ledger, claim, lease, intend, settle, in doubt, reconcile, withdraw, tick, text twin,
landing, quarantine, identifier, registry, erase, tombstone, remedy, sandbox, planted truth, canary,
golden fortnight, torture, floor
"""


def retired_words(text: str) -> list[str]:
    """Words that stand in a text although another is ours now, each with what to write."""
    line = " ".join(text.split())
    return [f"{found[0]}: write {remedy}" for word, remedy in RETIRED.items() if (found := re.search(word, line, re.I))]


def texts_in(module: Path) -> str:
    """A module's docstrings and the texts of --help."""
    nodes = [*ast.walk(ast.parse(module.read_text()))]
    documented = [
        node for node in nodes if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    helped = [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg == "help"]
    texts = [each.value for node in helped for each in ast.walk(node) if isinstance(each, ast.Constant)]
    return "\n".join(map(str, [*(ast.get_docstring(node) or "" for node in documented), *texts]))


def terms_of(words: str) -> set[str]:
    """Terms that stand apart by commas."""
    return {word.strip(" `\n") for word in words.split(",")}


def explained_terms(glossary: str) -> set[str]:
    """What the first column of the glossary's tables explains."""
    firsts = re.findall(r"^\| ([^|]+) \|", glossary, re.M)
    return set().union(*map(terms_of, firsts)) - {"term", "---"}


def test_no_page_and_no_module_has_a_retired_word() -> None:
    texts = {page.name: page.read_text() for page in PAGES if page.stem not in ("CHANGELOG", "decisions")}
    texts |= {str(path.relative_to(PROJECT)): texts_in(path) for path in PACKAGE.rglob("*.py") if path not in OLD_NAMES}
    assert {name: words for name, text in texts.items() if (words := retired_words(text))} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It was `paused` by hand.", "paused: write stopped"),
        ("It was paused by a person.", "paused: write stopped"),
        ("the journey is paused", "paused: write stopped"),
        ("pausing it, a pause", "pausing: write stopped"),
        ("we set this aside", "set this aside: write quarantine"),
        ("setting aside", "setting aside: write quarantine"),
        ("it sets the whole\nrow aside", "sets the whole row aside: write quarantine"),
        ("The gate stops a journey", "gate stops: write the gate holds"),
        ("a journey is stopped by the gate", "stopped by the gate: write the gate holds"),
        ("a provider holds a message", "provider holds: write a provider backs off"),
        ("The provider is stopped.", "provider is stopped: write a provider backs off"),
    ],
)
def test_a_retired_word_is_found(text: str, found: str) -> None:
    assert [words[: len(found)] for words in retired_words(text)] == [found]


def test_words_that_are_ours_are_left_alone() -> None:
    for text in (
        "The gate holds a journey, a person stops it, a provider backs off.",
        "A person stops the gate's journey; what providers and the shop hold; put aside; the settings aside",
    ):
        assert retired_words(text) == []


def test_a_retired_word_is_found_in_a_docstring_and_in_a_help_text(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""Pauses."""\ndef act(x=Option(help="Who " + "paused it.")):\n    """The gate stops."""\n')
    assert retired_words(texts_in(module)) == [
        "Pauses: write stopped (by a person), or backs off (a provider)",
        "gate stops: write the gate holds",
    ]


def test_every_term_is_in_the_glossary_and_used() -> None:
    explained = explained_terms(DOCS["glossary"])
    assert terms_of(TERMS) - explained == set()
    written = [*PAGES, *PACKAGE.rglob("*.py"), *(PROJECT / "tests").rglob("*.py"), *SEEDS.glob("*.csv")]
    elsewhere = " ".join(
        path.read_text() for path in written if path.stem not in ("glossary", "test_documentation")
    ).lower()
    assert {term for term in explained if term not in elsewhere} == set()


def test_a_term_that_is_missing_from_the_glossary_is_found() -> None:
    without = re.sub(r"^\| tombstone .*\n", "", DOCS["glossary"], flags=re.M)
    assert terms_of(TERMS) - explained_terms(without) == {"tombstone"}
