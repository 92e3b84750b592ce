"""Takes a person out of all that was made from exports and ledger: published runs, registry, messages, traces."""

import re
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from stammis.core.files import remove_unfinished, whole_file
from stammis.core.settings import Settings
from stammis.intake.collect.place import DONE
from stammis.intake.scrub import read_emptiable
from stammis.privacy.erase_landing import Words
from stammis.privacy.request import ErasureRequest
from stammis.warehouse.data_folder import clear_scratch
from stammis.warehouse.emptied import empty_warehouse

# Rows that stay, for bookkeeping and for sums, without the person; of any other table their rows go.
TRADE = ("orders", "order_lines", "order_discounts", "refunds", "gift_cards")
# Opaque ids alone, which a sum needs.
COUNTED = ("journey_log_changes", "journey_goals")


def erase_published(settings: Settings, request: ErasureRequest, words: Words) -> None:
    """Erase them from every published run. A table is rewritten only if the person is in it."""
    remove_unfinished(settings.published)
    for path in sorted(settings.published.glob("[0-9]*/*.parquet")):
        request.count("published rows", _erase_parquet(path, request, words.addresses))
    request.save()


def erase_inbox(settings: Settings, request: ErasureRequest) -> None:
    """Erase the inbox's copies of fetched files: they have landed, and in a copy not all of their rows can be found."""
    named = settings.inbox_folder
    for inbox in {settings.data / "inbox"} | ({named} if named else set()):
        request.count("copies of fetched exports", sum(path.is_file() for path in (inbox / DONE).rglob("*")))
        shutil.rmtree(inbox / DONE, ignore_errors=True)
    request.save()


def erase_registry(settings: Settings, request: ErasureRequest) -> None:
    """Erase their identifiers from the registry."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    remove_unfinished(settings.registry, ".part")
    for path in sorted(settings.registry.glob("*.parquet")):
        rows = pq.read_table(path)
        keys = pc.binary_join_element_wise(rows["identifier_type"], rows["identifier"], "|")
        theirs = pc.or_(
            pc.is_in(rows["customer_id"], pa.array(request.person.customer_ids)),
            pc.is_in(keys, pa.array(sorted(request.person.own), pa.string())),
        )
        if count := int(pc.sum(theirs).as_py() or 0):
            _replace(path, rows.filter(pc.invert(theirs)))
            request.count("registry pairs", count)
    request.save()


def erase_written(settings: Settings, request: ErasureRequest, words: Words, send_ids: Collection[str]) -> None:
    """Erase messages that the file channel wrote, the page that shows them, and the page of a preview."""
    request.count("preview pages", len([*settings.previews.glob("*.html")]))
    shutil.rmtree(settings.previews, ignore_errors=True)
    if not settings.messages.exists():
        return
    for path in [path for path in settings.messages.rglob("*") if path.is_file()]:
        if path.stem in send_ids or (path.suffix != ".html" and words.addresses.search(path.read_bytes())):
            path.unlink()
            request.count("written messages", 1)
    from stammis.rendering.messages_page import write_page

    write_page(settings.messages)
    request.save()


def erase_built(settings: Settings, request: ErasureRequest, words: Words) -> None:
    """Erase the warehouse, and what dbt and the gate may have logged of a row."""
    request.count("warehouse tables, built again by the next run", empty_warehouse(settings))
    for spilled in (settings.data / "dbt_try", Path(f"{settings.warehouse}.tmp")):
        shutil.rmtree(spilled, ignore_errors=True)
    for folder in ("dbt", "gate"):
        for path in [path for path in (settings.data / folder).rglob("*") if path.is_file()]:
            if path.suffix == ".parquet" or words.addresses.search(path.read_bytes()):
                path.unlink()
                request.count("logs and traces", 1)
    request.count("copies somebody works on just now, gone when that ends", clear_scratch(settings))
    request.save()


def _erase_parquet(path: Path, request: ErasureRequest, words: re.Pattern[bytes]) -> int:
    """Rewrite a Parquet file without them; returns how many rows were dropped or emptied."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = path.stem
    rows = read_emptiable(path)
    theirs = pa.array([False] * rows.num_rows, pa.bool_())
    names = [name.lower() for name in rows.column_names]  # a model may write them in capitals
    ids = [place for place, name in enumerate(names) if name == "alias_id" or name.endswith("customer_id")]
    for place in ids if table not in COUNTED else ():
        theirs = pc.or_(theirs, pc.is_in(rows.column(place).combine_chunks(), pa.array(request.person.customer_ids)))
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            theirs = pc.or_(theirs, _mentions(rows.column(place).combine_chunks(), request.person.addresses, words))
    count = int(pc.sum(theirs).as_py() or 0)
    if not count:
        return 0
    if table in TRADE:
        place = names.index("customer_id")
        nobody = pc.if_else(theirs, pa.nulls(rows.num_rows, pa.string()), rows.column(place).combine_chunks())
        _replace(path, rows.set_column(place, rows.schema.field(place), nobody))
    else:
        _replace(path, rows.filter(pc.invert(theirs)))
    return count


def _mentions(texts: Any, addresses: Collection[str], words: re.Pattern[bytes]) -> Any:
    """Whether each text mentions one of the addresses: a fast search first, then an exact one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    near = pa.array([False] * len(texts), pa.bool_())
    for address in addresses:
        near = pc.or_(near, pc.fill_null(pc.match_substring(texts, address, ignore_case=True), False))
    if not pc.any(near).as_py():
        return near
    pairs = zip(texts.to_pylist(), near.to_pylist(), strict=True)
    return pa.array([is_near and bool(words.search(text.encode())) for text, is_near in pairs], pa.bool_())


def _replace(path: Path, rows: Any) -> None:
    import pyarrow.parquet as pq

    with whole_file(path) as unfinished:
        pq.write_table(rows, unfinished, compression="zstd")
