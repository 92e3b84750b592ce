"""An inbox that is a folder on this machine, or one that is mounted."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

from stammis.core.errors import InputError
from stammis.intake.collect.place import DONE, Waiting
from stammis.intake.files import CHUNK


@dataclass(frozen=True, slots=True)
class FolderInbox:
    """A folder on this machine, or one that is mounted."""

    folder: Path

    def waiting(self) -> list[Waiting]:
        """Regular files, a folder deep; a link is nobody's export. Hidden names are nobody's business."""
        if not self.folder.is_dir():
            raise InputError(f"{self.folder}: there is no such inbox; name it with STAMMIS_INBOX")
        entries = [path for path in self.folder.iterdir() if not path.name.startswith(".")]
        folders = [path for path in entries if path.is_dir() and not path.is_symlink()]
        files = [path for path in entries if path not in folders]
        files += [path for each in folders for path in each.iterdir() if not path.name.startswith(".")]
        regular = [path for path in sorted(files) if stat.S_ISREG(path.lstat().st_mode)]
        return [self._describe(path.relative_to(self.folder).as_posix()) for path in regular]

    def stat(self, file: Waiting) -> Waiting:
        return self._describe(file.place)

    def read(self, file: Waiting) -> Iterator[bytes]:
        with (self.folder / file.place).open("rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk

    def archive(self, file: Waiting, day: date) -> None:
        """Put back what has changed since it was read: the next run fetches that."""
        place, done = self.folder / file.place, PurePosixPath(DONE, day.isoformat(), file.place).as_posix()
        (self.folder / done).parent.mkdir(parents=True, exist_ok=True)
        os.replace(place, self.folder / done)
        moved = self._describe(done)
        if (moved.size, moved.modified_ns) != (file.size, file.modified_ns) and not place.exists():
            os.replace(self.folder / done, place)

    def forget_before(self, day: date) -> None:
        for kept in sorted((self.folder / DONE).glob("20??-??-??")):
            if kept.name < day.isoformat():
                shutil.rmtree(kept)

    def _describe(self, place: str) -> Waiting:
        found = (self.folder / place).lstat()
        return Waiting(place, found.st_size, found.st_mtime_ns)
