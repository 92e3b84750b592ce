"""What a command prints is what was meant, where it was meant: no value is markup, no wrong folder a new one."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from stammis.commands.console import open_console
from stammis.core.errors import InputError
from stammis.core.settings import PROJECT, Settings
from stammis.core.sql import copy_to, parquet
from stammis.run import cycle as cycles
from tests.support.command_line import invoke
from tests.support.cycles import first_cell

NAMES = ("[/x]", "[red]Anna", "[bold", ":smile: Bo", "Å[/]")
ON_WHAT_RUNS_LEFT = (
    ("why", "anna@example.org"),
    ("customer", "anna@example.org"),
    ("identity",),
    ("quarantine",),
    ("deliver",),
    ("dbt", "build"),
    ("look-back", "2025-12-10", "--out", "tables"),
    ("ledger", "export", "messages.csv"),
    ("ledger", "backup", "copy.sqlite"),
    ("export", "anna@example.org"),
    ("erase", "anna@example.org", "--yes"),
    ("erase", "anna@example.org", "--check"),
    ("erase", "anna@example.org", "--lift"),
    ("stop", "all"),
    ("resume", "all"),
    ("release", "win_back"),
    ("reconcile",),
    ("settle", "m1", "--was-sent"),
    ("fit-clv",),
    ("preview", "--no-open"),
)


def renamed(sent: cycles.Cycle, folder: Path, first_name: str) -> Settings:
    """What a run published, in which everybody has this first name."""
    settings = replace(sent.settings, data=folder)
    shutil.copytree(sent.settings.published, settings.published, symlinks=True)
    shutil.copy(sent.settings.ledger, settings.ledger)
    table = settings.published / sent.run_id / "customers.parquet"
    with duckdb.connect() as database:
        changed = f"select * replace (? as first_name) from {parquet(table)}"
        database.execute(copy_to(changed, folder / "changed.parquet"), [first_name])
    (folder / "changed.parquet").rename(table)
    return settings


@pytest.mark.parametrize("first_name", NAMES)
def test_a_name_is_printed_as_it_is(sent: cycles.Cycle, tmp_path: Path, first_name: str) -> None:
    settings = renamed(sent, tmp_path, first_name)
    customer = first_cell(sent, "select min(customer_id) from {outbox}")
    for command in ("why", "customer"):
        ran = invoke(command, customer, "--data", settings.data, catch_exceptions=False)
        assert first_name in ran.output.splitlines()[0]


def test_a_folder_is_printed_as_a_shell_takes_it(sent: cycles.Cycle) -> None:
    customer = first_cell(sent, "select min(customer_id) from {outbox}")
    last = invoke("customer", customer, "--data", sent.settings.data).output.splitlines()[-1]
    words = subprocess.run(["sh", "-c", f"printf '%s\\n' {last.partition(': ')[2]}"], capture_output=True, text=True)
    assert words.stdout.splitlines() == ["stammis", "why", str(customer), "--data", str(sent.settings.data)]


def test_only_the_one_console_prints() -> None:
    sources = {path: path.read_text() for path in (PROJECT / "stammis").rglob("*.py")}
    wrong = {
        (path.name, word)
        for path, text in sources.items()
        for word in ("Console(", "from_markup", "markup=True", "render_markup")
        if word in text and path.name != "console.py"
    }
    assert wrong == set()


def test_no_long_line_is_folded(capsys: pytest.CaptureFixture[str]) -> None:
    open_console().print("word " * 100)
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("words", ON_WHAT_RUNS_LEFT, ids=" ".join)
def test_a_wrong_folder_is_refused_and_the_right_one_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "ledger.sqlite").touch()
    ran = (
        invoke(words[0], "--data", tmp_path / "shopp", *words[1:])
        if words[0] == "dbt"
        else (invoke(*words, "--data", tmp_path / "shopp"))
    )
    assert isinstance(ran.exception, InputError), ran.output
    assert f"Did you mean {tmp_path / 'shop'}?" in str(ran.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]


def test_a_wrong_landing_folder_is_refused(sent: cycles.Cycle, tmp_path: Path) -> None:
    for words in (("erase", "anna@example.org", "--check"), ("export", "anna@example.org")):
        ran = invoke(*words, "--data", sent.settings.data, "--landing", tmp_path / "typo")
        assert isinstance(ran.exception, InputError) and "no landing folder" in str(ran.exception)


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "export", "{}"),
        ("ledger", "backup", "{}"),
        ("plan", "--out", "{}"),
        ("look-back", "2025-12-10", "--out", "{}"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "place", ["/proc/none", "x" * 300, "nowhere/out.csv", "\udcff/x", "{data}/ledger.sqlite", "{data}/x/y"]
)
def test_what_cannot_be_written_is_refused_before_any_work(
    sent: cycles.Cycle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], place: str
) -> None:
    monkeypatch.chdir(tmp_path)
    place = place.replace("{data}", str(sent.settings.data))
    before = sent.settings.ledger.read_bytes()
    ran = invoke(*(place if word == "{}" else word for word in words), "--data", sent.settings.data)
    assert isinstance(ran.exception, InputError), ran.exception
    assert list(tmp_path.iterdir()) == []
    assert sent.settings.ledger.read_bytes() == before


def test_a_folder_is_no_file_to_write(sent: cycles.Cycle, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for words in (("ledger", "export"), ("ledger", "backup"), ("plan", "--out")):
        ran = invoke(*words, tmp_path / "folder", "--data", sent.settings.data)
        assert "is a folder already" in str(ran.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_name_as_long_as_a_file_may_have_is_written(sent: cycles.Cycle, tmp_path: Path) -> None:
    target = tmp_path / ("x" * 251 + ".csv")
    assert invoke("ledger", "export", target, "--data", sent.settings.data).exit_code == 0
    assert list(tmp_path.iterdir()) == [target]
