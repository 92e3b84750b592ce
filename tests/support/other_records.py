"""What other sources than shops land: the parts of a Sample, by their place in the landing folder."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from stammis.channels import sendgrid_events, twilio_events

SEEN = ("type", "event", "messageId", "anonymousId", "userId", "timestamp", "receivedAt", "properties")
GAME = "507f1f77bcf86cd799439011"
PRODUCT = {"product_id": GAME, "sku": "G-32", "name": "Monopoly: 3rd Edition", "category": "Games"}
MAILCHIMP = "csv_headers/mailchimp_subscribed.csv"


def web_event(number: int, event: str, **properties: object) -> str:
    """A line of Segment's, on 2025-12-01 at `number` minutes past ten."""
    moment = f"2025-12-01T10:{number:02}:00.000Z"
    values = ("track", event, f"shop-{number}", "cookie-1", "42", moment, moment, properties)
    return json.dumps(dict(zip(SEEN, values, strict=True))) + "\n"


def as_delivered(body: bytes) -> bytes:
    """The e-mail spec's samples with what every delivered call has, in the spelling they use."""
    stamps = [("message_id", "email-{}"), ("received_at", "2025-12-01T10:00:0{}Z")]
    events = [
        dict(event) | {key: form.format(number) for key, form in stamps}
        for number, event in enumerate(json.loads(body))
    ]
    return json.dumps(events).encode()


def sms_call(number: int, query: str = "") -> Callable[[bytes], bytes]:
    """A form of Twilio's as it lands, called at `number` minutes past ten."""
    moment = datetime.fromisoformat(f"2025-12-01T10:{number:02}")
    return lambda body: (twilio_events.read_call(body, moment, query).line + "\n").encode()


def mail_events(body: bytes) -> bytes:
    return "".join(row.line + "\n" for row in sendgrid_events.read_events(body)).encode()


