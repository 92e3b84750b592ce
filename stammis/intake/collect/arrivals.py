"""A file comes into the landing folder whole or not at all, and never over another. What every collector ends in.

A collector fetches from wherever files are, and hands the bytes over here: flows/land_files.py is one to learn from.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from itertools import count
from pathlib import Path

from stammis.core.errors import InputError
from stammis.core.files import UNFINISHED, sync_file, unfinished_of
from stammis.intake.files import ENDINGS, hash_of

ARRIVING = "arriving"


@dataclass(frozen=True, slots=True)
class Arrival:
    """`path`: where it lies now; `is_new` is False when the same bytes had landed under this name before."""

    path: Path
    bytes: int
    is_new: bool


@contextmanager
def only_collector(landing: Path) -> Iterator[None]:
    """One collector at a time per landing folder; clears away what a killed one left half-written.

    Raises InputError while another is at work.
    """
    landing.mkdir(parents=True, exist_ok=True)
    lock = os.open(landing, os.O_RDONLY)  # the folder itself: no file of ours lies among the exports
    try:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise InputError(f"another collector is at work in {landing}: wait until it has ended") from None
        for left in landing.glob(f"*/.*.{ARRIVING}{UNFINISHED}"):
            left.unlink()
        yield
    finally:
        os.close(lock)


def land(landing: Path, source: str, name: str, chunks: Iterable[bytes], modified_ns: int | None = None) -> Arrival:
    """Write `chunks` to landing/<source>/<name>; call it within `only_collector`.

    The same bytes under the same name land once. Other bytes get a number (`orders_002.csv`), which sorts after the
    first: they are the newer version. A kill leaves nothing that intake would read. `modified_ns`: when the sender
    last wrote it, kept so that a file can be told from its next version without being read.
    """
    folder = landing / source
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = unfinished_of(folder / name, ARRIVING)
    seen = sha256()
    try:
        with unfinished.open("wb") as copy:
            for chunk in chunks:
                seen.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
    except BaseException:
        unfinished.unlink()
        raise
    size = unfinished.stat().st_size
    if modified_ns is not None:
        os.utime(unfinished, ns=(modified_ns, modified_ns))
    versions = landed_versions(folder, name)
    for version in versions:
        if version.stat().st_size == size and hash_of(version) == seen.hexdigest():
            unfinished.unlink()
            return Arrival(version, size, is_new=False)
    target = _put_in_place(unfinished, folder, name)
    sync_file(folder)
    return Arrival(target, size, is_new=True)


def landed_versions(folder: Path, name: str) -> list[Path]:
    """The files that have landed under this name, first to last."""
    stem, ending = _parts(name)
    numbered = re.compile(rf"{re.escape(stem)}(_\d{{3,}})?{re.escape(ending)}")
    return sorted((path for path in folder.iterdir() if numbered.fullmatch(path.name)), key=lambda path: path.name)


def _put_in_place(unfinished: Path, folder: Path, name: str) -> Path:
    """A second name for the bytes, which fails where one is taken, and only then the first away."""
    stem, ending = _parts(name)
    for number in count(1):
        target = folder / (name if number == 1 else f"{stem}_{number:03}{ending}")
        with suppress(FileExistsError):
            os.link(unfinished, target)
            unfinished.unlink()
            return target
    raise AssertionError("there is always a number")


def _parts(name: str) -> tuple[str, str]:
    """`orders.csv.gz` → (`orders`, `.csv.gz`)."""
    found = ENDINGS.search(name)
    return (name[: found.start()], found[0]) if found else (name, "")
