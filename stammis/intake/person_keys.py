"""Finds whose a landed row is: SQL of the person's keys in it, and patterns of those keys in any text.

A key is `<kind>|<value>`, normalised as the models do it (macros/normalise.sql): `email|anna@example.com`,
`phone|+46701740605`. What a column holds is declared beside it (`personal`). What a row tells of, an order or a ticket,
is `row|<source>/<entity>|<id>`: theirs, if one of its rows is. Text only: others run it.
"""

import re
from collections.abc import Iterable, Sequence

from stammis.core.identifiers import Numbering, spellings_of_email
from stammis.core.sql import literal, name
from stammis.core.written import BETWEEN_DIGITS, addresses_in, spelled
from stammis.intake.contracts import Column, Contract

# what a column is declared to hold → the type of identifier it becomes in the public table of that name; a help
# desk's contact is none: its person is known by the address in the contact's own row
KINDS = {
    "email": "email",
    "phone": "phone",
    "card": "member_card",
    "shop id": "shop_customer",
    "cookie": "cookie",
    "contact": "contact",
}
ANY_KEY = "key"  # a column that may hold any of them, as what people decide by hand does
SHORT_ID = 6  # digits; fewer mean too many other things to be looked for in text
# addresses and numbers, roughly, as the database can look for them, in other letters and escapes as well
MAY_TELL = (
    r"[@＠﹫０-９٠-٩]|(%|=)(25)*40|&(amp;)*(#|commat)|\\[ux]|%u00"
    r"|(^|[^0-9A-Za-z_.])(\+|00?)?[1-9]([^0-9A-Za-z]{0,3}[0-9]){6}|(%|=)2[bB]|&plus"
)


def has_keys(contract: Contract) -> bool:
    """Whether a row of this table says whose it is: by a key, or by the order or ticket it belongs to."""
    return bool(contract.tells_of) or any(column.personal in (*KINDS, ANY_KEY) for column in contract.columns)


def is_decision(contract: Contract) -> bool:
    """Whether a row of this table is a decision by hand that two keys are, or are not, one person."""
    return any(column.personal == ANY_KEY for column in contract.columns)


def is_whole(contract: Contract) -> bool:
    """Whether other tables hold parts of this table's rows, which belong to the same person."""
    return any(entity == contract.entity for entity, _ in contract.tells_of)


def is_account(contract: Contract) -> bool:
    """Whether every key in a row of this table is its person's own."""
    return contract.about == "person" and not is_decision(contract)


def keys_of_row(contract: Contract) -> str:
    """SQL of the list of a row's keys; reads the contract's columns, typed, and those that are derived of them."""
    keys = [
        f"{literal(KINDS[kind] + '|' + column.prefix)} || {_normalised(column, kind)}"
        for column in contract.columns
        for kind in (KINDS if column.personal == ANY_KEY else [column.personal])
        if kind in KINDS
    ]
    return f"list_distinct(list_filter([{', '.join(keys)}]::varchar[], lambda key: key is not null))"


def tombstones_of_row(contract: Contract, secret: str) -> str:
    """SQL of the list of a row's keys and parent keys as tombstones (core/tombstones.py)."""
    salted = f"sha256({literal(secret + '|')} || key)"
    keys = f"list_concat({keys_of_row(contract)}, {parent_keys_of_row(contract)})"
    return f"list_transform({keys}, lambda key: {salted})"


def parent_keys_of_row(contract: Contract) -> str:
    """SQL of the list of a row's parent keys: the order or ticket it is a part of, and its own if it has parts."""
    # an id may stand at the end of an address, as in gid://shopify/Order/450789469
    ids = [
        f"{literal(f'row|{contract.source}/{entity}|')} || regexp_replace(cast({id} as varchar), '^.*/', '')"
        for entity, id in contract.tells_of
    ]
    return f"list_filter([{', '.join(ids)}]::varchar[], lambda parent: parent is not null)"


def names_of_row(contract: Contract) -> str:
    """SQL of the words of all the names in a row, a list; empty where it has none."""
    names = [f"cast({name(column.name)} as varchar)" for column in contract.columns if column.personal == "name"]
    return words_of_name(f"concat_ws(' ', {', '.join(names)})") if names else "[]::varchar[]"


def texts_of_row(contract: Contract) -> str:
    """SQL of the free texts and lists of a row, if an address or number may stand in them; else null."""
    written = [column for column in contract.columns if column.personal == "text" or column.elements]
    texts = [f"cast({name(column.name)} as varchar)" for column in written]
    text = f"concat_ws(' ', {', '.join(texts)})" if texts else "null::varchar"
    return f"case when regexp_matches({text}, {literal(MAY_TELL)}) then {text} end"


def words_of_name(text: str) -> str:
    """SQL: a name as its words, without case and accents."""
    return f"list_filter(regexp_split_to_array(strip_accents(lower({text})), '[^a-z]+'), lambda word: word <> '')"


def _normalised(column: Column, kind: str) -> str:
    if kind in ("email", "phone"):
        return name(f"{column.name}_{'folded' if kind == 'email' else 'e164'}")
    text = f"trim(cast({name(column.name)} as varchar))"
    if kind == "shop id":  # 0 is every guest
        return f"nullif(nullif(regexp_replace({text}, '^gid://.*/', ''), ''), '0')"
    return f"nullif(upper({text}), '')" if kind == "card" else f"nullif({text}, '')"


def keys_in_text(text: str, numbering: Numbering) -> set[str]:
    """The keys of every e-mail address and phone number in a text, such as a row that cannot be read."""
    emails, numbers = addresses_in(text)
    keys = {f"email|{each}" for found in emails for each in spellings_of_email(found)}
    return keys | {f"phone|{number}" for found in numbers for number in numbering.spellings(found)}


def words_of(keys: Iterable[str], codes: Sequence[str], kinds: Sequence[str] = ("email", "phone")) -> re.Pattern[bytes]:
    """A pattern that finds these keys in bytes, in any case, notation or encoding."""
    parts = [key.partition("|") for key in sorted(keys)]
    spellings = [_spelling(kind, value, codes) for kind, _, value in parts if kind in kinds]
    return re.compile(("|".join(spellings) or r"(?!)").encode("latin-1"), re.IGNORECASE)


def _spelling(kind: str, value: str, codes: Sequence[str]) -> str:
    if kind == "email":
        spellings = "|".join(spelled(each) for each in sorted(spellings_of_email(value)))
        return rf"(?<![A-Za-z0-9._+-])(?:{spellings})(?![A-Za-z0-9-])"
    if kind == "phone":
        digits = value.lstrip("+")
        code = next((code for code in sorted(codes, key=len, reverse=True) if digits.startswith(code)), "")
        between = BETWEEN_DIGITS
        national = spelled(digits[len(code) :], between)
        abroad = rf"(?:{spelled('+')}|00)?{spelled(code, between)}{between}(?:\(0\))?{between}"
        return rf"(?<![0-9])(?:{abroad}|0){national}(?![0-9])"
    whole = value.encode().decode("latin-1")
    bare = whole.rpartition(":")[2]  # files have it without the prefix of its source
    return rf"(?<![A-Za-z0-9]){re.escape(bare if len(bare) >= SHORT_ID else whole)}(?![A-Za-z0-9])"