OTHERS: Mapping[str, Mapping[str, Any]] = {
    **{
        f"web/segment_events_{kind}.json": dict(path=f"segment/{kind}_samples.json")
        for kind in ("alias", "common", "email", "identify", "order_completed", "page", "track")
    },
    "web/segment_events_email_delivered.json": dict(path="segment/email_samples.json", convert=as_delivered),
    "web/segment_events_shop.jsonl": dict(
        rows=web_event(0, "Product Viewed", **PRODUCT, price=18.99)
        + web_event(1, "Products Searched", query="board games")
        + web_event(2, "Product Added", **PRODUCT, quantity=1, cart_id="c1")
        + web_event(3, "Product Removed", **PRODUCT, quantity=1, cart_id="c1")
        + web_event(4, "Cart Viewed", cart_id="c1", products=[PRODUCT])
        + web_event(5, "Checkout Started", order_id="5001", products=[PRODUCT])
        + web_event(6, "Order Completed", order_id="5001", revenue=25.0, currency="SEK", products=[PRODUCT, PRODUCT])
        + web_event(7, "Order Refunded", order_id="5001", total=30, currency="SEK", products=[PRODUCT])
        + web_event(8, "Order Cancelled", order_id="5002", total=30)
        + web_event(9, "Product Added to Wishlist", wishlist_id="w1", **PRODUCT)
        + web_event(10, "Product Reviewed", product_id=GAME, review_id="r1", rating="5.0")
        + web_event(10, "Product Reviewed", product_id=GAME, review_id="r1", rating="5.0")
    ),
    "sendgrid/events_docs.jsonl": dict(path="sendgrid/events_from_docs.json", convert=mail_events),
    "sendgrid/events_realistic.json": dict(path="sendgrid/events_anymail.json"),
    "sendgrid/events_newer.jsonl": dict(
        rows='{"event": "open", "email": "Ann@Lee.example", "timestamp": 1764583200, "sg_event_id": "apple", '
        '"sg_message_id": "m1.filter", "sg_machine_open": true, "ip": "192.0.2.1", "send_id": "ours", "tls": 1}\n'
    ),
    "twilio/inbound_1.jsonl": dict(path="twilio/inbound_sms.form.txt", convert=sms_call(1)),
    "twilio/inbound_2.jsonl": dict(path="twilio/inbound_stop.form.txt", convert=sms_call(2)),
    "twilio/statuses_1.jsonl": dict(path="twilio/status_delivered.form.txt", convert=sms_call(3, "send_id=ours")),
    "twilio/statuses_2.jsonl": dict(path="twilio/status_failed.form.txt", convert=sms_call(4)),
    "zendesk/ticket_data.csv": dict(path="zendesk_fivetran_seeds/ticket_data.csv"),
    "zendesk/user_data.csv": dict(path="zendesk_fivetran_seeds/user_data.csv"),
    "zendesk/ticket_comment_data.csv": dict(path="zendesk_fivetran_seeds/ticket_comment_data.csv"),
    "zendesk/tickets_2025-12-01.json": dict(  # as the help desk's own API has it
        rows='[{"id": 35436, "requester_id": 20978392, "status": "hold", "priority": "high", '
        '"via": {"channel": "web"}, "created_at": "2025-11-20T22:55:29Z", "updated_at": "2025-11-21T10:38:52Z"}]\n'
    ),
    "klaviyo/klaviyo_2025-12-01.csv": dict(
        path="csv_headers/klaviyo_list.csv",
        records=[
            {
                "Email": "Ann@Lee.example",
                "Phone Number": "+46701740605",
                "First Name": "Ann",
                "Last Name": "Lee",
                "Zip Code": "11122",
                "Country": "SE",
                "Email Marketing Consent": "SUBSCRIBED",
                "Email Marketing Consent Timestamp": "2025-03-01 10:00:00",
            },
            {
                "Email": "bo@x.example",
                "Email Marketing Consent": "UNSUBSCRIBED",
                "Email Marketing Consent Timestamp": "2025-03-02T10:00:00+01:00",
                "Email Suppressions": "UNSUBSCRIBED",
            },
            {
                "Email": "cy@x.example",
                "Email Marketing Consent": "NEVER_SUBSCRIBED",
                "Email Suppressions": "HARD_BOUNCE",
                "Profile Created On": "2025-01-05 08:00:00",
                "Country": "Sweden",
            },
            {"Email Marketing Consent": "NEVER_SUBSCRIBED"},
        ],
    ),
    "yotpo/yotpo_reviews.csv": dict(
        path="csv_headers/yotpo_import.csv",
        records=[
            {
                "published": "true",
                "review_title": "Fine",
                "review_score": "5",
                "date": "2025-05-02",
                "product_id": "77",
                "display_name": "Ann L.",
                "email": "Ann@Lee.example",
            },
            {"review_score": "5", "date": "2025-05-02", "product_id": "77", "email": "Ann@Lee.example"},
            {"review_score": "many", "date": "2025-05-03", "product_id": "77", "email": "bo@x.example"},
        ],
    ),
    "reviews/judgeme_reviews.csv": dict(
        path="csv_headers/judgeme_export.csv",
        records=[
            {
                "rating": "4",
                "review_date": "2025-03-02 10:12:00 UTC",
                "reviewer_email": "Ann@Lee.example",
                "product_id": "77",
                "product_handle": "blue-vase",
                "body": 'Well, "fine", so far',
            },
            {"rating": "2", "review_date": "2025-03-03 10:12:00 UTC", "product_handle": "blue-vase"},
        ],
    ),
    "newsletter/subscribed_members_export_2025-12-01.csv": dict(
        path=MAILCHIMP,
        records=[
            {
                "Email Address": "Ann@Lee.example",
                "First Name": "Ann",
                "Phone Number": "070-174 06 05",
                "Birthday": "02/29",
                "OPTIN_TIME": "2025-02-01 09:00:00",
                "CONFIRM_TIME": "2025-02-01 09:05:00",
                "CC": "se",
                "LAST_CHANGED": "2025-02-01 09:05:00",
                "TAGS": '"vip","web"',
            },
        ],
    ),
    # another account's merge fields, in another order
    "newsletter/unsubscribed_members_export_2025-12-01.csv": dict(
        rows="LAST_CHANGED,Shoe size,Email Address,CONFIRM_TIME,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON\n"
        "2025-04-01 08:00:00,42,Bo@X.example,,2025-01-01 08:00:00,2025-04-01 07:59:00,NORMAL\n"
    ),
    "surveys/answers_2025-12-01.csv": dict(
        rows="survey,question,answer,score,customer,email,phone,answered_at\n"
        "nps,recommend,,9,,Ann@Lee.example,,2025-11-30T10:00:00+01:00\n"
        "nps,recommend,,9,,Ann@Lee.example,,2025-11-30T10:00:00+01:00\n"
        "left,why,price,,42,,,2025-11-30 11:00:00Z\n"
        "nps,recommend,,nine,,,070-174 06 05,2025-11-30 11:00:00Z\n"
    ),
    "prices/messages_2025-12-01.csv": dict(
        rows="country,channel,price,currency,valid_from\nse,SMS,0.0600,eur,2026-01-01\nSE,sms,0.0610,EUR,2026-07-01\n"
    ),
    "prices/messages_2026-06-01.csv": dict(
        rows="country,channel,price,currency,valid_from\nSE,sms,0.0590,EUR,2026-07-01\nSE,sms,,EUR,2026-08-01\n"
    ),
    "ads/spend_2025-12-01.csv": dict(
        rows="day,platform,campaign,impressions,clicks,cost,currency\n"
        '2025-11-30,Google,Autumn,"1000",31,120.5000,sek\n2025-11-30,meta,Autumn,900,12,"99,10",SEK\n'
    ),
    "ads/spend_2025-12-02.csv": dict(
        rows="currency,cost,clicks,impressions,campaign,platform,day\nSEK,119.9950,30,1000,Autumn,google,2025-11-30\n"
    ),
}
