"""What intake adds to a row beside its text: every address and number in its one spelling, every reply's meaning.

    <column>_folded             of an e-mail address
    <column>_e164, _fault       of a telephone number: the number, or the reason why the text is none
    <column>_maybe              where rows may be refusals: of a text that is no address, each that it may stand for,
                                by spaces; who says no so is taken for all of them
    <column>_meaning, _keyword  of a text that people write back

The models match by these and never by the text. They are derived in Python, once for each distinct text.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stammis.core.identifiers import (
    PLAIN_EMAIL,
    Numbering,
    can_be_mailed,
    fold_email,
    read_numbering,
    spellings_of_email,
)
from stammis.core.replies import ReplyWords, read_reply_words
from stammis.core.sql import literal, name
from stammis.intake.contracts import DERIVED, Column, Contract
from stammis.intake.person_keys import keys_in_text
from stammis.intake.workplace import Workplace

COUNTRY = re.compile(r"(^|_)(country|country_code|cc)$")
UNNESTED = "unnest(?::varchar[]) as {}"
Derive = Callable[[str, str], Sequence[str | None]]


@dataclass(frozen=True)
class Knowledge:
    """What deriving leans on: the seeds of numbers and words."""

    numbering: Numbering
    words: ReplyWords


def read_knowledge(dbt_project: Path) -> Knowledge:
    """Read the seeds."""
    return Knowledge(read_numbering(dbt_project), read_reply_words(dbt_project))


def add_derived(work: Workplace, contract: Contract, knowledge: Knowledge) -> None:
    """Give the table `checked` the columns that are derived of its own."""
    for column in contract.columns:
        if contract.derived_of(column):
            _add(work, contract, column, knowledge)


def lines_spelling(
    work: Workplace, contract: Contract, knowledge: Knowledge, is_wanted: Callable[[str], bool]
) -> set[int]:
    """The lines of `checked` with an address or number that in some spelling is a wanted key: `phone|+46701740605`."""
    lines: set[int] = set()
    for column in contract.columns:
        if column.personal not in DERIVED:
            continue
        text, country = _text(column), country_of_row(work, contract, knowledge.numbering)
        asked = f"select distinct {text} as text, {country} as country from checked where {text} is not null"
        for batch in work.batches(asked):
            for written, told in batch:
                if "@" in written:
                    keys = {f"email|{each}" for each in spellings_of_email(written)}
                else:
                    keys = {f"phone|{number}" for number in knowledge.numbering.spellings(written, told)}
                if any(map(is_wanted, keys)):  # of so few people that each may be looked for by itself
                    found = f"select line from checked where {text} = ? and {country} = ?"
                    lines.update(line for (line,) in work.database.execute(found, [written, told]).fetchall())
    return lines


def country_of_row(work: Workplace, contract: Contract, numbering: Numbering) -> str:
    """SQL of the country a row tells, empty where it tells none."""
    # where a parcel goes says more than where the invoice does
    columns = sorted(
        (column.name for column in contract.columns if COUNTRY.search(column.name)),
        key=lambda column: "shipping" not in column,
    )
    told = f"coalesce({', '.join([*map(name, columns), 'null'])})"
    is_told = work.count(f"(select 1 from checked where {told} is not null limit 1)") > 0
    return f"coalesce({told}, {literal(numbering.home if contract.country and not is_told else '')})"


def _deriving(column: Column, knowledge: Knowledge, *, may_refuse: bool) -> Derive:
    if column.is_reply:
        return lambda text, _: knowledge.words.meaning_of(text)
    numbering, is_international = knowledge.numbering, column.numbers == "international"

    def told_in(text: str, kind: str) -> set[str]:
        keys = (key.partition("|") for key in keys_in_text(text, numbering))
        return {value for of, _, value in keys if of == kind}

    def email(text: str, _: str) -> Sequence[str | None]:
        folded = fold_email(text)
        if not may_refuse:
            return (folded,)
        maybe = told_in(text, "email") if "@" in text and not can_be_mailed(folded or "") else set()
        return folded, " ".join(sorted(maybe)) or None

    def phone(text: str, country: str) -> Sequence[str | None]:
        e164, fault = number(text, country)
        if not may_refuse:  # a number in the notation of some country is read by all their plans, which is dear
            return e164, fault
        maybe = set() if e164 else numbering.spellings(text, country) | told_in(text, "phone")
        return e164, fault, " ".join(sorted(maybe)) or None

    def number(text: str, country: str) -> Sequence[str | None]:
        found = numbering.phone(text, country, is_international=is_international)
        return found.e164, found.fault

    def key(text: str, country: str) -> Sequence[str | None]:
        return (fold_email(text), None, None) if "@" in text else (None, *number(text, country))

    return {"key": key, "email": email}.get(column.personal or "", phone)


def _add(work: Workplace, contract: Contract, column: Column, knowledge: Knowledge) -> None:
    added, derive = contract.derived_of(column), _deriving(column, knowledge, may_refuse=bool(contract.refusals))
    text, is_plain = _text(column), "false"
    country = country_of_row(work, contract, knowledge.numbering) if column.personal == "phone" else literal("")
    if column.personal == "email":
        is_plain = f"regexp_full_match({text}, {literal(PLAIN_EMAIL)}) and not contains(lower({text}), 'xn--')"
    names = ["derived from", "derived in", *added]
    shape, values = (", ".join(each.format(name(column)) for column in names) for each in ("{} varchar", UNNESTED))
    work.database.execute(f"create or replace temp table derived ({shape})")
    condition = f"{text} is not null and not ({is_plain})"
    for batch in work.batches(f"select distinct {text} as text, {country} as country from checked where {condition}"):
        rows = [(*asked, *derive(*asked)) for asked in batch]
        lists = [list(column) for column in zip(*rows, strict=True)]
        work.database.execute(f"insert into derived select {values}", lists)
    plain = f"case when {is_plain} then lower({text}) else derived.{name(added[0])} end as {name(added[0])}"
    columns = [f"derived.{name(each)}" for each in added]
    columns[0] = plain if column.personal == "email" else columns[0]
    work.database.execute(
        f"""create or replace temp table checked as select checked.*, {", ".join(columns)} from checked
        left join derived on derived."derived from" = {text} and derived."derived in" = {country}"""
    )
    work.database.execute("drop table derived")


def _text(column: Column) -> str:
    return f"cast({name(column.name)} as varchar)"
