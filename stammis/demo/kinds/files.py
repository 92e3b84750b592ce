"""Writes records as files of sources: `.json` is an answer of an API, `.jsonl` a record a line, the others are CSV."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stammis.demo.kinds.records import DAY, Record, ago, page
from stammis.demo.names import SHOPIFY_ORDER_COLUMNS

# what a day's job asks the sources for, whether something happened or not
PAGES = (
    *(f"shopify/{what}" for what in ("orders", "customers", "checkouts", "gift_cards")),
    *(f"woocommerce/woo_{what}" for what in ("orders", "customers", "order-refunds", "product-reviews")),
    *(f"zendesk/{what}" for what in ("tickets", "ticket_comments")),
)
# by how the file's path begins
COLUMNS = {
    "shopify/customers_export": (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
        "Default Address Address1,Default Address Address2,Default Address City,"
        "Default Address Province Code,Default Address Country Code,Default Address Zip,"
        "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"
    ),
    "pos/members": "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country",
    "pos/receipts": (
        "receipt_no,store,till,sold_at,member_phone,member_email,member_card,sku,item,qty,unit_price,"
        "line_total,kind,line_no,country,return_of,coupon"
    ),
    "newsletter/subscribed": (
        "Email Address,First Name,Last Name,Phone Number,Birthday,Language,OPTIN_TIME,CONFIRM_TIME,CC,LAST_CHANGED,TAGS"
    ),
    "newsletter/unsubscribed": (
        "Email Address,First Name,Last Name,OPTIN_TIME,CONFIRM_TIME,CC,LAST_CHANGED,UNSUB_TIME,UNSUB_REASON"
    ),
    "klaviyo/": (
        "Email,Klaviyo ID,First Name,Last Name,Phone Number,Country,Locale,Email Marketing Consent,"
        "Email Marketing Consent Timestamp,SMS Marketing Consent,SMS Marketing Consent Timestamp,"
        "Profile Created On,Email Suppressions"
    ),
    "manual/": "decided_at,one,other,undo,decided_by,reason",
    "yotpo/": "review_score,date,product_id,email",
    "zendesk/users": "id,role,email,phone,name,locale,suspended,created_at,updated_at",
}


def write_records(landing: Path, records: Iterable[Record], days: int) -> dict[str, int]:
    """Write the records of a day, so many days after AS_OF, by file, also the answers that have none; counts them."""
    files: dict[str, list[dict[str, Any]]] = {page(what): [] for what in PAGES}
    for path, row in records:
        files.setdefault(path, []).append(row)
    for path, rows in files.items():
        write_file(landing / path.replace(DAY, f"{ago(-days):%Y-%m-%d}"), path, rows)
    return {path: len(rows) for path, rows in sorted(files.items())}


def write_file(target: Path, path: str, rows: list[dict[str, Any]]) -> None:
    """Write records as their file, which is known by its `path` below landing, has them."""
    target.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    if path.endswith(".jsonl"):
        text.writelines(json.dumps(row) + "\n" for row in rows)
    elif path.endswith(".json"):
        source, _, name = path.partition("/")
        # Shopify wraps its answers in a name, the others do not
        json.dump({name.rpartition("_")[0]: rows} if source == "shopify" else rows, text, indent=1)
    else:
        columns = next((names for start, names in COLUMNS.items() if path.startswith(start)), SHOPIFY_ORDER_COLUMNS)
        writer = csv.DictWriter(text, columns.replace("|", ",").split(","), restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    target.write_text(text.getvalue(), encoding="utf-8", newline="")
