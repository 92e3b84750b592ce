"""Takes a person out of the landed files and what was made of them: exports, intake, quarantine.

File by file, in the order they were taken in: note that it is about to be rewritten, rewrite it, read it again in
place of what it was. After a kill anywhere in between, a repetition has the same result.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from stammis.core.files import UNFINISHED, move_durably, remove_unfinished, whole_file
from stammis.core.identifiers import read_numbering
from stammis.core.settings import Settings
from stammis.intake import Contract, read_contracts
from stammis.intake.files import DAMAGED, LandedFile, find_files, hash_of, unpacked_chunks_of
from stammis.intake.manifest import Entry, Manifest
from stammis.intake.one_file import Intake, reload_file
from stammis.intake.person_keys import keys_in_text, words_of
from stammis.intake.scrub import ERASING, UNPACKED, Scrubbed, Task, rewrite_parquet, scrub_file
from stammis.intake.store import clear_workplace, manifest_of, parquet_of, quarantine_of, workplace
from stammis.privacy.request import ErasureRequest

IDS = ("member_card", "shop_customer", "cookie", "contact")
LONGEST_WORD = 400  # bytes in which an address is looked for across two chunks
Step = Callable[[str], None]


def erase_landed(settings: Settings, request: ErasureRequest, on_step: Step) -> None:
    """Erase them from landed files, from what was read of these, and from landed files that no source reads."""
    contracts = {(each.source, each.entity): each for each in read_contracts(settings.dbt_project)}
    files, notes = find_files(settings.landing, list(contracts.values()))
    landed = {(file.contract.source, file.contract.entity, file.place): file for file in files}
    manifest, words = manifest_of(settings), Words(settings, request.person.own)
    clear_workplace(settings)
    for folder in (settings.intake, quarantine_of(settings)):
        remove_unfinished(folder)
    for owner in (ERASING, UNPACKED):  # a collector's own files there are still being written
        for leftover in [*settings.landing.rglob(f".*.{owner}{UNFINISHED}"), *settings.landing.rglob(f".*.{owner}")]:
            leftover.unlink()
    for entry in list(manifest.entries.values()):
        contract, file = contracts.get((entry.source, entry.entity)), landed.get(entry.key[:3])
        if contract:
            _erase_entry(settings, request, manifest, entry, contract, file, words, on_step)
    known = {entry.key[:3] for entry in manifest.entries.values()}
    for file in files:
        if (file.contract.source, file.contract.entity, file.place) not in known and words.stand_in(file.path):
            # it could not be read, or has not been yet: whole rows with an address go, as nobody counts on them
            everything = range(1, 1 << 40)
            _note(request, "landing", scrub_file(file, Task((), everything, words.addresses, words.ids)))
    for note in notes:
        _erase_stranger(request, settings.landing / note.file, words)
    _remove_unlisted(settings, manifest)


class Words:
    """Patterns of a person's own keys. `ids` are searched in broken rows only: numbers mean other things, too."""

    def __init__(self, settings: Settings, own: Collection[str]) -> None:
        self._numbering, self._own = read_numbering(settings.dbt_project), frozenset(own)
        codes = list(self._numbering.codes.values())
        self.addresses = words_of(own, codes)
        self.ids = words_of(own, codes, kinds=IDS)

    def stand_in_row(self, text: str) -> bool:
        """Whether one of the keys is in a broken row, however it is spelled there: as those who hold it find it."""
        raw = text.encode("utf-8", "replace")
        if self.addresses.search(raw) or self.ids.search(raw):
            return True
        return not self._own.isdisjoint(keys_in_text(text, self._numbering))

    def stand_in(self, path: Path) -> bool:
        """Whether one of the keys is in this unpacked file. Also true for Parquet, whose texts are packed."""
        if re.search(r"\.parquet(\.gz)?$", path.name):
            return True
        before = b""
        try:
            for chunk in unpacked_chunks_of(path):
                if self.addresses.search(before + chunk) or self.ids.search(before + chunk):
                    return True
                before = chunk[-LONGEST_WORD:]
        except (*DAMAGED, OSError):
            return True
        return False


def _erase_entry(
    settings: Settings,
    request: ErasureRequest,
    manifest: Manifest,
    entry: Entry,
    contract: Contract,
    file: LandedFile | None,
    words: Words,
    on_step: Step,
) -> None:
    lines = frozenset(request.rows.get((entry.source, entry.entity, entry.file_hash), ()))
    broken, theirs = _quarantined_lines(settings, entry, words)
    is_begun = entry.key in request.rewriting
    is_last = manifest.last_of(contract, entry.place) == entry
    is_same = is_last and file is not None and _is_same(file, entry)
    if not is_begun and is_same and file and not lines and not theirs and not words.stand_in(file.path):
        return
    if not is_same and not is_begun:
        _erase_unlanded(settings, request, manifest, entry, contract, lines, words)
        return
    if is_same and file:
        request.rewriting.add(entry.key)
        request.save()
        on_step(f"about to rewrite {entry.place}")
        task = Task(lines, broken, words.addresses, words.ids, theirs)
        scrubbed = scrub_file(file, task)
        if not scrubbed or not scrubbed.touched:
            return
        _note(request, "landing", scrubbed)
        on_step(f"rewritten {entry.place}")
    now = None
    if file and file.path.exists():
        with workplace(settings) as work:
            intake = Intake(settings, work, manifest.before(entry.key), entry.received_at, frozenset(), [])
            now = reload_file(intake, file, entry, manifest)
    manifest.replace(entry.key, now)
    on_step(f"read anew {entry.place}")


