"""Files that are there whole or not at all, also after a power cut.

What is being written lies beside its target as `.<name>[.<owner>].unfinished`; a kill leaves that, and nobody reads it.
"""

import glob
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stammis.core.errors import InputError

UNFINISHED = ".unfinished"
LONGEST_NAME = 200  # bytes; most file systems take 255, ours adds an owner and an ending
LONGEST_WRITE_SECONDS = 60  # of a text, which is in memory already
EARLIER_ENDINGS = (".part", ".tmp", ".erasing", ".unpacked")  # what versions before 0.2 gave it


@contextmanager
def whole_file(target: Path, owner: str = "") -> Iterator[Path]:
    """The path to write to; when the block ends well, the file there takes the place of `target`, durably.

    Otherwise it is removed, and `target` stays what it was. Who may write the same target at the same time needs an
    `owner`, and so an unfinished file, of its own; the last to end wins.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = unfinished_of(target, owner)
    try:
        yield unfinished
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    move_durably(unfinished, target)


@contextmanager
def whole_folder(target: Path, owner: str = "") -> Iterator[Path]:
    """The folder to fill; when the block ends well, it is named `target`, which must not exist, durably.

    `owner` as for `whole_file`; the first to end wins, and the others get OSError.
    """
    unfinished = unfinished_of(target, owner)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    for path in unfinished.iterdir():
        sync_file(path)
    try:
        move_durably(unfinished, target)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def write_whole(target: Path, text: str, owner: str = "") -> None:
    """Write a text file (UTF-8) durably: readers see the old one or the new one.

    `owner` as for `whole_file`; what other owners were killed at is removed.
    """
    with whole_file(target, owner) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
        if owner:
            _remove_left_by_others(target, unfinished)


def _remove_left_by_others(target: Path, own: Path) -> None:
    """Remove what killed owners left of a text: one at work is done with it within moments."""
    written_at = own.stat().st_mtime
    for path in target.parent.glob(f".{glob.escape(target.name)}.*{UNFINISHED}"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < written_at - LONGEST_WRITE_SECONDS:
                path.unlink()


def unfinished_of(target: Path, owner: str = "") -> Path:
    """Where a file lies until it is finished. A name that has no room for ours beside it goes by its hash."""
    name = os.fsencode(target.name)
    short = target.name if len(name) <= LONGEST_NAME else hashlib.sha256(name).hexdigest()
    return target.with_name(f".{short}{owner and f'.{owner}'}{UNFINISHED}")


def check_writable(target: Path, data: Path) -> None:
    """Raises InputError where no file of this name can be written, or none should: before long work, not after it.

    In the data folder nothing is written for people: it could replace the ledger, and no erasure would look into it.
    """
    try:
        if target.is_dir():
            raise InputError(f"{target} is a folder already: name another place.")
        folder = target.resolve().parent
        if folder == data or data in folder.parents:
            raise InputError(f"{target} is in the data folder, where an erasure would not find it: name another place.")
        if not folder.is_dir():
            raise InputError(f"There is no folder {folder}: create it, or name another place.")
        unfinished = unfinished_of(target, str(os.getpid()))
        unfinished.touch()
        unfinished.unlink()
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror}): name another place.") from None


def move_durably(unfinished: Path, target: Path) -> None:
    """Put a finished file or folder in its place: it is there whole or not at all, even after a power cut."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sync_file(unfinished)
    os.replace(unfinished, target)
    sync_file(target.parent)


def sync_file(path: Path) -> None:
    """Return when the contents of a file, or the names in a folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_unfinished(folder: Path, *visible_endings: str) -> None:
    """Remove what a kill left half-written anywhere below a folder, where nobody may be writing now.

    Only hidden names are ours for certain; `visible_endings` are names that are ours in this folder.
    """
    for path in sorted(folder.rglob("*")):
        endings = (UNFINISHED, *EARLIER_ENDINGS) if path.name.startswith(".") else (UNFINISHED, *visible_endings)
        if path.suffix in endings:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
