"""Visits, mail, SMS, cases, lists, reviews, answers and advertising become the rows they should, each once."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from stammis.channels import sendgrid_events, twilio_events
from stammis.core.errors import InputError
from stammis.intake import quarantined
from tests.support.contracts import Staged
from tests.support.landing import counts

pytestmark = pytest.mark.xdist_group("contracts")

# (in, loaded, duplicate, quarantined)
ACCOUNTS = {
    "web.events": (34, 19, 5, 10),
    "sendgrid.events": (51, 25, 15, 11),
    "twilio.inbound": (2, 2, 0, 0),
    "twilio.statuses": (2, 2, 0, 0),
    "zendesk.tickets": (11, 11, 0, 0),
    "zendesk.users": (10, 10, 0, 0),
    "zendesk.comments": (20, 20, 0, 0),
    "klaviyo.profiles": (4, 4, 0, 0),
    "yotpo.reviews": (3, 1, 1, 1),
    "reviews.judgeme": (2, 2, 0, 0),
    "newsletter.members": (2, 2, 0, 0),
    "surveys.answers": (4, 2, 1, 1),
    "ads.spend": (3, 2, 0, 1),
    "prices.messages": (4, 3, 0, 1),
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_every_row_of_every_sample_is_accounted_for(staged: Staged) -> None:
    assert {table: count for table, count in counts(staged.settings).items() if table in ACCOUNTS} == ACCOUNTS


def test_what_cannot_be_used_says_why(staged: Staged) -> None:
    """Illustrations in the providers' docs lack what every delivered event has."""
    reasons = {(row.file.split("/")[0], row.reason.split(":")[0]) for row in quarantined(staged.settings)}
    needed = {(source, reason) for source, reason in reasons if source in {table.split(".")[0] for table in ACCOUNTS}}
    assert needed == {
        ("web", "column 'messageId' is empty"),
        (
            "web",
            "column 'messageId' (and 1 more) is missing; export it, or accept its new name as a header in the "
            "source's YAML",
        ),
        ("sendgrid", "column 'sg_event_id' is empty"),
        ("sendgrid", "column 'event' is empty"),
        ("sendgrid", "column 'timestamp' is not a time like 1766601000"),
        ("yotpo", "column 'review_score' is not a whole number"),
        ("surveys", "column 'score' is not a whole number"),
        ("ads", "column 'cost' is not a number like 1234.50"),
        ("prices", "column 'price' is empty"),
    }


def test_an_event_of_the_shop_names_its_product_words_and_order(staged: Staged) -> None:
    rows = staged.rows(
        "select event, sku, product, category, query, order_id from staging.stg_web__web_events "
        "where cookie = 'cookie-1' group by all order by min(line)"
    )
    one = ("G-32", "Monopoly: 3rd Edition", "Games", None, None)
    assert rows == [
        ("Product Viewed", *one),
        ("Products Searched", None, None, None, "board games", None),
        ("Product Added", *one),
        ("Product Removed", *one),
        ("Cart Viewed", None, None, None, None, None),
        ("Checkout Started", None, None, None, None, "5001"),
        ("Order Completed", None, None, None, None, "5001"),
        ("Order Refunded", None, None, None, None, "5001"),
        ("Order Cancelled", None, None, None, None, "5002"),
        ("Product Added to Wishlist", *one),
        ("Product Reviewed", "507f1f77bcf86cd799439011", None, None, None, None),
    ]


def test_calls_of_the_spec_say_who_when_and_when_they_arrived(staged: Staged) -> None:
    rows = staged.rows(
        "select type, cookie, shop_customer, email, happened_at, received_at from staging.stg_web__web_events "
        "where file_name in ('segment_events_alias.json', 'segment_events_identify.json', 'segment_events_page.json') "
        "order by type"
    )
    when = (at("2015-02-23 22:28:55.111"), at("2015-02-23 22:28:55.387"))
    cookie, user = "507f191e810c19729de860ea", "97980cfea0067"
    assert rows == [
        ("alias", "39239-239239-239239-23923", "507f191e81", None, *when),
        ("identify", cookie, user, "peter@example.com", *when),
        ("page", cookie, user, None, *when),
    ]
    assert staged.rows(
        "select event, happened_at from staging.stg_web__web_events where file_name = 'segment_events_track.json'"
    ) == [("Course Clicked", at("2015-12-12 19:11:01.249"))]
    # the order's own products are a list, so the event names none; a repeated one is not counted again
    assert staged.rows(
        "select event, sku, order_id from staging.stg_web__web_events "
        "where file_name = 'segment_events_order_completed.json'"
    ) == [("Order Completed", None, "50314b8e9bcf000000000000")]
    assert staged.rows(
        "select count(*), sum(cast(not is_repeat as integer)), count(distinct event_id) "
        "from intermediate.int_web_events_unioned"
    ) == [(24, 19, 19)]


