"""The made-up shop of the benches as landing files: Parquet with the exports' columns, or their own CSV and JSON.

Sizes: S 10k people, 100k order lines, 300k events · M a hundred times that. What is drawn is drawn by a hash
(workload.sql), so a size and a seed give the same rows on any machine.
"""

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

PEOPLE = {"S": 10_000, "M": 1_000_000}
SEED = "7"
AS_OF = datetime(2025, 12, 31, 10)  # noqa: DTZ001 - stored times are naive UTC
MONTHS = 24
SCRIPT = Path(__file__).with_name("workload.sql")
# What a Shopify order export carries besides; always empty here, but a reader goes past it.
ORDER_REST = """
Taxes, Shipping Method, Lineitem compare at price, Lineitem requires shipping, Lineitem taxable, Lineitem
fulfillment status, Billing Street, Billing Address1, Billing Address2, Billing Company, Billing City, Billing Zip,
Billing Province, Billing Phone, Shipping Name, Shipping Street, Shipping Address1, Shipping Address2, Shipping
Company, Shipping City, Shipping Zip, Shipping Province, Shipping Phone, Notes, Note Attributes, Payment Method,
Payment Reference, Vendor, Outstanding Balance, Employee, Location, Device ID, Tags, Risk Level, Source, Tax 1 Name,
Tax 1 Value, Tax 2 Name, Tax 2 Value, Tax 3 Name, Tax 3 Value, Tax 4 Name, Tax 4 Value, Tax 5 Name, Tax 5 Value,
Receipt Number, Duties, Billing Province Name, Shipping Province Name, Payment ID, Payment Terms Name, Next Payment
Due At, Payment References
"""
ISO, SPACED = "%Y-%m-%dT%H:%M:%S.000Z", "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Export:
    """One export: a view of workload.sql, the file it becomes, and how the source writes a time and a decimal.

    `months`: which months of the history it is taken for. A `time` of `epoch` is seconds; a `form` of jsonl nests
    columns at their dots. `list_state`: of which list (the newsletter's only).
    `rest`: further columns, which are empty.
    """

    view: str
    file: str
    form: str = "csv"
    months: tuple[int, ...] = (MONTHS - 1,)
    time: str = SPACED
    decimal: str = "."
    list_state: str | None = None
    rest: str = ""


EVERY = tuple(range(MONTHS))
EXPORTS = (
    Export("export_orders", "shopify/orders_export", months=EVERY, time=f"{SPACED} +0000", rest=ORDER_REST),
    Export("export_customers", "shopify/customers_export", months=(17, MONTHS - 1)),
    Export("export_newsletter", "newsletter/subscribed_members_export", list_state="subscribed"),
    Export("export_newsletter", "newsletter/unsubscribed_members_export", list_state="unsubscribed"),
    Export("export_newsletter", "newsletter/cleaned_members_export", list_state="cleaned"),
    Export("export_cards", "pos/members"),
    Export("export_receipts", "pos/receipts", months=EVERY, time="%d.%m.%Y %H:%M", decimal=","),
    Export("export_sendgrid", "sendgrid/events", form="jsonl", months=EVERY, time="epoch"),
    Export("export_web", "web/segment_events", form="jsonl", months=EVERY, time=ISO),
    Export("export_reviews", "reviews/judgeme_reviews", time=f"{SPACED} UTC"),
    Export("export_inbound", "twilio/inbound", form="jsonl", time=ISO),
    Export("export_points", "programme/points_movements"),
)


def make_landing(folder: Path, size: str, kind: str) -> Path:
    """A landing folder of this size in `folder`, made once; `kind`: parquet | text. Returns it."""
    made_of = hashlib.sha256(SCRIPT.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:12]
    landing = folder / f"{size}_{kind}_{made_of}"
    if landing.exists():
        return landing
    unfinished = landing.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with duckdb.connect(str(unfinished / "made.duckdb")) as database:
        database.execute("set memory_limit = '4GB'; set TimeZone = 'UTC'; set enable_progress_bar = false")
        database.execute(f"set variable seed = '{SEED}'; set variable people = {PEOPLE[size]}")
        database.execute(SCRIPT.read_text())
        for export in EXPORTS:
            for month in export.months:
                _write(database, export, month, unfinished, kind)
    (unfinished / "made.duckdb").unlink()
    os.replace(unfinished, landing)
    return landing


def _write(database: duckdb.DuckDBPyConnection, export: Export, month: int, landing: Path, kind: str) -> None:
    database.execute(f"set variable month = {month}")
    ending = "parquet" if kind == "parquet" else export.form
    taken_on = datetime(2024 + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)  # noqa: DTZ001
    target = landing / f"{export.file}_{taken_on:%Y-%m-%d}.{ending}"
    target.parent.mkdir(exist_ok=True)
    of_list = f"where list_state = '{export.list_state}'" if export.list_state else ""
    rest = "".join(f', null::varchar as "{name}"' for name in filter(None, " ".join(export.rest.split()).split(", ")))
    columns = [
        (name, kind)
        for name, kind, *_ in database.execute(f"describe {export.view}").fetchall()
        if name != "list_state"
    ]
    if ending == "parquet":
        shown = ", ".join(f'"{name}"' for name, _ in columns)
        options = "format parquet, compression zstd"
    elif ending == "csv":
        shown = ", ".join(f'{_text(name, kind, export)} as "{name}"' for name, kind in columns)
        options = "format csv, header true"
    else:
        texts = _objects({name: _text(name, kind, export) for name, kind in columns})
        shown = ", ".join(f'{text} as "{name}"' for name, text in texts.items())
        options = "format json"
    database.execute(f"copy (select {shown}{rest} from {export.view} {of_list}) to '{target}' ({options})")


def _text(name: str, kind: str, export: Export) -> str:
    """A column as its source writes it."""
    own = f'"{name}"'
    if kind == "TIMESTAMP":
        return f"cast(epoch({own}) as bigint)" if export.time == "epoch" else f"strftime({own}, '{export.time}')"
    if kind == "DATE":
        return f"strftime({own}, '{'%Y%m%d' if name == 'dob' else '%d.%m.%Y'}')"
    if kind.startswith("DECIMAL") and export.decimal == ",":
        return f"replace(cast({own} as varchar), '.', ',')"
    if kind == "BOOLEAN" and export.form == "csv":
        return f"if({own}, 'yes', 'no')"
    return own


def _objects(columns: dict[str, str]) -> dict[str, str]:
    """`traits.email` as {"traits": {"email": ...}}: what stands before a dot is an object."""
    tree: dict[str, dict[str, str]] = {}
    for name, text in columns.items():
        head, _, rest = name.partition(".")
        tree.setdefault(head, {})[rest] = text
    return {
        head: inner[""]
        if "" in inner
        else "{" + ", ".join(f"'{name}': {text}" for name, text in _objects(inner).items()) + "}"
        for head, inner in tree.items()
    }
