"""Paths, keys and connections, read from the environment once per run."""

import hashlib
import hmac
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from urllib.parse import urlsplit

from stammis.core.errors import ConfigurationError, InputError
from stammis.core.proxy import find_proxy
from stammis.core.setting_values import (
    expand_home,
    read_account,
    read_data_folder,
    read_folder,
    read_host,
    read_inbox,
    read_key,
    read_memory,
    read_recipients,
    read_seconds,
    read_size,
    read_texts,
    refuse_misspelt,
)

PROJECT = Path(__file__).resolve().parents[2]

# No run sends telemetry. Set before prefect or dbt is imported.
NO_TELEMETRY = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "240",
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}
DEMO_SECRET = "stammis-demo"
LEFT_BY_A_RUN = ("ledger.sqlite", "warehouse.duckdb", "published")
MEMORY_LIMIT = "1500MB"
LARGEST_FILE = "4GB"
# Every variable of ours that something reads: the settings, what an error shows more by, and what dbt is handed.
NAMES = (
    "STAMMIS_DATA",
    "STAMMIS_LANDING",
    "STAMMIS_TEMPLATES",
    "STAMMIS_MEMORY",
    "STAMMIS_LARGEST_FILE",
    "STAMMIS_SECRET",
    "STAMMIS_SEND_BY",
    "STAMMIS_PUBLIC_URL",
    "STAMMIS_ABSENT_AFTER_SECONDS",
    "STAMMIS_INBOX",
    "STAMMIS_SFTP_KEY",
    "STAMMIS_SFTP_KNOWN_HOSTS",
    "STAMMIS_TEST_RECIPIENTS",
    "STAMMIS_TRACEBACK",
    "STAMMIS_WAREHOUSE",
)


def disable_telemetry() -> None:
    """Switch off every library's telemetry; a value already set is the user's and stays."""
    for name, value in NO_TELEMETRY.items():
        os.environ.setdefault(name, value)