def test_the_other_spelling_of_a_call_is_read(staged: Staged) -> None:
    rows = staged.rows(
        "select type, event, shop_customer, email, happened_at from staging.stg_web__web_events "
        "where event_id in ('email-0', 'email-5') order by event_id"
    )
    user = ("019mr8mf4r", "pgibbons@example.com")
    assert rows == [
        ("track", "Email Bounced", *user, at("2025-12-01 10:00:00")),
        ("track", "Unsubscribed", *user, at("2025-12-01 10:00:05")),
    ]


def test_all_kinds_of_mail_events_are_told_in_our_words(staged: Staged) -> None:
    rows = staged.rows(
        "select event from staging.stg_sendgrid__message_events "
        "where event_id = 'sg_event_id' and file_name = 'events_docs.jsonl' order by line"
    )
    assert [event for (event,) in rows] == [
        "sent",
        "deferred",
        "delivered",
        "opened",
        "clicked",
        "bounced",
        "bounced",
        "complained",
        "opted_out",
        "opted_out",
        "opted_in",
    ]
    realistic = staged.rows(
        "select event, reason, send_id from staging.stg_sendgrid__message_events "
        "where file_name = 'events_realistic.json' and event not in ('sent', 'delivered') order by line"
    )
    assert realistic == [
        ("failed", "Invalid", "filter0093p1las1"),
        ("bounced", "Bounced Address", "14c5d75ce93"),
        ("opted_out", "Unsubscribed Address", "filter0199p1las1"),
        ("bounced", "550 5.1.1 The email account that you tried to reach does not exist.", "Lli-03HcQ5-JLybO9fXsJg"),
        ("deferred", None, "u9Gvi3mzT6iC2poAb58_qQ"),
        ("opened", None, "wrfRRvF7Q0GgwUo2CvDmEA"),
        ("clicked", None, "_fjPjuJfRW-IPs5SuvYotg"),
    ]
    assert staged.rows(
        "select send_id, event, is_machine_open, address, happened_at from staging.stg_sendgrid__message_events "
        "where event_id = 'apple'"
    ) == [("ours", "opened", True, "ann@lee.example", at("2025-12-01 10:00"))]


def test_an_sms_and_what_became_of_one_land_from_their_forms(staged: Staged) -> None:
    assert staged.rows(
        "select inbound_id, address, body, opt_out_type, happened_at from staging.stg_twilio__inbound_messages "
        "order by happened_at"
    ) == [
        ("SM1521fa559fb923c1ed64f56cd1bed8ef", "+15005550006", "twilio-go testing!", None, at("2025-12-01 10:01")),
        ("SM123", "+15555550123", "STOP", "stop", at("2025-12-01 10:02")),
    ]
    assert staged.rows(
        "select event_id, send_id, event, reason, happened_at from staging.stg_twilio__message_events "
        "order by happened_at"
    ) == [
        ("SMXXXXXXXXXXXX/delivered", "ours", "delivered", None, at("2025-12-01 10:03")),
        ("SM1234567890abcdef/failed", "SM1234567890abcdef", "failed", "30008", at("2025-12-01 10:04")),
    ]


def test_a_call_that_is_none_is_refused_without_quoting_it() -> None:
    for body in (b"", b"{", b'{"event": "open"}'):
        with pytest.raises(InputError, match="no call of SendGrid's event webhook"):
            sendgrid_events.read_events(body)
    for body in (b"", b"anna=%FF", "anna@x.example=å".encode(), b"Body=anna%40x.example"):
        with pytest.raises(InputError, match="no call of Twilio's") as refused:
            twilio_events.read_call(body, at("2025-12-01 10:00"))
        assert "anna" not in str(refused.value)
    picture = b"MessageSid=MM1&From=%2B461&To=%2B462&Body=&SmsStatus=received"
    assert twilio_events.read_call(picture, at("2025-12-01 10:00")).table == "twilio/inbound"


