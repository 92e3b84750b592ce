"""A ledger of one's own, and the wall clock it reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stammis.ledger import Ledger
from tests.support.ledger import CODE_KEY, Wall


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def ledger(tmp_path: Path, wall: Wall) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.sqlite", code_key=CODE_KEY, wall=wall) as ledger:
        yield ledger
