"""The walk through a new source in docs/data_engineers.md leads where it says, word by word."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stammis.core.settings import PROJECT

WALK = (PROJECT / "docs/data_engineers.md").read_text().partition("\n## Add a source\n")[2].partition("\n## ")[0]
FILE = re.compile(r"In\s+`(\S+)`:\n\n```\w+\n(.*?)```", re.S)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the walk touches, and of what that stands on."""
    for part in ("dbt_project", "stammis", "templates", "tests/support"):
        shutil.copytree(PROJECT / part, tmp_path / part, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv/bin").mkdir(parents=True)
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path


def test_a_source_of_ones_own_is_added_as_the_docs_say(project: Path) -> None:
    files = FILE.findall(WALK)
    commands = [body for language, body in FENCE.findall(WALK) if not language]
    assert (len(files), len(commands)) == (6, 2)
    before = {path for path in (project / "dbt_project").rglob("*") if path.is_file()}
    for name, contents in files:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(contents)
    for command in commands:
        ran = subprocess.run(
            ["bash", "-euc", command],
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout
    new = {path for path in (project / "dbt_project").rglob("*") if path.is_file()} - before
    assert {path.parent.relative_to(project / "dbt_project").as_posix() for path in new} == {"models/staging/loppis"}
