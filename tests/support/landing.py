"""Small landed files of the real layouts, and a look at what intake made of them."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from stammis.core.settings import Settings
from stammis.intake import landing_report, quarantined, source_relations

RECEIPTS = (
    "receipt_no,store,till,sold_at,member_phone,member_email,member_card,"
    "sku,item,qty,unit_price,line_total,kind,line_no\n"
)
ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Total,Discount Code,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount,Id\n"
)
MOVEMENTS = "movement_id,member_card,points,reason,moved_at\n"


def receipt(number: int, item: str = "VASE", price: str = '"0,85"', sold_at: str = "01.12.2025 08:45") -> str:
    """One line of a till's export."""
    return f"R{number},S1,1,{sold_at},,A.B@POST.EXAMPLE,,10002,{item},1,{price},{price},sale,1\n"


def receipts(*numbers: int) -> str:
    return RECEIPTS + "".join(receipt(number) for number in numbers)


def order(number: int, created_at: str = "2025-12-01 10:00:00 +0100", shop_id: str | None = None) -> str:
    """Row 1 of an order."""
    own_id = f"'50{number}" if shop_id is None else shop_id
    paid = f"paid,{created_at},,"
    return f"#{number},a@b.example,{paid},SEK,10.00,10.00,,{created_at},1,Cup,10.00,C1,,0.00,{own_id}\n"


def second_line(number: int) -> str:
    """Row 2 of an order: the line, and nothing of the order but its name."""
    return f"#{number},a@b.example,,,,,,,,,2025-12-01 10:00:00 +0100,1,Saucer,5.00,S1,,,\n"


def event(number: int, **changes: Any) -> str:
    """One line of the e-mail provider's events, 2025-12-01 and `number` seconds."""
    row = {"event": "open", "email": "a@b.example", "timestamp": 1764547200 + number, "sg_event_id": f"e{number}"}
    return json.dumps(row | changes) + "\n"


def sms(number: int, received_at: str = "2025-12-05T10:00:00+01:00", **form: str) -> str:
    sent = {"MessageSid": f"SM{number}", "From": "+46701740605", "To": "+46701740699", "Body": "STOPP"}
    return json.dumps({"received_at": received_at, "form": sent | form}) + "\n"


def land(settings: Settings, place: str, contents: str | bytes) -> Path:
    path = settings.landing / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
    return path


def rows(settings: Settings, source: str, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """What the models would read, in the order of file and line."""
    relation = source_relations(settings)[source, table]
    with closing(duckdb.connect()) as database:
        return database.execute(f"select {columns} from ({relation}) order by file_name, line").fetchall()


def counts(settings: Settings) -> dict[str, tuple[int, int, int, int]]:
    """table → (in, loaded, duplicate, quarantined)"""
    return {
        f"{count.source}.{count.entity}": (
            count.rows_in,
            count.rows_loaded,
            count.rows_duplicate,
            count.rows_quarantined,
        )
        for count in landing_report(settings)
    }


def reasons(settings: Settings) -> dict[int, str]:
    """line → why it was quarantined, without the remedy and the hour of an example"""
    return {row.line: row.reason.split(":")[0].removesuffix(" 18") for row in quarantined(settings)}
