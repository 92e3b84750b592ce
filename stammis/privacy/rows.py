"""Finds the landed rows of one person: by their keys, by the unit of a row, and by the keys of their accounts.

own key           a row with an address, card or id that is theirs alone
shared key        a row with one they share, and with their name
unit              every line and every version of an order one of whose rows is theirs
part_of           the parts of what is theirs: refunds of an order, answers to a ticket; of others' only their own
account           what stands in a row that is only about them is theirs, unless others' rows have it, too
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from stammis.core.errors import InputError
from stammis.core.settings import Settings
from stammis.core.sql import literal
from stammis.intake import read_contracts
from stammis.intake.columns import unit_key
from stammis.intake.person_keys import (
    is_account,
    is_decision,
    is_whole,
    keys_of_row,
    names_of_row,
    parent_keys_of_row,
)
from stammis.intake.store import manifest_of, relation_of, workplace
from stammis.intake.workplace import Database
from stammis.privacy.person import Person

Rows = dict[tuple[str, str, str], list[int]]  # (source, entity, file hash) → lines
KEYED = """source varchar, entity varchar, file_hash varchar, line bigint, unit varchar, keys varchar[],
    names varchar[], is_account boolean, is_decision boolean, is_whole boolean, told_of varchar[]"""
PARENTS = "create temp table parents as select distinct unnest(told_of) as parent from theirs where is_whole"
# Theirs, and all that tells of the same. Whoever else speaks there, their keys are never taken for this person's.
FOUND = """
    with mentions as (select unnest(told_of) as parent, source, entity, file_hash, line from keyed),
    rows as (
        select source, entity, file_hash, line from theirs
        union
        select source, entity, file_hash, line from mentions
        where parent in (from parents)
    )
    select source, entity, file_hash, list(line order by line) from rows group by all order by all
"""
ROUNDS = 10  # each finds keys by keys; accounts of one person are few


@dataclass(frozen=True, slots=True)
class Found:
    """The person's ingested `rows`, their `own` keys (not shared), and their `parent_keys` (orders, tickets)."""

    rows: Rows
    own: frozenset[str]
    parent_keys: frozenset[str]


def find_rows(settings: Settings, person: Person) -> Found:
    """Find the person's rows in everything ingested, and all keys by which these can be found again.

    Raises InputError if none of the ingested exports is in the landing folder: then it is not the one runs read.
    """
    places = [entry.place for entry in manifest_of(settings).entries.values()]
    if places and not any((settings.landing / place).exists() for place in places):
        raise InputError(f"{settings.landing} has no export that was taken in: name the folder with --landing.")
    with workplace(settings) as work:
        _load_row_keys(settings, work.database)
        own = set(person.own)
        for _ in range(ROUNDS):
            _find_own_rows(work.database, own, person)
            fresh = _keys_of_accounts(work.database, own, person.shared)
            if not fresh:
                break
            own |= fresh
        work.database.execute(PARENTS)
        parent_keys = frozenset(each for (each,) in work.database.execute("from parents").fetchall())
        rows = {tuple(key): lines for *key, lines in work.database.execute(FOUND).fetchall()}
        return Found(rows, frozenset(own), parent_keys)


def _load_row_keys(settings: Settings, database: Database) -> None:
    """Create table `keyed`: the keys of every row that has one, or is a part of a row that may."""
    database.execute(f"create temp table keyed ({KEYED})")
    manifest = manifest_of(settings)
    for contract in read_contracts(settings.dbt_project):
        if entries := manifest.of(contract):
            unit = unit_key(contract) if contract.unit else "null"
            database.execute(
                f"""insert into keyed select {literal(contract.source)}, {literal(contract.entity)}, file_hash, line,
                {unit}, {keys_of_row(contract)}, {names_of_row(contract)}, {is_account(contract)},
                {is_decision(contract)}, {is_whole(contract)}, {parent_keys_of_row(contract)}
                from ({relation_of(settings, contract, entries)})"""
            )


def _find_own_rows(database: Database, own: Collection[str], person: Person) -> None:
    """Create table `theirs`: the person's rows found so far."""
    named = f"len({_listed(person.names)}) > 0 and list_has_all(names, {_listed(person.names)})"
    database.execute(
        f"""create or replace temp table met as from keyed
        where list_has_any(keys, {_listed(own)}) or (list_has_any(keys, {_listed(person.shared)}) and {named})"""
    )
    database.execute(
        """create or replace temp table theirs as
        from met
        union
        select keyed.* from keyed semi join met
            on keyed.unit = met.unit and keyed.source = met.source and keyed.entity = met.entity"""
    )


def _keys_of_accounts(database: Database, own: Collection[str], shared: Collection[str]) -> set[str]:
    """New keys in their accounts that are in no row with a key of somebody else."""
    known = _listed([*own, *shared])
    found = database.execute(
        f"""with fresh as (
            select distinct key from (select unnest(keys) as key from theirs where is_account)
            where not list_contains({known}, key)
        ),
        others as (
            select unnest(keys) as key from keyed
            where not is_decision and exists (
                select 1 from (select unnest(keyed.keys) as other) where not list_contains({known}, other)
                    and other not in (select key from fresh)
            )
        )
        select key from fresh where key not in (select key from others)"""
    )
    return {key for (key,) in found.fetchall()}


def _listed(words: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, sorted(words)))}]::varchar[]"
