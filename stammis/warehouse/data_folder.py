"""The data folder as a whole: a lock, so that one run builds at a time, and scratch copies to work on."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from stammis.core.damage import DamagedFile
from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings
from stammis.ledger.migrations import copy_database
from stammis.warehouse.tables import RUN_HISTORY


@contextmanager
def build_lock(settings: Settings, patience_seconds: float = 0) -> Iterator[None]:
    """Allow one build at a time per data folder. A second waits `patience_seconds`, then raises WarehouseError.

    Once it is held, what killed processes left in the scratch folder is removed.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    lock = os.open(settings.data, os.O_RDONLY)  # the folder is locked itself, so that no lock file is left in it
    try:
        until = time.monotonic() + patience_seconds
        while not _try_lock(lock):
            if time.monotonic() >= until:
                raise WarehouseError(
                    f"another run is building {settings.data}. Wait for it to end, or name another --data folder."
                )
            time.sleep(1)
        clear_scratch(settings)
        yield
    finally:
        os.close(lock)


def _try_lock(lock: int) -> bool:
    """Lock an open folder exclusively. Returns whether that succeeded; False while another process has a lock on it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def scratch_copy(settings: Settings, goes_back: bool = False) -> Iterator[Settings]:
    """Yield the same settings on a copy of the data folder, for a cycle that must leave no trace.

    The copy has what a decision depends on (intake, quarantine, run history, valuations, warehouse, ledger, the gate's
    earlier results), and is deleted afterwards.
    `goes_back`: without the warehouse, because one that has decided for a moment refuses an earlier as_of.
    Raises WarehouseError while a run is building, or if the copy cannot be written.
    """
    with ExitStack() as stack:
        if not settings.data.exists():
            stack.callback(_remove_empty, settings.scratch, settings.data)  # the lock makes the folder
        with build_lock(settings):
            scratch = replace(settings, data=stack.enter_context(scratch_folder(settings, "copy-")))
            histories = [settings.history(name) for name in RUN_HISTORY]
            remembered = (*histories, settings.valuations, settings.ledger_export, settings.data / "gate")
            # what cannot be read may be a no, and holds its channel or its address in the copy as well
            for part in (settings.intake, settings.data / "quarantine", *remembered):
                if part.exists():
                    shutil.copytree(part, scratch.data / part.name, copy_function=_link_or_copy)
            if not goes_back:
                copy_warehouse(settings, scratch.warehouse)
            for run in settings.published.glob("[0-9]*"):
                # empty, because only the name matters: a new run id is numbered on from those that are there
                (scratch.published / run.name).mkdir(parents=True)
            if settings.ledger.exists():
                copy_database(settings.ledger, scratch.ledger)
        try:
            yield scratch
        except DamagedFile as error:  # what is damaged is the original of the copy
            raise DamagedFile(settings.data, error.place, error.what) from error


@contextmanager
def scratch_folder(settings: Settings, prefix: str) -> Iterator[Path]:
    """Yield an empty folder in the data folder, deleted afterwards. Raises WarehouseError if it cannot be written.

    It is not in the machine's temporary folder, because what a killed process leaves there is never removed, not even
    when the person in it is erased.
    """
    with suppress(PermissionError):
        settings.scratch.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.scratch, os.W_OK):
        raise WarehouseError(f"{settings.scratch} cannot be written to: the copy to work on would lie there.")
    lock = os.open(settings.scratch, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)  # shared with other users of scratch folders; clear_scratch needs it alone
        with tempfile.TemporaryDirectory(prefix=prefix, dir=settings.scratch) as folder:
            yield Path(folder)
    finally:
        os.close(lock)


def clear_scratch(settings: Settings) -> int:
    """Remove the copies that killed processes left in the scratch folder. Returns how many copies are still there.

    Nothing is removed while any process works on a copy: a copy does not say whose it is.
    """
    if not settings.scratch.exists():
        return 0
    lock = os.open(settings.scratch, os.O_RDONLY)
    try:
        for folder in settings.scratch.iterdir() if _try_lock(lock) else ():
            shutil.rmtree(folder, ignore_errors=True)
        return len([*settings.scratch.iterdir()])
    finally:
        os.close(lock)


def copy_warehouse(settings: Settings, target: Path) -> None:
    """Copy the warehouse file, and the write-ahead log if a crash has left one. Call it under the build lock."""
    for ending in ("", ".wal"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
        if Path(f"{settings.warehouse}{ending}").exists():
            shutil.copyfile(f"{settings.warehouse}{ending}", f"{target}{ending}")


def _remove_empty(*folders: Path) -> None:
    """Remove those of the folders that are there and empty."""
    for folder in folders:
        with suppress(OSError):  # another process has put something into it
            folder.rmdir()


def _link_or_copy(source: str, target: str) -> None:
    """Hard-link Parquet, copy the rest. A link is safe: a Parquet file is replaced as a whole, never written into."""
    if source.endswith(".parquet"):
        with suppress(OSError):  # the file system may not allow links
            os.link(source, target)
            return
    shutil.copy2(source, target)