def _erase_unlanded(
    settings: Settings,
    request: ErasureRequest,
    manifest: Manifest,
    entry: Entry,
    contract: Contract,
    lines: frozenset[int],
    words: Words,
) -> None:
    """Erase from what was read of an export that has left the landing folder, or was replaced there."""
    parquet, quarantined = parquet_of(settings.intake, entry), parquet_of(quarantine_of(settings), entry)
    written = settings.intake / "rewritten.parquet"
    scrubbed = rewrite_parquet(contract, parquet, Task(lines, words=words.addresses), written, numbered_by="line")
    if scrubbed.touched:
        move_durably(written, parquet)
        _note(request, "intake", scrubbed)
        loaded = max(entry.rows_loaded - scrubbed.dropped, 0)
        repeats = entry.rows_duplicate - (scrubbed.dropped - (entry.rows_loaded - loaded))
        manifest.replace(entry.key, _counted(entry, loaded, repeats, entry.rows_quarantined))
        entry = manifest.entries[entry.key]
    written.unlink(missing_ok=True)
    if quarantined.exists() and (gone := _drop_quarantined_rows(quarantined, words)):
        request.count("quarantine", gone)
        kept = entry.rows_quarantined - gone
        manifest.replace(entry.key, _counted(entry, entry.rows_loaded, entry.rows_duplicate, kept))


def _counted(entry: Entry, loaded: int, repeats: int, quarantined: int) -> Entry:
    return replace(
        entry,
        rows_in=loaded + repeats + quarantined,
        rows_loaded=loaded,
        rows_duplicate=repeats,
        rows_quarantined=quarantined,
    )


def _drop_quarantined_rows(quarantined: Path, words: Words) -> int:
    import pyarrow.parquet as pq

    rows = pq.read_table(quarantined)
    kept = [not words.stand_in_row(str(text)) for text in rows["row"].to_pylist()]
    if all(kept):
        return 0
    with whole_file(quarantined) as unfinished:
        pq.write_table(rows.filter(kept), unfinished, compression="zstd")
    return len(kept) - sum(kept)


def _is_same(file: LandedFile, entry: Entry) -> bool:
    found = file.path.stat()
    if (found.st_size, found.st_mtime_ns) == (entry.size, entry.modified_ns):
        return True
    return hash_of(file.path) == entry.contents


def _quarantined_lines(settings: Settings, entry: Entry, words: Words) -> tuple[frozenset[int], frozenset[int]]:
    """(the lines of a file that are quarantined, those of them in which the person stands)."""
    if not entry.rows_quarantined:
        return frozenset(), frozenset()
    import pyarrow.parquet as pq

    rows = pq.read_table(parquet_of(quarantine_of(settings), entry), columns=["line", "row"])
    lines, texts = rows["line"].to_pylist(), rows["row"].to_pylist()
    theirs = {line for line, text in zip(lines, texts, strict=True) if words.stand_in_row(str(text))}
    return frozenset(lines), frozenset(theirs)


def _erase_stranger(request: ErasureRequest, path: Path, words: Words) -> None:
    """Erase the lines with an address from a file that no source reads. Packed or binary files are only counted."""
    if path.is_dir():
        for inner in sorted(path.rglob("*")):
            if inner.is_file():
                _erase_stranger(request, inner, words)
        return
    if not path.exists() or not words.stand_in(path):
        return
    content = path.read_bytes()
    if b"\0" in content or content.startswith(b"\x1f\x8b"):
        request.count("landing files to look into yourself", 1)
        return
    lines = content.splitlines(keepends=True)
    kept = [line for line in lines if not (words.addresses.search(line) or words.ids.search(line))]
    with whole_file(path, ERASING) as unfinished:
        unfinished.write_bytes(b"".join(kept))
    request.count("landing", len(lines) - len(kept))


def _remove_unlisted(settings: Settings, manifest: Manifest) -> None:
    """Remove the Parquet files that no entry of the manifest names any more."""
    listed = {(entry.source, entry.entity, entry.file_hash) for entry in manifest.entries.values()}
    for folder in (settings.intake, quarantine_of(settings)):
        for path in folder.glob("*/*/*.parquet"):
            if (path.parent.parent.name, path.parent.name, path.stem) not in listed:
                path.unlink()


def _note(request: ErasureRequest, place: str, scrubbed: Scrubbed | None) -> None:
    if scrubbed:
        request.count(f"{place}: rows dropped", scrubbed.dropped)
        request.count(f"{place}: rows emptied, which stay without their person", scrubbed.emptied)
        request.count(f"{place}: rows an address was cut out of", scrubbed.cut)
        request.save()
