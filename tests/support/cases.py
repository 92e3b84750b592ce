"""Small inputs on which the product was once wrong, each one of a kind. They lie beside the project."""

import os
import re
import shutil
from pathlib import Path

import pytest

from stammis.core.settings import PROJECT, Settings

CASES = Path(os.environ.get("STAMMIS_CASES", PROJECT.parent / "shared" / "cases"))


def land_case(settings: Settings, name: str, part: str = "landing", *, keep_names: bool = False) -> None:
    """Land a case's files. Several cases land together, so each file's name gets the case's before its date or ending.

    `keep_names`: for a case whose kind is the names.
    """
    folder = CASES / name / part
    if not folder.is_dir():
        pytest.skip(f"no case {name} in {CASES} (set STAMMIS_CASES)")
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        target = settings.landing / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target if keep_names else target.with_name(_named_apart(file.name, name)))


def _named_apart(file: str, case: str) -> str:
    return re.sub(r"(?=_\d{4}-\d\d-\d\d|_\d+\.|\.)", f"_{case}", file, count=1)
