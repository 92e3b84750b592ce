"""A person planted wherever somebody can stand, so that tests and proofs can look for her afterwards.

Nora lives in the demo shop (seed 7, 300 customers or more): an account, orders, two cookies, a message with a code.
Here she gets a card, a bounce, a click, a STOP, a review, a checkout, a gift card, a tag, rows that cannot be read, and
mentions in rows of others.
"""

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

EMAIL, PHONE, SHOP_ID, CARD = "nora.hansen@example.org", "+4749000003", "7100000001540", "LCANARY09"
WORDS = re.compile(
    rb"nora\.hansen(@|%40)example\.org|49 ?00 ?00 ?03|490 00 003|7100000001540|58db0289a3d7640e5e8a897a"
    rb"|4a99783823755996c3d46bc9|LCANARY09|Kanarie",
    re.IGNORECASE,
)
SOMEBODY_ELSE = "signe.frederiksen@example.net"
REVIEWS = "title,body,rating,review_date,source,curated,reviewer_name,reviewer_email,product_id,product_handle"
MEMBERS = "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country"
RECEIPTS = (
    "receipt_no,store,till,sold_at,member_phone,member_email,member_card,sku,item,qty,unit_price,line_total,"
    "kind,line_no,country"
)
ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Total,Discount Code,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Street,Notes,"
    "Cancelled at,Refunded Amount,Id"
)
WHEN = "2025-11-01 10:00:00 +0100"


def plant(landing: Path) -> None:
    """New files beside the shop's own; every kind of file, every way to be found."""
    files = {
        "pos/members_2.csv": [MEMBERS, f"{CARD},Nora,Hansen,19800101,,{EMAIL},Kanariegatan 7,Oslo,0150,01.02.2025,NO"],
        "pos/receipts_2.csv": [
            RECEIPTS,
            f'R900001,S9,1,03.11.2025 12:00,,,{CARD},LV-1013,Bord,1,"100,00","100,00",sale,1,NO',
            f'R900001,S9,1,03.11.2025 12:00,,,{CARD},LV-1014,Stol,1,"50,00","50,00",sale,2,NO',
            f'R900002,S9,1,03.11.2025 12:05,,{EMAIL.upper()},,LV-1014,Stol,1,"free","50,00",sale,1,NO',
            'R900003,S9,1,03.11.2025 12:09,,,,LV-1014,Stol,1,"50,00","50,00",sale,1,NO',
        ],
        "reviews/judgeme_reviews_2.csv": [
            REVIEWS,
            f"Kanarie,From Kanariegatan,5,2025-11-20 10:00:00 UTC,web,ok,Nora H.,{EMAIL},,lv-1013",
            f'Ask her,"Write to {EMAIL}, she knows",4,2025-11-21 10:00:00 UTC,web,ok,Signe,{SOMEBODY_ELSE},,lv-1014',
        ],
        "shopify/notes.txt": [f"call {EMAIL} back, Kanariegatan", "call nobody"],
    }
    events = [
        {
            "event": "bounce",
            "email": EMAIL,
            "timestamp": 1764500000,
            "sg_event_id": "canary1",
            "type": "bounce",
            "send_id": "canary-send",
            "reason": f"550 <{EMAIL}> unknown, Kanarie",
        },
        {
            "event": "click",
            "email": EMAIL,
            "timestamp": 1764500100,
            "sg_event_id": "canary2",
            "send_id": "canary-send",
            "url": "https://shop.example/?who=nora.hansen%40example.org",
        },
    ]
    said = {
        "received_at": "2025-12-01T10:00:00Z",
        "form": {"MessageSid": "SMcanary1", "From": PHONE, "To": "+46700000000", "Body": "STOP Kanarie"},
    }
    status = {
        "received_at": "2025-12-01T10:00:00Z",
        "form": {"MessageSid": "SMcanary2", "MessageStatus": "delivered", "To": PHONE},
        "query": {"send_id": "canary-send"},
    }
    began = {"created_at": "2025-12-01T10:00:00Z", "updated_at": "2025-12-01T10:00:00Z", "currency": "NOK"}
    checkout = {
        "id": 31,
        "email": EMAIL,
        "subtotal_price": "100.00",
        "note": "Kanarie",
        "abandoned_checkout_url": f"https://shop.example/31?email={EMAIL}",
        "line_items": [{"sku": "LV-1013", "title": "Bord", "quantity": 1, "price": "100.00"}],
        **began,
    }
    gift_card = {
        "id": 41,
        "customer_id": int(SHOP_ID),
        "last_characters": "c293",
        "initial_value": "500.00",
        "balance": "120.00",
        "note": "for Nora Kanarie",
        **began,
    }
    files |= {
        "shopify/checkouts_2.json": [json.dumps({"checkouts": [checkout]})],
        "shopify/gift_cards_2.json": [json.dumps({"gift_cards": [gift_card]})],
        "sendgrid/events_2.json": [json.dumps(events, indent=1)],
        "twilio/inbound_2.jsonl": [json.dumps(said)],
        "twilio/statuses_2.jsonl": [json.dumps(status)],
    }
    for place, lines in files.items():
        (landing / place).parent.mkdir(parents=True, exist_ok=True)
        (landing / place).write_text("\n".join(lines) + "\n", encoding="utf-8")
    order = [
        ORDERS,
        f"#9001,{EMAIL},paid,{WHEN},fulfilled,{WHEN},NOK,300.00,300.00,,{WHEN},1,Bord,100.00,LV-1013,Nora Hansen,"
        f'"Kanariegatan 7\n0150 Oslo",Kanarie,,0.00,5900000000001',
        f"#9001,{EMAIL},,,,,,,,,{WHEN},2,Stol,100.00,LV-1014,,,,,,",
    ]
    with gzip.open(landing / "shopify/orders_export_2.csv.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(order) + "\n")
    account = {  # sorts before the shop's own export, so it is an older version: her address was another then
        "Customer ID": [SHOP_ID, "7100000099999"],
        "First Name": ["Nora", "Else"],
        "Last Name": ["Hansen", "Berg"],
        "Email": ["nora.kanarie@example.org", "else.berg@example.org"],
        "Phone": [PHONE, None],
        "Accepts Email Marketing": ["yes", "no"],
        "Default Address Address1": ["Kanariegatan 7", "Storgata 1"],
        "Tags": ["VIP, Kanarie", None],
    }
    pq.write_table(pa.table(account), landing / "shopify/customers_export-2024.parquet")
