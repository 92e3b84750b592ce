"""Words that could not be read and may be refusals: damaged rows and whole files of sources in which people say no.

Whoever may have said no gets no marketing until the word is read or a person has answered for it: the address that
stands in a damaged row, and every address of the channel where a whole file or the rest of one cannot be read.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath

from stammis.core.damage import read_json
from stammis.core.files import write_whole
from stammis.core.identifiers import Numbering, read_numbering
from stammis.core.settings import Settings
from stammis.core.sql import literal, name, parquet
from stammis.intake.contracts import Contract, read_contracts
from stammis.intake.files import DATE_IN_NAME, ENDINGS, Note, date_in, hash_of
from stammis.intake.headers import NO_ROWS_AT
from stammis.intake.lines import REST
from stammis.intake.manifest import Entry, Manifest
from stammis.intake.person_keys import keys_in_text
from stammis.intake.store import manifest_of, parquet_of, quarantine_of, reading, relation_of
from stammis.intake.workplace import Database

TALK = re.compile(r"\.(txt|md|pdf|html?)$", re.IGNORECASE)  # what lies beside exports and is none
DAY = timedelta(days=1)
FILES = "unread_files.json"  # in quarantine/; not_read.json has what the last intake found, for people


@dataclass(frozen=True, slots=True)
class UnreadWord:
    """A damaged row (`word_id` is place:line) or file (its place). `address` None: of every address of the channel.

    `said_at`: no later than then; None for a file, which no later word can answer.
    """

    word_id: str
    source: str
    place: str
    channel: str
    address: str | None
    said_at: datetime | None


@dataclass(frozen=True)
class Damage:
    """What cannot be read of one file. `name`: its place; of a later version of it, with (2) behind.

    `said`: (line, channel, address) of each address that stands in a damaged row. `rests`: lines after which nothing of
    the file is read. `is_whole`: no row of it could be read, and not each shows whose it is: it is something else than
    an export, or one that nobody understands.
    """

    entry: Entry
    name: str
    said: tuple[tuple[int, str, str], ...]
    rests: tuple[int, ...]
    is_whole: bool


@dataclass(frozen=True)
class UnreadFile:
    """A file that cannot be read, remembered until it is: one that leaves the landing folder is unread still.

    `word_id`: its place; with (2) behind, the second such file of that name.

    `contents`: their hash, empty where there are none to hash; `taken_in`: how many files of its place had been read.
    """

    place: str
    contents: str
    word_id: str
    taken_in: int

    def channels(self, contracts: Collection[Contract]) -> set[str]:
        """Those in which it may hold refusals: its table's; of one that no table expects, all its source's."""
        return {channel for contract in self._tables(contracts) for channel in contract.refusals}

    def is_read(self, manifest: Manifest, contracts: Collection[Contract]) -> bool:
        """Whether the same contents were read since, or others of its name where a later list stands for an earlier."""
        read = [entry for entry in manifest.entries.values() if entry.source == self.source]
        if self.contents and any(entry.contents == self.contents for entry in read):
            return True
        tells_state = all(contract.tells == "state" for contract in self._tables(contracts) if contract.refusals)
        return tells_state and sum(entry.place == self.place for entry in read) > self.taken_in

    @property
    def source(self) -> str:
        """The folder it lies in; empty where it lies in none."""
        return PurePosixPath(self.place).parts[0] if "/" in self.place else ""

    def _tables(self, contracts: Collection[Contract]) -> list[Contract]:
        of_source = [contract for contract in contracts if self.source in (contract.source, "")]
        stem = ENDINGS.sub("", PurePosixPath(self.place).name)
        accepting = [contract for contract in of_source if contract.accepts(stem)]
        return accepting or (of_source if self.source else [])


def unread_words(settings: Settings) -> list[UnreadWord]:
    """Every damaged row with an address that can be found in it, and every file, of the tables that carry refusals.

    Of a document of which a part is not read, every address of the channel: it may stand there.
    """
    contracts = read_contracts(settings.dbt_project)
    words = [
        UnreadWord(file.word_id, file.source, file.place, channel, None, None)
        for file in unread_files(settings)
        if not TALK.search(file.place)
        for channel in sorted(file.channels(contracts))
    ]
    numbering, manifest = read_numbering(settings.dbt_project), manifest_of(settings)
    with reading(settings) as database:
        for contract in (contract for contract in contracts if contract.refusals):
            entries = manifest.of(contract)
            damages = list(_damages(settings, database, contract, entries, numbering))
            read = _read_since(settings, database, contract, entries, damages) if contract.tells == "state" else set()
            for damage in damages:
                words += _words(damage, contract, read)
    return words


def unread_files(settings: Settings) -> list[UnreadFile]:
    """Those of earlier and of the last intake that nobody has read since."""
    place = f"quarantine/{FILES}"
    return [UnreadFile(**each) for each in read_json(settings.data, place)] if (settings.data / place).exists() else []


def remember_unread(
    settings: Settings, manifest: Manifest, contracts: Collection[Contract], notes: Sequence[Note]
) -> None:
    """Add what this intake could not read, and forget what it has read of what earlier ones could not."""
    known = unread_files(settings)
    for note in notes:
        contents = _hash_of(settings.landing / note.file)
        same_place = [each for each in known if each.place == note.file]
        if all(each.contents != contents for each in same_place):
            word_id = _numbered(note.file, len(same_place) + 1)
            taken_in = sum(entry.place == note.file for entry in manifest.entries.values())
            known.append(UnreadFile(note.file, contents, word_id, taken_in))
    unread = [asdict(each) for each in known if not each.is_read(manifest, contracts)]
    write_whole(quarantine_of(settings) / FILES, json.dumps(unread))


def _damages(
    settings: Settings, database: Database, contract: Contract, entries: Sequence[Entry], numbering: Numbering
) -> Iterator[Damage]:
    versions: dict[str, int] = {}
    for entry in entries:
        versions[entry.place] = version = versions.get(entry.place, 0) + 1
        if not entry.rows_quarantined:
            continue
        place = parquet_of(quarantine_of(settings), entry)
        rows = database.execute(f"select line, coalesce(row, ''), reason from {parquet(place)} order by line")
        said, rests, has_nobodys = [], [], False
        for line, row, reason in iter(rows.fetchone, None):  # one at a time: a row may have thousands of characters
            addresses = set(_addresses(row, contract.refusals, numbering))
            said += [(line, *address) for address in sorted(addresses)]
            rests += [line] if REST in reason else []
            has_nobodys = has_nobodys or not addresses or reason.startswith(NO_ROWS_AT)
        is_whole = entry.rows_quarantined == entry.rows_in and has_nobodys
        yield Damage(entry, _numbered(entry.place, version), tuple(said), tuple(rests), is_whole)


def _numbered(place: str, version: int) -> str:
    return place if version == 1 else f"{place} ({version})"


def _words(damage: Damage, contract: Contract, read: Collection[tuple[str, str, str]]) -> Iterator[UnreadWord]:
    entry = damage.entry
    said_at = min(entry.exported_at + DAY, entry.landed_at)
    for word_id in [damage.name] * damage.is_whole + [f"{damage.name}:{line}" for line in damage.rests]:
        for channel in contract.refusals:
            yield UnreadWord(word_id, entry.source, entry.place, channel, None, None)
    for line, channel, address in damage.said:
        if (damage.name, channel, address) not in read:
            yield UnreadWord(f"{damage.name}:{line}", entry.source, entry.place, channel, address, said_at)


def _read_since(
    settings: Settings, database: Database, contract: Contract, entries: Sequence[Entry], damages: Sequence[Damage]
) -> set[tuple[str, str, str]]:
    """(name, channel, address) of damaged rows which a later export of the same list tells in a row that is sound."""
    later = {damage.name: _later(damage.entry, entries) for damage in damages if damage.said}
    hashes = set().union(*later.values())
    if not hashes:
        return set()
    sound = relation_of(settings, contract, [entry for entry in entries if entry.file_hash in hashes])
    told: set[tuple[str, str, str]] = set()
    for channel, kind, ending in (("email", "email", "folded"), ("sms", "phone", "e164")):
        asked = sorted({address for damage in damages for _, of, address in damage.said if of == channel})
        columns = [name(f"{each.name}_{ending}") for each in contract.columns if each.personal == kind]
        for column in columns if asked else ():
            query = f"select distinct file_hash, {column} from ({sound}) where {column} in ({_listed(asked)})"
            told |= {(file_hash, channel, address) for file_hash, address in database.execute(query).fetchall()}
    return {
        (damage.name, channel, address)
        for damage in damages
        for _, channel, address in damage.said
        if any((file_hash, channel, address) in told for file_hash in later[damage.name])
    }


def _later(damaged: Entry, entries: Sequence[Entry]) -> set[str]:
    """The file_hash of each later version of a list: what replaced its file, or has its name with a later date."""
    date, place = date_in(damaged.place), entries.index(damaged)
    return {
        entry.file_hash
        for number, entry in enumerate(entries)
        if (entry.place == damaged.place and number > place)
        or (date and (date_in(entry.place) or date) > date and _undated(entry.place) == _undated(damaged.place))
    }


def _undated(place: str) -> str:
    return DATE_IN_NAME.sub("", place).lower()


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))


def _addresses(row: str, channels: Iterable[str], numbering: Numbering) -> Iterator[tuple[str, str]]:
    """(channel, address) of every address of these channels in a text."""
    for key in keys_in_text(row, numbering):
        kind, _, address = key.partition("|")
        channel = {"email": "email", "phone": "sms"}[kind]
        if channel in channels:
            yield channel, address


def _hash_of(path: Path) -> str:
    try:
        return hash_of(path) if path.is_file() and not path.is_symlink() else ""
    except OSError:
        return ""
