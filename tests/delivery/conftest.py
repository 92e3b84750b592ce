"""A sending path of one's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ledger import Sender


@pytest.fixture
def sender(tmp_path: Path) -> Iterator[Sender]:
    sender = Sender(tmp_path)
    yield sender
    sender.ledger.close()
