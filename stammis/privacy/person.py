"""Finds all ids and keys of one person, with those they share apart from those that are theirs alone.

A shared key (a household's phone, info@) is taken out of this person's rows only, and never becomes a tombstone.
"""

from dataclasses import dataclass
from pathlib import Path

from stammis.core.damage import ARROW, named_damage
from stammis.core.errors import StammisError
from stammis.core.identifiers import read_numbering
from stammis.core.settings import Settings
from stammis.core.tombstones import SALT, tombstone
from stammis.customers import find_customer
from stammis.intake.person_keys import words_of_name
from stammis.ledger.erasure import open_for_erasure
from stammis.warehouse import published

HELD_BY = """
    with theirs as (select distinct identifier_type, identifier from {identifiers} where customer_id = ?),
    others as (select distinct identifier_type, identifier from {identifiers} where customer_id <> ?)
    select theirs.identifier_type || '|' || theirs.identifier as key, others.identifier is not null as is_shared
    from theirs left join others using (identifier_type, identifier)
"""
HELD_BY_OTHERS = "select distinct identifier_type || '|' || identifier as key from {identifiers} where customer_id <> ?"


@dataclass(frozen=True, slots=True)
class Person:
    """`customer_ids`: today's first, then those before merges. Keys: see tombstones.py. `names`: folded words."""

    customer_ids: tuple[str, ...]
    own: frozenset[str]
    shared: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()

    @property
    def customer_id(self) -> str:
        return self.customer_ids[0]

    @property
    def addresses(self) -> set[str]:
        """E-mail addresses and phone numbers that are theirs alone."""
        return {key.split("|", 1)[1] for key in self.own if key.split("|")[0] in ("email", "phone")}


def find_person(settings: Settings, text: str) -> Person:
    """Find the person of an id, address, number or card. Raises StammisError for nobody, several, or the erased."""
    try:
        found = find_customer(settings, text)
    except StammisError as unknown:
        raise _erased(settings, text) or unknown from None
    customer_id = str(found["customer_id"])
    names = " ".join(str(found[column] or "") for column in ("first_name", "last_name"))
    words = published.rows(settings, f"select {words_of_name('cast(? as varchar)')} as words", [names])[0]["words"]
    aliases = published.rows(settings, "select alias_id from {customer_aliases} where customer_id = ?", [customer_id])
    ids = dict.fromkeys([customer_id, *sorted(row["alias_id"] for row in aliases)])
    keys = {row["key"]: row["is_shared"] for row in published.rows(settings, HELD_BY, [customer_id] * 2)}
    others = {row["key"] for row in published.rows(settings, HELD_BY_OTHERS, [customer_id])}
    with named_damage(settings.data, *ARROW):
        once = _remembered(settings.registry, set(ids)) - others
    return Person(
        tuple(ids),
        own=frozenset({key for key, is_shared in keys.items() if not is_shared} | once),
        shared=frozenset(key for key, is_shared in keys.items() if is_shared),
        names=tuple(words),
    )


def keys_meant(settings: Settings, text: str) -> set[str]:
    """The keys that a typed address, number or id may mean."""
    from stammis.intake.person_keys import KINDS, keys_in_text

    word = text.strip()
    spelled = {f"{kind}|{each}" for kind in KINDS.values() for each in (word, word.lower(), word.upper())}
    return spelled | keys_in_text(word, read_numbering(settings.dbt_project))


def _erased(settings: Settings, text: str) -> StammisError | None:
    if not settings.ledger.exists():
        return None
    with open_for_erasure(settings) as ledger:
        erased_at, known = ledger.erased_at(text.strip()), ledger.tombstones()
    if erased_at:
        stays = "Their orders stay without them, and the journey log keeps this id, which leads to nobody."
        return StammisError(f"nothing is held about {text.strip()}: erased on {erased_at:%Y-%m-%d}. {stays}")
    secret = settings.derived_key(SALT)
    if any(tombstone(secret, key) in known for key in keys_meant(settings, text)):
        return StammisError("nothing is held about that address: its person is erased, and only its tombstone stays.")
    return None


def _remembered(registry: Path, customer_ids: set[str]) -> set[str]:
    """Every key that any run has given to one of these ids."""
    import pyarrow.parquet as pq

    return {
        f"{row['identifier_type']}|{row['identifier']}"
        for path in sorted(registry.glob("*.parquet"))
        for row in pq.read_table(path, filters=[("customer_id", "in", customer_ids)]).to_pylist()
    }
