"""An inbox with files of two sources, and what has landed from it."""

import shutil
from datetime import UTC, timedelta
from pathlib import Path

from stammis.core.settings import Settings
from stammis.intake.collect.inbox import CollectOptions
from tests.support.moments import NOW
from tests.support.places import DBT_PROJECT

EARLIER = int((NOW - timedelta(hours=1)).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
MOVE = CollectOptions()
ANSWERS = "survey,question,answer,score,email,answered_at\nnps,recommend,,9,a@b.example,2025-12-01T10:00:00Z\n"


def two_sources(folder: Path) -> Path:
    """Declared are surveys and zendesk alone, which is read sooner than all there are."""
    for source in ("surveys", "zendesk"):
        place = f"models/staging/{source}/_{source}__sources.yml"
        (folder / "dbt" / place).parent.mkdir(parents=True)
        shutil.copy(DBT_PROJECT / place, folder / "dbt" / place)
    shutil.copytree(DBT_PROJECT / "seeds", folder / "dbt/seeds")
    return folder / "dbt"


def landed(settings: Settings) -> dict[str, str]:
    files = settings.landing.rglob("*")
    return {path.relative_to(settings.landing).as_posix(): path.read_text() for path in files if path.is_file()}
