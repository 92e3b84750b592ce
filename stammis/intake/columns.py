"""Builds the SQL that types the cells of a landing file, and gives each bad row its reason.

It returns text; intake.py runs it. No row is dropped; REASON is null for a good one.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from stammis.core.sql import literal, name, parquet_by_name
from stammis.intake.contracts import ADDED_COLUMNS, Column, Contract

# No column of a contract can have these names.
REASON, LEFT_EMPTY = '"why quarantined"', '"left empty"'
EXAMPLE = datetime(2025, 12, 24, 18, 30)  # noqa: DTZ001 - shown in a sentence, never computed with
# how a spreadsheet writes a long id, of which most digits are then gone: 5E+12, 5.E+12, 4,67017E+10, 5e12
_E, _PLUS = r"\s*[eEｅＥ]", r"\s*[+＋]"
EXPONENT = (
    rf"[-+−－＋]?(\p{{Nd}}+[.,．，]\p{{Nd}}*{_E}({_PLUS})?\s*\p{{Nd}}+|\p{{Nd}}+{_E}{_PLUS}\s*\p{{Nd}}+"
    rf"|\p{{Nd}}{_E}\p{{Nd}}{{2}})"
)
# A two-digit year is read as the year 24: no time of a shop lies outside these.
FIRST_YEAR, LAST_YEAR = 1850, 2200
OTHER_MARK, SPACES = {",": ".", ".": ","}, " \u00a0\u202f"
CALLED = {",": "a decimal comma", ".": "a decimal point"}
NOT_A_NUMBER = "is not a number like"
LOCAL_SLACK = "interval 14 hours"  # a time without a zone is future only when it is so everywhere on earth


def pointer(path: str, above: str = "$") -> str:
    """A dotted path of a contract as the literal of a JSON path; `[]` is every element of a list, `[-1]` its last."""
    keys = [key.partition("[") for key in path.split(".")]
    steps = [name(key) + (mark + rest).replace("[]", "[*]").replace("[-", "[#-") for key, mark, rest in keys]
    return literal(".".join([above, *steps]))


def judged_rows(
    contract: Contract,
    source: str,
    cells: Mapping[str, str],
    trouble: str = "null::varchar",
    ready: Collection[str] = (),
) -> str:
    """SELECT line, every column typed, REASON, and LEFT_EMPTY (a column whose value was dropped, if any).

    `source`: a relation with `line` and whatever `cells` (column → SQL of its raw text) reads; a column
    without a cell is null. `trouble`: SQL of a reason that stands before all others. `ready`: columns whose
    cell is not text but has its type already.
    """
    raw = [f"{cells.get(column.name, 'null::varchar')} as {_raw(column)}" for column in contract.columns]
    typed = [
        f"{_raw(column) if column.name in ready else _typed(column, _text_of(contract, column))} as {name(column.name)}"
        for column in contract.columns
    ]
    filled = dict(contract.fill_down)
    whens = ['when "raw trouble" is not null then "raw trouble"']
    dropped = []
    for column in contract.columns:
        if column.required and column.name not in filled:
            whens.append(f"when {_raw(column)} is null then {literal(is_empty(column))}")
        if column.name not in ready and _must_be_told(contract, column):
            whens.append(f"when is_spreadsheet_error({_raw(column)}) then {literal(_is_error(column))}")
        if column.data_type != "varchar" or column.elements:
            unread = f"{_raw(column)} is not null and {name(column.name)} is null"
            if column.may_be_unreadable:
                dropped.append(f"when {unread} then {literal(column.headers[0])}")
            else:
                if column.has_decimals:
                    other = is_number(_raw(column), OTHER_MARK[column.mark])
                    whens.append(f"when {unread} and {other} then {literal(_has_other_mark(column))}")
                whens.append(f"when {unread} then {literal(_is_unreadable(column))}")
        if _is_id(contract, column):
            whens.append(
                f"when regexp_full_match({_raw(column)}, {literal(EXPONENT)}) then {literal(_is_rounded(column))}"
            )
        whens += [_unreadable_within(column, path, kind) for path, kind in column.elements]
    columns = ", ".join(name(column.name) for column in contract.columns)
    select = f"""
        with raw_cells as (select line, {trouble} as "raw trouble", {", ".join(raw)} from {source}),
        typed_cells as (select *, {", ".join(typed)} from raw_cells)
        select line, {columns}, case {" ".join(whens)} end as {REASON},
            {f"case {' '.join(dropped)} end" if dropped else "null::varchar"} as {LEFT_EMPTY}
        from typed_cells"""
    for column in contract.columns:
        if column.name in filled:
            select = _filled_down(column, filled[column.name], select)
    return select


def swallowed_rows(contract: Contract, cells: Mapping[str, str]) -> str:
    """SQL of the reason of a CSV's row in which a cell that is of one line has several; null of all others."""
    whens = [
        f"when contains({cells[column.name]}, chr(10)) then "
        + literal(f"column '{column.headers[0]}' holds a line break: a quotation mark before it may not be closed")
        for column in contract.columns
        if column.name in cells and _is_of_one_line(contract, column)
    ]
    return f"case {' '.join(whens)} end" if whens else "null::varchar"


