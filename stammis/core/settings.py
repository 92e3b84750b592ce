"""Paths, keys and connections, read from the environment once per run."""

import hashlib
import hmac
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from stammis.core.errors import ConfigurationError

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
MEMORY_LIMIT = "1500MB"
SIZE = re.compile(r"[1-9][0-9]{0,5}(MB|GB)")


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
        """Raises ConfigurationError for an unknown way to send, no URL, or a demo that would leave the machine."""
        if self.send_by not in ("files", "providers"):
            raise ConfigurationError(f"STAMMIS_SEND_BY is {self.send_by!r}: it can be files or providers.")
        for setting, host in (("SENDGRID_HOST", self.sendgrid_host), ("TWILIO_HOST", self.twilio_host)):
            scheme, name = _parts(setting, host)
            is_here = name in ("127.0.0.1", "localhost", "::1")
            if self.send_by == "providers" and is_demo and not is_here:
                raise ConfigurationError(
                    f"This is a demo, which writes to nobody outside this machine, and {setting} is {name}. "
                    "Set STAMMIS_SECRET to a secret of your own to go live, or start `stammis sandbox`."
                )
            if scheme != "https" and not is_here:
                raise ConfigurationError(f"{setting} begins with {scheme}://: a key may only travel over https://.")
        if self.public_url:
            _parts("STAMMIS_PUBLIC_URL", self.public_url)


def _parts(setting: str, url: str) -> tuple[str, str]:
    """(scheme, host) of a URL. Raises ConfigurationError for what is none, without a word of it: it may hold a key."""
    try:
        address = urlsplit(url)
        scheme, host, port = address.scheme, address.hostname, address.port
    except ValueError:
        scheme, host, port = "", None, None
    has_credentials = "@" in url.partition("://")[2].partition("/")[0]
    if scheme not in ("http", "https") or not host or port == 0 or has_credentials or not url.isascii():
        raise ConfigurationError(
            f"{setting} is no address of a host: write it as in https://crm.example.com, without a password."
        )
    return scheme, host


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
    providers: Providers = Providers()
    test_recipients: tuple[str, ...] = ()  # the only ones `stammis send-test` writes to
    inbox: str = ""  # where exports are dropped off: a folder, or sftp://user@host/path
    sftp_key: Path | None = None
    sftp_known_hosts: Path = Path("known_hosts")

    def __post_init__(self) -> None:
        if not SIZE.fullmatch(self.memory_limit):
            raise ConfigurationError(f"STAMMIS_MEMORY is {self.memory_limit!r}: it can be a size such as 4GB.")

    @property
    def is_demo(self) -> bool:
        """Without a secret of one's own nothing may leave this machine."""
        return self.secret == DEMO_SECRET

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

    Raises ConfigurationError, which names the variable and what it can be.
    """
    said = {name: value.strip() for name, value in environment.items() if value.strip()}
    home = _data_folder(data or Path(said.get("STAMMIS_DATA", "data")))
    settings = Settings(
        data=home,
        landing=(landing or Path(said.get("STAMMIS_LANDING", home / "landing"))).resolve(),
        templates=(templates or Path(said.get("STAMMIS_TEMPLATES", PROJECT / "templates"))).resolve(),
        secret=said.get("STAMMIS_SECRET", DEMO_SECRET),
        memory_limit=said.get("STAMMIS_MEMORY", MEMORY_LIMIT),
        providers=read_providers(environment),
        inbox=said.get("STAMMIS_INBOX", str(home / "inbox")),
        sftp_key=_file("STAMMIS_SFTP_KEY", key) if (key := said.get("STAMMIS_SFTP_KEY")) else None,
        sftp_known_hosts=_file("STAMMIS_SFTP_KNOWN_HOSTS", said.get("STAMMIS_SFTP_KNOWN_HOSTS", "~/.ssh/known_hosts")),
        test_recipients=_recipients("STAMMIS_TEST_RECIPIENTS", said.get("STAMMIS_TEST_RECIPIENTS", "")),
    )
    settings.providers.check(settings.is_demo)
    return settings


def read_providers(environment: Mapping[str, str] = os.environ) -> Providers:
    """What the environment says about SendGrid and Twilio; an empty variable is one not set."""
    names = {
        "send_by": "STAMMIS_SEND_BY",
        "sendgrid_key": "SENDGRID_API_KEY",
        "sendgrid_host": "SENDGRID_HOST",
        "twilio_account": "TWILIO_ACCOUNT_SID",
        "twilio_token": "TWILIO_AUTH_TOKEN",
        "twilio_host": "TWILIO_HOST",
        "public_url": "STAMMIS_PUBLIC_URL",
    }
    said = {word: environment.get(name, "").strip() for word, name in names.items()}
    return Providers(
        **{word: value.rstrip("/") for word, value in said.items() if value},
        absent_after_seconds=_seconds(
            "STAMMIS_ABSENT_AFTER_SECONDS", environment.get("STAMMIS_ABSENT_AFTER_SECONDS", "").strip()
        ),
    )


def _data_folder(folder: Path) -> Path:
    """The folder, absolute. Raises ConfigurationError for one that cannot be used, with the reason.

    DuckDB takes what follows a `?` or `#` in the path of its file for options, and a backslash for a slash: it would
    open another folder's warehouse.
    """
    home = folder.resolve()
    try:
        ancestor = next(each for each in (home, *home.parents) if each.exists())
    except OSError as error:
        raise ConfigurationError(
            f"The data folder cannot be used ({error.strerror}): name another by --data."
        ) from None
    if not ancestor.is_dir():
        raise ConfigurationError(f"{ancestor} is a file: name a folder by --data or STAMMIS_DATA.")
    if signs := sorted({*"?#\\"} & {*str(home)}):
        raise ConfigurationError(f"{home}: the warehouse cannot lie in a folder with {' or '.join(signs)} in its path.")
    return home


def _file(name: str, text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigurationError(f"{name} begins with ~ and the name of nobody here: write the whole path.") from None


def _seconds(name: str, text: str) -> int:
    if text and not re.fullmatch(r"[0-9]{1,9}", text):
        raise ConfigurationError(f"{name} is {text!r}: write whole seconds without a unit, such as 60.")
    return int(text or 0)


def _recipients(name: str, text: str) -> tuple[str, ...]:
    recipients = tuple(filter(None, map(str.strip, text.split(","))))
    for place, recipient in enumerate(recipients, start=1):
        if "@" not in recipient and not re.fullmatch(r"\+[0-9 ]{6,20}", recipient):
            raise ConfigurationError(
                f"{name}, entry {place}, is neither an e-mail address nor a number such as +46701234567. "
                "Several stand apart by commas."
            )
    return recipients
