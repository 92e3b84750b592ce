"""Where the tests find what they read, and where a shop of their own stands."""

import os
from pathlib import Path

from stammis.core.settings import PROJECT, Settings

TEMPLATES = PROJECT / "templates"
DBT_PROJECT = PROJECT / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"
SAMPLES = Path(os.environ.get("STAMMIS_SAMPLE_DATA", PROJECT.parent / "shared" / "data"))


def settings_in(folder: Path) -> Settings:
    """Settings whose data and landing folders stand side by side."""
    return Settings(data=folder / "data", landing=folder / "landing")
