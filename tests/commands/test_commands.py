"""Whatever the machine refuses is said as one message, without a trace."""

import errno
import os
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
    ("error", "is_said"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/file"), True),
        (OSError(errno.EACCES, os.strerror(errno.EACCES), "/data/file"), True),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), False),
        (OSError(errno.ENOENT, os.strerror(errno.ENOENT), "/data/file"), False),
    ],
)
def test_only_what_the_machine_refuses_is_said_so(
    error: OSError, is_said: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(commands, "typer_app", fail)
    with pytest.raises(SystemExit if is_said else OSError):
        commands.app()
    assert ("/data/file cannot be used" in capsys.readouterr().err) == is_said, "a fault of ours keeps its trace"