def relation(contract: Contract, parquet: Sequence[Path]) -> str:
    """SELECT of the contract's and the added columns from our Parquet files; without a file, an empty relation.

    Columns are matched by name and cast: Parquet that was written before a column was declared lacks it.
    """
    types = {column.name: column.data_type for column in contract.columns} | ADDED_COLUMNS
    types |= dict.fromkeys(contract.derived, "varchar")
    nulls = ", ".join(f"null::{kind} as {name(column)}" for column, kind in types.items())
    no_rows = f"select {nulls} where false"
    if not parquet:
        return no_rows
    columns = ", ".join(f"cast({name(column)} as {kind}) as {name(column)}" for column, kind in types.items())
    rows = f"select * from {parquet_by_name(parquet)}"
    return f"select {columns} from ({no_rows} union all by name {rows})"


def happened_times(contract: Contract) -> str:
    """SQL of the list of a row's times at which something happened; the list may hold nulls."""
    times = [f"cast({name(column.name)} as timestamp)" for column in contract.columns if column.happened]
    return f"cast([{', '.join(times)}] as timestamp[])"


def is_future(contract: Contract, as_of: str) -> str:
    """SQL: does something in this row happen after `as_of` (SQL of a timestamp)?"""
    future = [
        f"coalesce({name(column.name)} > {as_of}{f' + {LOCAL_SLACK}' if column.is_local else ''}, false)"
        for column in contract.columns
        if column.happened
    ]
    return " or ".join(future) or "false"


def unit_key(contract: Contract) -> str:
    """SQL of one text per unit. Null where a part of the unit is null: such a row is never a duplicate."""
    parts = [f"cast({part} as varchar)" for part in contract.unit]
    whole = " and ".join(f"{part} is not null" for part in parts)
    return f"case when {whole} then concat_ws(chr(31), {', '.join(parts)}) end"


def _raw(column: Column) -> str:
    return name(f"raw {column.name}")


def _typed(column: Column, raw: str) -> str:
    kind = column.data_type
    if column.elements:
        is_list = f"case when json_valid({raw}) then json_type({raw}) = 'ARRAY' end"
        return f"case when {is_list} then {raw} end"
    if kind == "varchar":  # what people write stays: a text message may be #STOP!
        return raw if column.personal == "text" or column.is_reply else f"unless_error({raw})"
    if kind in ("timestamp", "date"):
        times = ", ".join(_time(raw, format) for format in column.formats)
        time = f"coalesce({times})"
        return f"case when year({time}) between {FIRST_YEAR} and {LAST_YEAR} then cast({time} as {kind}) end"
    if kind == "boolean":
        word = f"lower({raw})"
        return f"case when {word} in ('yes', 'true') then true when {word} in ('no', 'false') then false end"
    if column.has_decimals:
        return _decimal(raw, kind, column.mark)
    return f"case when regexp_full_match({raw}, '[-+]?[0-9]+') then try_cast({raw} as {kind}) end"


def _time(raw: str, format: str) -> str:
    if format == "epoch":
        seconds = f"case when regexp_full_match({raw}, '[0-9]{{1,11}}') then cast({raw} as bigint) end"
        return f"make_timestamp({seconds} * 1000000)"
    if format == "iso":
        return f"cast(try_cast({raw} as timestamptz) as timestamp)"
    return f"cast(try_strptime({raw}, {literal(format)}) as timestamp)"


def _decimal(raw: str, kind: str, mark: str) -> str:
    """SQL of a decimal. Its mark is strict: where it is a comma, 0.85 is an error and not 85; 1.234,50 is right."""
    digits = f"replace(translate({_plain(raw)}, '{OTHER_MARK[mark]}{SPACES}', ''), '{mark}', '.')"
    return f"case when {is_number(raw, mark)} then try_cast({digits} as {kind}) end"


