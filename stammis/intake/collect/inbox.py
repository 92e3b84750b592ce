"""Where exports are dropped off, and how each comes into the landing folder: once, whole, and only if it is known.

An inbox has a folder per source, as the landing folder has. What is fetched is moved to `.done/<date>/` beside them
and removed after some days, or left where it is if the sender wants it so.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

from stammis.core.clock import naive_utc
from stammis.core.errors import InputError
from stammis.core.setting_values import read_inbox
from stammis.core.settings import Settings
from stammis.intake.collect.arrivals import Arrival, land, landed_versions, only_collector
from stammis.intake.collect.folder import FolderInbox
from stammis.intake.collect.place import Inbox, Waiting
from stammis.intake.collect.sftp import sftp_inbox
from stammis.intake.contracts import Contract, read_contracts
from stammis.intake.files import ENDINGS

HALF_WRITTEN = (".part", ".filepart", ".tmp", ".crdownload", ".uploading")
LANDED, KNOWN, WAITING, UNKNOWN = "landed", "landed before", "still being written", "unknown"


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one file. `status`: landed, landed before, still being written, unknown; `note` says more."""

    file: str
    source: str
    status: str
    bytes: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """How to collect. `quiet_seconds`: for how long a file must not have changed; `keep_days`: of what is done."""

    leave: bool = False
    quiet_seconds: int = 60
    keep_days: int = 7


def collect(
    inbox: Inbox, settings: Settings, now: datetime, options: CollectOptions = CollectOptions()
) -> list[Collected]:
    """Fetch whatever is ready; every file there is gets a row. `now`: naive UTC.

    Safe to kill and to repeat at any point: a file goes to `.done` only after it landed, and what has landed is known
    by its bytes. Raises InputError while another collector is at work, and where a file can be neither read nor moved.
    """
    contracts = read_contracts(settings.dbt_project)
    collected = []
    with _naming("the inbox"), only_collector(settings.landing):
        for file in inbox.waiting():
            with _naming(file.place):
                collected.append(_collect_one(inbox, settings, contracts, now, options, file))
        inbox.forget_before((now - timedelta(days=options.keep_days)).date())
    return collected


@contextmanager
def _naming(place: str) -> Iterator[None]:
    """Raises InputError for what a disk or a server refuses: a server's own words name no file."""
    try:
        yield
    except OSError as error:
        refused = f"{error.filename or place}: {error.strerror or error or 'no answer'}"
        raise InputError(f"{refused}. Mend that and collect again; what has landed stays.") from None


def _collect_one(
    inbox: Inbox,
    settings: Settings,
    contracts: Sequence[Contract],
    now: datetime,
    options: CollectOptions,
    file: Waiting,
) -> Collected:
    def became(status: str, note: str = "") -> Collected:
        return Collected(file.place, file.source, status, file.size, note)

    if file.name.endswith(HALF_WRITTEN):
        return became(WAITING, "its name says so")
    if refusal := why_unknown(file, contracts):
        return became(UNKNOWN, refusal)
    changed = naive_utc(datetime.fromtimestamp(file.modified_ns / 1e9, UTC))
    if now - changed < timedelta(seconds=options.quiet_seconds):
        return became(WAITING, f"it changed less than {options.quiet_seconds} seconds ago")
    folder = settings.landing / file.source
    if options.leave and folder.is_dir() and _is_known(folder, file):
        return became(KNOWN)
    arrival = _fetch(inbox, settings, file)
    if arrival is None:
        return became(WAITING, "it changed while it was read")
    if not options.leave:
        inbox.archive(file, now.date())
    renamed = arrival.path.name != file.name
    return became(LANDED if arrival.is_new else KNOWN, f"as {arrival.path.name}" if renamed else "")


def _fetch(inbox: Inbox, settings: Settings, file: Waiting) -> Arrival | None:
    """None when the sender was still at it: then nothing has landed."""

    def whole() -> Iterator[bytes]:
        yield from inbox.read(file)
        if inbox.stat(file) != file:
            raise _Changed

    try:
        return land(settings.landing, file.source, file.name, whole(), file.modified_ns)
    except _Changed:
        return None


class _Changed(Exception):
    """The sender was still writing."""


def _is_known(folder: Path, file: Waiting) -> bool:
    """By size and moment of writing, so that a file left where it is is not fetched again every ten minutes."""
    found = (version.stat() for version in landed_versions(folder, file.name))
    return any((each.st_size, each.st_mtime_ns) == (file.size, file.modified_ns) for each in found)


def why_unknown(file: Waiting, contracts: Sequence[Contract]) -> str | None:
    """Why no contract takes this file, and the remedy; None for one that is expected."""
    ours = [contract for contract in contracts if contract.source == file.source]
    parts = PurePosixPath(file.place).parts
    if len(parts) != 2 or ".." in parts:
        return "move it into its source's folder"
    if not ours:
        return f"no such source is declared, only {', '.join(sorted({each.source for each in contracts}))}"
    ending = ENDINGS.search(file.name)
    if not any(contract.accepts(file.name[: ending.start()] if ending else file.name) for contract in ours):
        return f"no table has files of this name; expected {', '.join(each.expected for each in ours)}"
    if not ending:
        return "expected .csv, .json, .jsonl or .parquet, each maybe with .gz"
    return None


def open_inbox(settings: Settings) -> AbstractContextManager[Inbox]:
    """The inbox that the settings name: a folder, or `sftp://user@host/path`. Raises InputError, ConfigurationError."""
    folder = settings.inbox_folder
    return nullcontext(FolderInbox(folder)) if folder else sftp_inbox(settings)


def settings_with(settings: Settings, inbox: str) -> Settings:
    """The same with another inbox, if one is named. Raises ConfigurationError for one that cannot be used."""
    return replace(settings, inbox=read_inbox(inbox.strip(), "inbox")) if inbox.strip() else settings


def summary(files: Sequence[Collected]) -> str:
    """One line: how much landed, and every file that did not, with its reason."""
    landed = [file for file in files if file.status == LANDED]
    left = [f"{file.file}: {file.status}, {file.note}" for file in files if file.status in (WAITING, UNKNOWN)]
    said = f"{len(landed)} files landed, {sum(file.bytes for file in landed):,} bytes" if landed else "nothing new"
    return "; ".join([said, *left])