@dataclass(frozen=True, slots=True)
class Providers:
    """How messages leave the house: as files, or through SendGrid and Twilio. Keys are in no repr."""

    send_by: str = "files"  # files | providers
    sendgrid_key: str = field(default="", repr=False)
    sendgrid_host: str = "https://api.sendgrid.com"
    twilio_account: str = ""
    twilio_token: str = field(default="", repr=False)
    twilio_host: str = "https://api.twilio.com"
    public_url: str = ""  # where webhooks reach us; without it no status callback is asked for
    absent_after_seconds: int = 0  # a send a provider does not list by then never arrived; 0: as long as it may take

    def check(self, is_demo: bool) -> None:
        """Raises ConfigurationError for what nothing can be sent by: an unknown way, no URL, a proxy of another kind.

        Also for a demo that would leave the machine.
        """
        if self.send_by not in ("files", "providers"):
            raise ConfigurationError(f"STAMMIS_SEND_BY is {self.send_by!r}: it can be files or providers.")
        for setting, host in (("SENDGRID_HOST", self.sendgrid_host), ("TWILIO_HOST", self.twilio_host)):
            scheme, name = read_host(setting, host)
            is_here = name in ("127.0.0.1", "localhost", "::1")
            if self.send_by == "providers" and is_demo and not is_here:
                raise ConfigurationError(
                    f"This is a demo, which writes to nobody outside this machine, and {setting} is {name}. "
                    "Set STAMMIS_SECRET to a secret of your own to go live, or start `stammis sandbox`."
                )
            if scheme != "https" and not is_here:
                raise ConfigurationError(f"{setting} begins with {scheme}://: a key may only travel over https://.")
            if self.send_by == "providers":
                find_proxy(name, urlsplit(host).port or 443)
        if self.public_url:
            read_host("STAMMIS_PUBLIC_URL", self.public_url, has_path=True)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a run reads and writes, and the one secret its ids and codes are derived from."""

    data: Path
    landing: Path
    project: Path = PROJECT
    templates: Path = PROJECT / "templates"
    dbt_project: Path = PROJECT / "dbt_project"
    secret: str = field(default=DEMO_SECRET, repr=False)
    memory_limit: str = MEMORY_LIMIT  # what the warehouse may hold in memory; beyond it spills to disk
    largest_file: int = 4_000_000_000  # bytes, unpacked, of a landed file that is read
    providers: Providers = Providers()
    test_recipients: tuple[str, ...] = ()  # the only ones `stammis send-test` writes to
    inbox: str = ""  # where exports are dropped off: a folder, or sftp://user@host/path; without one data/inbox
    sftp_key: Path | None = None
    sftp_known_hosts: Path = Path("known_hosts")

    def __post_init__(self) -> None:
        read_memory(self.memory_limit)

    @property
    def is_demo(self) -> bool:
        """Without a secret of one's own nothing may leave this machine."""
        return self.secret == DEMO_SECRET

    @property
    def inbox_folder(self) -> Path | None:
        """The folder where exports are dropped off; None where that is a server.

        Looked at only by whoever needs it: a mount that is away keeps nobody from sending. Raises ConfigurationError.
        """
        return None if "://" in self.inbox else read_folder(self.inbox or self.data / "inbox", "inbox", "STAMMIS_INBOX")

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    @property
    def intake(self) -> Path:
        return self.data / "intake"

    def history(self, name: str) -> Path:
        """What runs remember of each other, one file a run: `registry` (ids), `segments`."""
        return self.data / name

    @property
    def registry(self) -> Path:
        return self.history("registry")

    @property
    def valuations(self) -> Path:
        """What each weekly fit said customers are worth."""
        return self.data / "valuations"

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
    def scratch(self) -> Path:
        """Copies that somebody works on, each gone afterwards."""
        return self.data / "scratch"

    @property
    def previews(self) -> Path:
        """The page of `stammis preview` for this folder's customers."""
        return self.data / "preview"

    @property
    def messages(self) -> Path:
        """Where the file channel puts what it is handed."""
        return self.data / "messages"

    @property
    def data_option(self) -> str:
        """The option by which the same data folder is named again, as a shell takes it."""
        return f"--data {quote(str(self.data))}"

    @property
    def options(self) -> str:
        """The same with the landing folder, where that lies elsewhere."""
        apart = self.landing != self.data / "landing"
        return self.data_option + (f" --landing {quote(str(self.landing))}" if apart else "")

    def derived_key(self, purpose: str) -> str:
        """A key for one purpose (hex), so that codes reveal nothing about ids."""
        return hmac.new(self.secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def code_version(project: Path) -> str:
    """The commit that is checked out, for people who ask what ran; `unknown` outside a git checkout."""
    command = ["git", "-C", str(project), "describe", "--always", "--dirty"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "unknown"
    return asked.stdout.strip() or "unknown"


def read_settings(
    data: Path | None = None,
    landing: Path | None = None,
    templates: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Settings from the environment; what a caller names wins over it, and an empty variable is one not set.

    From here on what this process writes is its user's alone, as it is personal data: folders 0700, files 0600.
    Raises ConfigurationError, which names the variable and what it can be.
    """
    os.umask(0o077)
    texts = read_texts(environment)
    refuse_misspelt(texts, NAMES)
    home = read_data_folder(data or texts.get("STAMMIS_DATA", "data"))
    key, known_hosts = texts.get("STAMMIS_SFTP_KEY"), texts.get("STAMMIS_SFTP_KNOWN_HOSTS")
    usual_hosts = Path(os.path.expanduser("~/.ssh/known_hosts"))  # Path's own raises where nobody has a home
    settings = Settings(
        data=home,
        landing=read_folder(
            landing or texts.get("STAMMIS_LANDING") or home / "landing",
            "landing folder",
            "--landing or STAMMIS_LANDING",
        ),
        templates=read_folder(
            templates or texts.get("STAMMIS_TEMPLATES") or PROJECT / "templates",
            "templates folder",
            "--templates or STAMMIS_TEMPLATES",
        ),
        secret=texts.get("STAMMIS_SECRET", DEMO_SECRET),
        memory_limit=read_memory(texts.get("STAMMIS_MEMORY", MEMORY_LIMIT)),
        largest_file=read_size("STAMMIS_LARGEST_FILE", texts.get("STAMMIS_LARGEST_FILE", LARGEST_FILE)),
        providers=read_providers(environment),
        inbox=read_inbox(texts["STAMMIS_INBOX"], "STAMMIS_INBOX") if "STAMMIS_INBOX" in texts else str(home / "inbox"),
        sftp_key=expand_home(key, "STAMMIS_SFTP_KEY") if key else None,
        sftp_known_hosts=expand_home(known_hosts, "STAMMIS_SFTP_KNOWN_HOSTS") if known_hosts else usual_hosts,
        test_recipients=read_recipients("STAMMIS_TEST_RECIPIENTS", texts.get("STAMMIS_TEST_RECIPIENTS", "")),
    )
    settings.providers.check(settings.is_demo)
    if not settings.templates.is_dir():
        raise ConfigurationError(
            f"There is no templates folder {settings.templates}: name another by --templates or STAMMIS_TEMPLATES."
        )
    return settings


def read_existing(
    data: Path | None = None,
    landing: Path | None = None,
    templates: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """As `read_settings`, for whoever works on what runs left behind: only a run, a plan and a demo begin a folder.

    Raises InputError where there is none, and names one beside it or here that looks like it.
    """
    settings = read_settings(data, landing, templates, environment)
    if not settings.data.is_dir():
        places = {path.resolve() for folder in (settings.data.parent, Path.cwd()) for path in _folders(folder)}
        known = [str(place) for place in sorted(places) if any((place / name).exists() for name in LEFT_BY_A_RUN)]
        near = get_close_matches(str(settings.data), known, n=1, cutoff=0) if known else []
        remedy = "Name one that a run has filled, or begin one with `stammis run`."
        raise InputError(f"There is no data folder {settings.data}. {f'Did you mean {near[0]}?' if near else remedy}")
    if landing and not settings.landing.is_dir():
        raise InputError(f"There is no landing folder {settings.landing}: name the one that exports land in.")
    return settings


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def read_providers(environment: Mapping[str, str] = os.environ) -> Providers:
    """What the environment says about SendGrid and Twilio; an empty variable is one not set."""
    texts = read_texts(environment)
    names = {
        "send_by": "STAMMIS_SEND_BY",
        "sendgrid_host": "SENDGRID_HOST",
        "twilio_host": "TWILIO_HOST",
        "public_url": "STAMMIS_PUBLIC_URL",
    }
    return Providers(
        **{word: texts[name].rstrip("/") for word, name in names.items() if name in texts},
        sendgrid_key=read_key("SENDGRID_API_KEY", texts.get("SENDGRID_API_KEY", "")),
        twilio_account=read_account("TWILIO_ACCOUNT_SID", texts.get("TWILIO_ACCOUNT_SID", "")),
        twilio_token=read_key("TWILIO_AUTH_TOKEN", texts.get("TWILIO_AUTH_TOKEN", "")),
        absent_after_seconds=read_seconds(
            "STAMMIS_ABSENT_AFTER_SECONDS", texts.get("STAMMIS_ABSENT_AFTER_SECONDS", "")
        ),
    )
