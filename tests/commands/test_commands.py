"""Whatever goes wrong is said in one line, without a traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stammis import commands
from tests.support.processes import stammis


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        ("/proc", "The data folder cannot be used (/proc keeps no files): name another by --data or STAMMIS_DATA."),
        ("{tmp}", "{tmp}/preview cannot be used (File exists): mend it, or name another."),
    ],
)
def test_a_folder_nothing_can_be_written_in_is_said_without_a_trace(tmp_path: Path, data: str, remedy: str) -> None:
    (tmp_path / "preview").touch()
    ran = stammis("preview", "welcome", "--no-open", "--data", data.format(tmp=tmp_path))
    assert (ran.returncode, ran.stderr) == (1, f"stammis: {remedy.format(tmp=tmp_path)}\n")


@pytest.mark.parametrize(
    "words", [("why", b"\xff\xfe"), ("settle", b"\xff", "--was-sent"), ("stop", "all", "--by", b"\xff")], ids=str
)
def test_an_argument_that_is_no_text_is_refused(tmp_path: Path, words: tuple[str | bytes, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "stammis", *words, "--data", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (1, "stammis: An argument holds bytes that are no UTF-8: type it anew.\n")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("raise StammisError('mend it')", "stammis: mend it\n"),
        (
            "open('/nowhere/file')",
            "stammis: /nowhere/file cannot be used (No such file or directory): mend it, or name another.\n",
        ),
        ("{}['anna@example.org']", "stammis: an error nobody foresaw, KeyError in <string>, line 4."),
        ("raise StammisError('\\udcff')", "stammis: \\udcff\n"),
    ],
)
def test_whatever_goes_wrong_is_one_line(fault: str, said: str) -> None:
    code = f"""
from stammis import commands
from stammis.core.errors import StammisError
def fail(): {fault}
commands.typer_app = fail
commands.app()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(said) and ran.stderr.count("\n") == 1
    assert "anna" not in ran.stderr
    for log in re.findall(r"\S+stammis-error-\S+\.log", ran.stderr):
        assert "KeyError" in Path(log).read_text() and "anna" not in Path(log).read_text()
        Path(log).unlink()


def test_the_traceback_is_there_for_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAMMIS_TRACEBACK", "1")
    monkeypatch.setattr(commands, "typer_app", lambda: {}["key"])
    with pytest.raises(KeyError):
        commands.app()
