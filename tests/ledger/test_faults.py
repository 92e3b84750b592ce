"""A damaged ledger is named and refused by whoever would copy it, and a damaged page is not left out without a word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from stammis.core.errors import LedgerError
from stammis.core.settings import Settings
from stammis.ledger import open_ledger
from stammis.warehouse import scratch_copy
from tests.support.command_line import invoke
from tests.support.ledger import queued
from tests.support.moments import AS_OF

DAMAGED = r"ledger\.sqlite is damaged \(.+\)\. It cannot be built again: put it back from a backup"


def _zeros(path: Path, start: int) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:start] + bytes(30_000) + content[start + 30_000 :])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "garbage": lambda path: path.write_text("garbage\n"),
    "pages of zeros": lambda path: _zeros(path, 20_000),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-40_000]),
}


@pytest.fixture
def written(settings: Settings) -> Settings:
    with open_ledger(settings) as ledger:
        ledger.commit_run("run-1", AS_OF, [queued(f"message-{number}") for number in range(300)])
    for path in settings.data.glob("ledger.sqlite-*"):
        path.unlink()
    return settings


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("word", ["export", "backup"])
def test_damaged_ledger_is_neither_exported_nor_backed_up(
    written: Settings, tmp_path: Path, word: str, damage: Callable[[Path], object]
) -> None:
    damage(written.ledger)
    with pytest.raises(LedgerError, match=DAMAGED):
        invoke("ledger", word, tmp_path / "copy", "--data", written.data, catch_exceptions=False)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("word", ["export", "backup"])
def test_sound_ledger_is_exported_and_backed_up(written: Settings, tmp_path: Path, word: str) -> None:
    assert invoke("ledger", word, tmp_path / "copy", "--data", written.data).exit_code == 0
    assert (tmp_path / "copy").stat().st_size > 10_000


@pytest.mark.parametrize("word", ["export", "backup"])
def test_file_in_a_folder_that_is_not_there_is_refused(written: Settings, tmp_path: Path, word: str) -> None:
    said = invoke("ledger", word, tmp_path / "nope" / "copy", "--data", written.data).exception
    assert str(said) == f"There is no folder {tmp_path / 'nope'}: create it, or name another place."
    assert not (tmp_path / "nope").exists()


def test_plan_names_the_ledger_it_would_copy(written: Settings) -> None:
    written.ledger.write_text("garbage\n")
    with pytest.raises(LedgerError, match=DAMAGED) as caught, scratch_copy(written):
        pass
    assert str(written.ledger) in str(caught.value)
