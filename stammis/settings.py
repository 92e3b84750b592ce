"""Paths, keys and connections, read from the environment once per run."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]

# Nobody's run of ours tells a third party about it. Set before prefect or dbt is imported.
QUIET_ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "240",
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}
DEMO_SECRET = "stammis-demo"


def keep_quiet() -> None:
    """Switch off every library's telemetry; a value already set is the user's and stays."""
    for name, value in QUIET_ENVIRONMENT.items():
        os.environ.setdefault(name, value)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a run reads and writes, and the one secret its ids and codes are derived from."""

    data: Path
    landing: Path
    project: Path = PROJECT
    templates: Path = PROJECT / "templates"
    dbt_project: Path = PROJECT / "dbt_project"
    secret: str = DEMO_SECRET

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    @property
    def intake(self) -> Path:
        return self.data / "intake"

    @property
    def registry(self) -> Path:
        return self.data / "registry"

    @property
    def published(self) -> Path:
        return self.data / "published"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.sqlite"

    @property
    def ledger_export(self) -> Path:
        """Month files of ledger rows for the next build; nobody else writes here."""
        return self.data / "ledger_export"

    @property
    def messages(self) -> Path:
        """Where the file channel puts what it is handed."""
        return self.data / "messages"

    def derived_key(self, purpose: str) -> str:
        """A key for one purpose (hex), so that codes reveal nothing about ids."""
        return hmac.new(self.secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def read_settings(
    data: Path | None = None, landing: Path | None = None, templates: Path | None = None
) -> Settings:
    """Settings from the environment; what a caller names wins over it."""
    home = data or Path(os.environ.get("STAMMIS_DATA", "data"))
    return Settings(
        data=home.resolve(),
        landing=(landing or Path(os.environ.get("STAMMIS_LANDING", home / "landing"))).resolve(),
        templates=(templates or Path(os.environ.get("STAMMIS_TEMPLATES", PROJECT / "templates"))).resolve(),
        secret=os.environ.get("STAMMIS_SECRET", DEMO_SECRET),
    )