def test_a_case_is_open_until_it_is_solved_and_is_its_contacts(staged: Staged) -> None:
    rows = staged.rows(
        "select ticket_id, status, is_open, channel, opened_at, solved_at, email from intermediate.int_tickets_unioned "
        "where ticket_id in ('zendesk:1595', 'zendesk:11071', 'zendesk:35436') order by opened_at"
    )
    assert rows == [
        ("zendesk:1595", "deleted", False, "web", at("2020-02-19 01:54:52"), None, None),
        (
            "zendesk:11071",
            "closed",
            False,
            "email",
            at("2020-08-28 18:06:36"),
            at("2020-11-15 11:01:27"),
            "example@email.com",
        ),
        ("zendesk:35436", "hold", True, "web", at("2025-11-20 22:55:29"), None, None),
    ]
    assert staged.rows(
        "select count(*), count(distinct ticket_id), sum(cast(is_open as integer)) "
        "from intermediate.int_tickets_unioned"
    ) == [(11, 11, 1)]
    assert staged.rows(
        "select count(*), min(first_name), min(case when record_id = 'zendesk:2222' then last_name end) "
        "from staging.stg_zendesk__contacts"  # one of ten is staff
    ) == [(9, "Earnest", "End User")]


def test_a_list_says_who_agreed_who_left_and_who_cannot_be_reached(staged: Staged) -> None:
    assert staged.rows(
        "select address, channel, event, basis, replace(proof, 'Klaviyo export, ', ''), happened_at "
        "from staging.stg_klaviyo__consent_events order by 1, 6"
    ) == [
        ("ann@lee.example", "email", "opted_in", "consent", "subscribed", at("2025-03-01 10:00")),
        ("bo@x.example", "email", "opted_out", None, "unsubscribed", at("2025-03-02 09:00")),
        ("bo@x.example", "email", "opted_out", None, "unsubscribed", at("2025-12-01 00:00")),
        ("cy@x.example", "email", "bounced", None, "hard_bounce", at("2025-12-01 00:00")),
    ]
    assert staged.rows(
        "select record_id, phone, first_name, postcode, country, joined_by "
        "from staging.stg_klaviyo__contacts order by 1"
    ) == [
        ("klaviyo:ann@lee.example", "+46701740605", "Ann", "11122", "SE", "web"),
        ("klaviyo:bo@x.example", None, None, None, None, None),
        ("klaviyo:cy@x.example", None, None, None, None, None),
    ]


def test_the_merge_fields_of_a_list_may_stand_in_any_order(staged: Staged) -> None:
    assert staged.rows(
        "select address, event, country, happened_at from staging.stg_newsletter__consent_events order by 1, 4"
    ) == [
        ("ann@lee.example", "requested", "SE", at("2025-02-01 09:00")),
        ("ann@lee.example", "confirmed", "SE", at("2025-02-01 09:05")),
        ("bo@x.example", "requested", None, at("2025-01-01 08:00")),
        ("bo@x.example", "opted_out", None, at("2025-04-01 07:59")),
    ]
    assert staged.rows(
        "select phone, birthday from staging.stg_newsletter__contacts where email = 'ann@lee.example'"
    ) == [("+46701740605", "02-29")]


def test_reviews_of_both_tools_are_one_kind_each_once(staged: Staged) -> None:
    assert staged.rows(
        "select source, email, product, rating, happened_at from intermediate.int_reviews_unioned "
        "where source <> 'woocommerce' order by happened_at"
    ) == [
        ("reviews", "ann@lee.example", "blue-vase", 4, at("2025-03-02 10:12")),
        ("reviews", None, "blue-vase", 2, at("2025-03-03 10:12")),
        ("yotpo", "ann@lee.example", "77", 5, at("2025-05-02 00:00")),
    ]


def test_an_answer_counts_once_and_its_number_is_written_as_others_are(staged: Staged) -> None:
    assert staged.rows(
        "select survey, question, answer, score, email, shop_customer, happened_at "
        "from intermediate.int_survey_answers_unioned order by happened_at"
    ) == [
        ("nps", "recommend", None, 9, "ann@lee.example", None, at("2025-11-30 09:00")),
        ("left", "why", "price", None, None, "42", at("2025-11-30 11:00")),
    ]


def test_a_later_report_corrects_what_advertising_cost(staged: Staged) -> None:
    assert staged.rows(
        "select cast(happened_at as date), platform, campaign, impression_count, click_count, cost, currency "
        "from intermediate.int_ad_spend_unioned"
    ) == [(date(2025, 11, 30), "google", "Autumn", 1000, 30, Decimal("119.9950"), "SEK")]


def test_a_later_price_list_corrects_what_a_message_will_cost(staged: Staged) -> None:
    assert staged.rows(
        "select price, currency, valid_from, source from intermediate.int_message_prices_unioned "
        "where country = 'SE' and channel = 'sms' order by valid_from nulls first"
    ) == [
        (Decimal("0.0550"), "EUR", None, "seed"),
        (Decimal("0.0600"), "EUR", date(2026, 1, 1), "prices"),
        (Decimal("0.0590"), "EUR", date(2026, 7, 1), "prices"),
    ]
