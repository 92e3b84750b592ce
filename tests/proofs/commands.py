"""The commands a user types, and what they leave behind, for the proofs."""

import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import duckdb

from stammis.core.settings import PROJECT

AS_OF = "2025-12-10T10:00:00Z"
MOMENT = datetime.fromisoformat(AS_OF).replace(tzinfo=None)


def stammis(*arguments: str | Path, project: Path = PROJECT) -> str:
    """One command as a user runs it; its output. Fails loudly when it does."""
    binary = PROJECT / ".venv" / "bin" / "python"
    ran = subprocess.run(
        [binary, "-m", "stammis", *map(str, arguments)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(project)},
    )
    if ran.returncode:
        raise AssertionError(f"stammis {' '.join(map(str, arguments))} ended with {ran.returncode}: {ran.stderr}")
    return ran.stdout


def project_with(work: Path, file: str, old: str, new: str) -> Path:
    """A copy of the project in which one text of one file is another."""
    for part in ("stammis", "dbt_project", "templates"):
        shutil.copytree(PROJECT / part, work / part, ignore=shutil.ignore_patterns("__pycache__", "target"))
    text = (work / file).read_text()
    assert old in text
    (work / file).write_text(text.replace(old, new, 1))
    return work


def run(data: Path, landing: Path, project: Path = PROJECT, as_of: str = AS_OF) -> str:
    return stammis("run", "--landing", landing, "--as-of", as_of, "--data", data, project=project)


def sample_run(work: Path, samples: Path) -> Path:
    """The data folder of one run over the sample exports, which the proofs share; whoever is first makes it."""
    data = work / "data"
    if not (data / "published" / "current").exists():
        run(data, samples)
    return data


def query(data: Path, text: str) -> list[tuple[object, ...]]:
    """Rows of a query on published tables, named as {table}."""
    folder = data / "published" / "current"
    names = {path.stem: f"read_parquet('{path}')" for path in folder.glob("*.parquet")}
    return duckdb.sql(text.format_map(names)).fetchall()
