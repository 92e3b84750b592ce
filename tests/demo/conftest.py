"""The demo shop at its usual size, for all who only read it."""

from pathlib import Path

import pytest

from stammis.demo import write_shop


@pytest.fixture(scope="session")
def demo_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `write_shop` writes when nothing else is asked for; read it, do not write."""
    folder = tmp_path_factory.mktemp("demo_shop")
    write_shop(folder)
    return folder
