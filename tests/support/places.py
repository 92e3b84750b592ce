"""Where the tests find what they read: the project's own folders and the sample exports."""

import os
from datetime import datetime
from pathlib import Path

from stammis.core.settings import PROJECT

TEMPLATES = PROJECT / "templates"
DBT_PROJECT = PROJECT / "dbt_project"
SEEDS = DBT_PROJECT / "seeds"
SAMPLES = Path(os.environ.get("STAMMIS_SAMPLE_DATA", PROJECT.parent / "shared" / "data"))
AS_OF = datetime.fromisoformat("2025-12-10 10:00")  # the moment whose answers the sample exports' truth knows
