"""Keeps the valuations of customers: two Parquet files per fit, each written whole or not at all.

`scores-<as_of>.parquet` has a row per customer, `fit-<as_of>.parquet` one row. The fit is written last, so scores
without one are what a crash left behind, and nobody reads them.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from stammis.core import sql
from stammis.core.files import whole_file
from stammis.core.settings import Settings
from stammis.warehouse.tables import CLV_FITS, CLV_SCORES


def write_valuation(settings: Settings, as_of: datetime, scores: Mapping[str, Any], fit: Mapping[str, Any]) -> None:
    """Write the columns of `scores` and the one row of `fit`. An earlier fit of the same moment is replaced."""
    settings.valuations.mkdir(parents=True, exist_ok=True)
    _write(_place(settings, "scores", _stamp(as_of)), CLV_SCORES, scores)
    _write(_place(settings, "fit", _stamp(as_of)), CLV_FITS, {name: [value] for name, value in fit.items()})


def valuation_relations(settings: Settings, as_of: datetime) -> dict[str, sql.FileView]:
    """Table of schema run → SELECT: the scores of the newest fit up to `as_of`, and every fit up to then."""
    stamps = sorted(path.stem.removeprefix("fit-") for path in settings.valuations.glob("fit-*.parquet"))
    known = [stamp for stamp in stamps if stamp <= _stamp(as_of)]
    scores = [place for stamp in known[-1:] if (place := _place(settings, "scores", stamp)).exists()]
    fits = [_place(settings, "fit", stamp) for stamp in known]
    return {"clv_scores": _select(CLV_SCORES, scores), "clv_fits": _select(CLV_FITS, fits)}


def _select(columns: Mapping[str, str], files: list[Path]) -> sql.FileView:
    empty = f"select {', '.join(f'cast(null as {kind}) as {name}' for name, kind in columns.items())} where false"
    select = f"select {', '.join(columns)} from {sql.parquet(*files)}" if files else empty
    return sql.FileView(select, empty, tuple(files))


def _place(settings: Settings, what: str, stamp: str) -> Path:
    return settings.valuations / f"{what}-{stamp}.parquet"


def _stamp(as_of: datetime) -> str:
    return f"{as_of:%Y%m%dT%H%M%SZ}"


def _write(place: Path, kinds: Mapping[str, str], columns: Mapping[str, Any]) -> None:
    import pyarrow
    from pyarrow import parquet

    types = {
        "varchar": pyarrow.string(),
        "double": pyarrow.float64(),
        "bigint": pyarrow.int64(),
        "date": pyarrow.date32(),
        "timestamp": pyarrow.timestamp("us"),
        "decimal(18,2)": pyarrow.decimal128(18, 2),
    }
    table = pyarrow.table({name: pyarrow.array(columns[name]).cast(types[kind]) for name, kind in kinds.items()})
    with whole_file(place) as unfinished:
        parquet.write_table(table, unfinished, compression="zstd")
