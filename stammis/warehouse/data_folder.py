"""The data folder as a whole: one builder at a time, and copies to try things in."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings
from stammis.ledger.migrations import copy_database
from stammis.warehouse.tables import RUN_HISTORY


@contextmanager
def build_lock(settings: Settings, patience_seconds: float = 0) -> Iterator[None]:
    """Allow one build at a time per data folder. A second waits `patience_seconds`, then raises WarehouseError.

    The holder first removes what killed runs left in the scratch folder.
    """
    settings.data.mkdir(parents=True, exist_ok=True)
    lock = os.open(settings.data, os.O_RDONLY)  # the folder itself: who only looks leaves no file behind
    try:
        until = time.monotonic() + patience_seconds
        while not _is_locked(lock):
            if time.monotonic() >= until:
                raise WarehouseError(
                    f"another run is building {settings.data}. Wait for it to end, or name another --data folder."
                )
            time.sleep(1)
        clear_scratch(settings)
        yield
    finally:
        os.close(lock)


def _is_locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def scratch_copy(settings: Settings, goes_back: bool = False) -> Iterator[Settings]:
    """Yield the same settings on a copy of the data folder, for a cycle that must leave no trace. Delete it afterwards.

    The copy has what a decision depends on: intake, ids, valuations, warehouse, ledger, the gate's earlier results.
    `goes_back` leaves out the warehouse, which refuses a moment before its last. Raises WarehouseError during a build.
    """
    with ExitStack() as stack:
        if not settings.data.exists():
            stack.callback(_remove_empty, settings.scratch, settings.data)
        with build_lock(settings):
            scratch = replace(settings, data=stack.enter_context(scratch_folder(settings, "copy-")))
            histories = [settings.history(name) for name in RUN_HISTORY]
            remembered = (*histories, settings.valuations, settings.ledger_export, settings.data / "gate")
            for part in (settings.intake, *remembered):
                if part.exists():
                    shutil.copytree(part, scratch.data / part.name, copy_function=_link_or_copy)
            if not goes_back:
                copy_warehouse(settings, scratch.warehouse)
            for run in settings.published.glob("[0-9]*"):
                (scratch.published / run.name).mkdir(parents=True)  # empty: only the numbers go on
            if settings.ledger.exists():
                copy_database(settings.ledger, scratch.ledger)
        yield scratch


@contextmanager
def scratch_folder(settings: Settings, prefix: str) -> Iterator[Path]:
    """An empty folder in the data folder, gone afterwards.

    Not in the machine's temporary folder: what a kill leaves there nobody removes, and no erasure looks for it.
    """
    with suppress(PermissionError):
        settings.scratch.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.scratch, os.W_OK):
        raise WarehouseError(f"{settings.scratch} cannot be written to: the copy to work on would lie there.")
    lock = os.open(settings.scratch, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)  # while anybody has it, nobody clears
        with tempfile.TemporaryDirectory(prefix=prefix, dir=settings.scratch) as folder:
            yield Path(folder)
    finally:
        os.close(lock)


def clear_scratch(settings: Settings) -> int:
    """Remove what was killed in the scratch folder, unless somebody is at work there. Returns how many copies stay."""
    if not settings.scratch.exists():
        return 0
    lock = os.open(settings.scratch, os.O_RDONLY)
    try:
        for folder in settings.scratch.iterdir() if _is_locked(lock) else ():
            shutil.rmtree(folder, ignore_errors=True)
        return len([*settings.scratch.iterdir()])
    finally:
        os.close(lock)


def copy_warehouse(settings: Settings, target: Path) -> None:
    """Copy the warehouse file and the log a crash may have left beside it. Call it under the build lock."""
    for ending in ("", ".wal"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
        if Path(f"{settings.warehouse}{ending}").exists():
            shutil.copyfile(f"{settings.warehouse}{ending}", f"{target}{ending}")


def _remove_empty(*folders: Path) -> None:
    for folder in folders:
        with suppress(OSError):  # somebody else has begun to use it
            folder.rmdir()


def _link_or_copy(source: str, target: str) -> None:
    """Link finished Parquet, copy the rest. A link is safe, because Parquet is replaced and never written into."""
    if source.endswith(".parquet"):
        with suppress(OSError):  # another disk
            os.link(source, target)
            return
    shutil.copy2(source, target)
