"""Code and commands in a process of their own, and what they loaded there."""

import json
import subprocess
import sys

from stammis.core.settings import PROJECT

HEAVY = ("dbt", "duckdb", "sqlalchemy", "prefect", "great_expectations", "pyarrow")


def python(*words: object) -> "subprocess.CompletedProcess[str]":
    """This Python with these words after it, run to its end in the project's folder."""
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def stammis(*words: object) -> "subprocess.CompletedProcess[str]":
    """A command as a user types it."""
    return python("-m", "stammis", *words)


def stammis_apart(*words: object) -> dict[str, object]:
    """The command's exit code, its output, and the heavy modules it loaded."""
    code = f"""
import contextlib, io, json, sys
sys.argv = {["stammis", *map(str, words)]!r}
out, code = io.StringIO(), 0
from stammis.commands import app
with contextlib.redirect_stdout(out):
    try:
        app()
    except SystemExit as end:
        code = end.code
heavy = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps(dict(code=code, out=out.getvalue(), heavy=heavy)))
"""
    ran = python("-c", code)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))
