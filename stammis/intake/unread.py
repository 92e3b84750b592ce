"""Words that could not be read and may be refusals: damaged rows and whole files of sources in which people say no.

Whoever may have said no gets no marketing until the word is read or a person has answered for it: the address that
stands in a damaged row, and every address of the channel where a whole file cannot be read.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from stammis.core.identifiers import Numbering, read_numbering
from stammis.core.settings import Settings
from stammis.intake.contracts import Contract, read_contracts
from stammis.intake.files import ENDINGS, Note
from stammis.intake.intake import not_read, quarantined
from stammis.intake.person_keys import keys_in_text
from stammis.intake.store import manifest_of

TALK = re.compile(r"\.(txt|md|pdf|html?)$", re.IGNORECASE)  # what lies beside exports and is none


@dataclass(frozen=True, slots=True)
class UnreadWord:
    """A damaged row (`word_id` is place:line) or file (its place). `address` None: of every address of the channel."""

    word_id: str
    source: str
    place: str
    channel: str
    address: str | None
    received_at: datetime | None


def unread_words(settings: Settings) -> list[UnreadWord]:
    """Every damaged row with an address that can be found in it, and every file, of the tables that carry refusals."""
    contracts = read_contracts(settings.dbt_project)
    carrying = [contract for contract in contracts if contract.refusals]
    words = [word for note in not_read(settings) for word in _of_file(note, contracts)]
    if rows := [row for source in sorted({each.source for each in carrying}) for row in quarantined(settings, source)]:
        channels = {(each.source, each.entity): each.refusals for each in carrying}
        received = {entry.place: entry.received_at for entry in manifest_of(settings).entries.values()}
        numbering = read_numbering(settings.dbt_project)
        for row in rows:
            for channel in channels.get((row.source, row.entity), ()):
                for address in _addresses(row.row, channel, numbering):
                    word_id = f"{row.file}:{row.line}"
                    words.append(UnreadWord(word_id, row.source, row.file, channel, address, received.get(row.file)))
    return words


def _of_file(note: Note, contracts: list[Contract]) -> list[UnreadWord]:
    """The words of a file that its table would tell; of one that no table expects, those of all its source's."""
    place = PurePosixPath(note.file)
    of_source = [contract for contract in contracts if contract.source == place.parent.name]
    accepting = [contract for contract in of_source if contract.accepts(ENDINGS.sub("", place.name))]
    if TALK.search(place.name):
        return []
    channels = sorted({channel for contract in accepting or of_source for channel in contract.refusals})
    return [UnreadWord(note.file, place.parent.name, note.file, channel, None, None) for channel in channels]


def _addresses(row: str, channel: str, numbering: Numbering) -> set[str]:
    kind = "email|" if channel == "email" else "phone|"
    return {key.removeprefix(kind) for key in keys_in_text(row, numbering) if key.startswith(kind)}
