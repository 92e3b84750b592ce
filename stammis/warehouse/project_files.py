"""The files of the dbt project: what they are known by, and copies that nobody edits while they are read."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stammis.core.settings import Settings

DISTRIBUTIONS = ("dbt-core", "dbt-adapters", "dbt-duckdb", "duckdb")
FORMAT = 5  # of what is kept of a compiled project; another number compiles anew
WRITTEN_BY_DBT = {"target", "logs", ".user.yml"}  # at the top of a project
OF_THE_ENVIRONMENT = re.compile(r"\benv_var\s*\(\s*(?:['\"](\w+)['\"])?")
SET_BY_US = "profiles.yml"  # asks the environment for nothing but where to build
POINTS_ELSEWHERE = ("dbt_project.yml", "packages.yml", "dependencies.yml")


def key_of(settings: Settings, variables: Mapping[str, Any]) -> str:
    """Changes with every file of the project, every variable it is given, and the versions of what builds it."""
    files = {path.relative_to(settings.dbt_project): path.read_bytes() for path in project_files(settings.dbt_project)}
    versions = [version(name) for name in DISTRIBUTIONS]
    content = hashlib.sha256(json.dumps([FORMAT, variables, versions, _environment_read_by(files)]).encode())
    for path, text in sorted(files.items()):
        content.update(f"\0{path}\0".encode())
        content.update(text)
    return content.hexdigest()[:32]


def environment_read(settings: Settings) -> dict[str, str | None]:
    """The variables of the environment that the project asks for, as they are set now."""
    return _environment_read_by({path: path.read_bytes() for path in project_files(settings.dbt_project)})


def _environment_read_by(files: Mapping[Path, bytes]) -> dict[str, str | None]:
    """The variables of the environment that the project's files ask for; all, where a name is made up on the way."""
    texts = (text.decode(errors="replace") for path, text in files.items() if path.name != SET_BY_US)
    names = {name for text in texts if "env_var" in text for name in OF_THE_ENVIRONMENT.findall(text)}
    return dict(os.environ) if "" in names else {name: os.environ.get(name) for name in sorted(names)}


def project_files(folder: Path) -> Iterable[Path]:
    """The files of a project that dbt reads, or may."""
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] not in WRITTEN_BY_DBT and "__pycache__" not in parts:
            yield path


def copied(settings: Settings, copy: Path, is_left_out: Callable[[Path], bool] = lambda _: False) -> Settings:
    """The settings on a copy of the project: nobody edits that one while it is read."""
    shutil.rmtree(copy, ignore_errors=True)
    for path in [*project_files(settings.dbt_project)]:
        if not is_left_out(path):
            target = copy / path.relative_to(settings.dbt_project)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return replace(settings, dbt_project=copy)


def reads_elsewhere(folder: Path) -> bool:
    """Whether the project names folders or packages outside its own, which a copy would not find."""
    texts = [path.read_text(encoding="utf-8") for name in POINTS_ELSEWHERE if (path := folder / name).exists()]
    return any(re.search(r"\.\./|[\[\s:,\"'](?:/|~/)\w", text) for text in texts)