def is_number(raw: str, mark: str) -> str:
    """SQL: is this text a number with this decimal mark, and maybe with the other one between thousands?"""
    groups = "|".join(f"([{between}][0-9]{{3}})+" for between in (OTHER_MARK[mark], SPACES))
    # thousands never begin with a zero: with a decimal comma, 0.250 is no number, and not 250
    shape = f"[-+]?([0-9]+|[1-9][0-9]{{0,2}}({groups}))?([{mark}][0-9]+)?"
    return f"regexp_full_match({_plain(raw)}, '{shape}')"


def _plain(raw: str) -> str:
    return f"replace({raw}, '\u2212', '-')"


def _filled_down(column: Column, by: str, select: str) -> str:
    """Fill rows 2..n of a unit from row 1. If row 1 is quarantined, so are they: half an order is worse than none."""
    own = name(column.name)
    carried = f"case when {own} is null then null when {REASON} is null then {own} else '' end"
    above = f"""nullif(last_value({carried} ignore nulls) over (
        partition by {name(by)} order by line rows between unbounded preceding and current row), '')"""
    missing = f"column '{column.headers[0]}' is empty, and no good row above with the same {by} has one"
    return f"""
        with judged as ({select}),
        filled as (select * replace (coalesce({own}, {above}) as {own}) from judged)
        select * replace (
            coalesce({REASON}, case when {own} is null then {literal(missing)} end) as {REASON}
        ) from filled order by line"""


def _unreadable_within(column: Column, path: str, kind: str) -> str:
    """SQL of the reason when a value inside a list cannot be read: an order without a line's price would be wrong."""
    inner = Column(path, kind, headers=(path,), formats=("iso",))
    values = f"json_extract_string({name(column.name)}, {pointer(path, '$[*]')})"
    unread = f"lambda item: item is not null and {_typed(inner, 'item')} is null"
    reason = f"in an element of '{column.headers[0]}', {_is_unreadable(inner)}"
    return f"when len(list_filter({values}, {unread})) > 0 then {literal(reason)}"


def _is_id(contract: Contract, column: Column) -> bool:
    """Whether a column tells rows or people apart."""
    is_named_so = column.name == "id" or column.name.endswith("_id")
    return column.data_type == "varchar" and (
        is_named_so or column.personal in ("card", "shop id") or column.name in contract.unit
    )


def _is_key(contract: Contract, column: Column) -> bool:
    """Whether a column tells rows or people apart, by an id or a telephone number."""
    return _is_id(contract, column) or column.personal in ("phone", "key")


def _must_be_told(contract: Contract, column: Column) -> bool:
    """Whether a row is quarantined if a spreadsheet's error stands in this column; elsewhere it is no value."""
    if column.data_type != "varchar":
        return not column.may_be_unreadable
    return column.required or column.name in dict(contract.fill_down)


def _text_of(contract: Contract, column: Column) -> str:
    return f"whole_id({_raw(column)})" if _is_key(contract, column) else _raw(column)


def _has_other_mark(column: Column) -> str:
    mark = OTHER_MARK[column.mark]
    remedy = f"export them all alike, or say `decimal: '{mark}'` of the column in the source's YAML"
    return f"{_is_unreadable(column)}: it has {CALLED[mark]}, where other numbers of the file have none; {remedy}"


def _is_of_one_line(contract: Contract, column: Column) -> bool:
    """Whether a line break in it means that a quotation mark swallowed what follows: other rows, maybe refusals."""
    if column.data_type != "varchar" or column.elements:
        return False
    if column.personal in ("text", "address") and not column.one_line:
        return False
    return bool(contract.refusals or column.personal) or _is_id(contract, column)


def _is_rounded(column: Column) -> str:
    return f"column '{column.headers[0]}' was rounded by a spreadsheet: format it as text there, and export it again"


def _is_error(column: Column) -> str:
    return f"column '{column.headers[0]}' holds an error of a spreadsheet: mend the cell there, and export it again"


def is_empty(column: Column) -> str:
    """The reason of a row without a value that it needs."""
    return f"column '{column.headers[0]}' is empty: it is needed on every row"


def _is_unreadable(column: Column) -> str:
    header = column.headers[0]
    if column.elements:
        return f"column '{header}' is not a list"
    if column.data_type in ("timestamp", "date"):
        format = column.formats[0]
        shown = {"epoch": "1766601000", "iso": EXAMPLE.isoformat() + "Z"}.get(format)
        shown = shown or EXAMPLE.strftime(re.sub("%z", "+0100", format))
        return f"column '{header}' is not a {'date' if column.data_type == 'date' else 'time'} like {shown}"
    if column.data_type == "boolean":
        return f"column '{header}' is neither yes nor no"
    if column.has_decimals:
        return f"column '{header}' {NOT_A_NUMBER} 1234{column.mark}50"
    return f"column '{header}' is not a whole number"
