"""A no in every spelling: it is never undone by a yes of another list, nor lost with a damaged row."""

from stammis.demo.kinds.kind import Kind, mail
from stammis.demo.kinds.records import LEFT, account, api_account, event, profile, subscriber, text_message

REFUSALS = (
    Kind(
        "left_another_list",
        "a no to one list is heard by the other",
        (subscriber(mail("left.one")), profile(mail("left.one"), 30, "UNSUBSCRIBED")),
        {"consents.state": "opted_out", "suppressions.reason": "unsubscribed"},
    ),
    Kind(
        "left_in_the_account",
        "a no in the account is heard by the list, whose yes is older",
        (subscriber(mail("left.account")), api_account(6413, mail("left.account"), 30, "unsubscribed")),
        {"consents.state": "opted_out", "suppressions.reason": "unsubscribed"},
    ),
    Kind(
        "left_without_a_time",
        "a no without a moment is as new as its export",
        (
            subscriber(mail("left.untimed")),
            subscriber(mail("left.untimed"), file=LEFT, OPTIN_TIME="", CONFIRM_TIME="", LAST_CHANGED="", UNSUB_TIME=""),
        ),
        {"consents.state": "opted_out", "suppressions.reason": "unsubscribed"},
    ),
    Kind(
        "complained_in_capitals",
        "a complaint about an address closes it in any spelling",
        (subscriber(mail("complained")), event(mail("Complained").upper(), "spamreport", 30)),
        {"consents.state": "opted_out", "suppressions.reason": "complained"},
    ),
    Kind(
        "stop_in_full_width",
        "STOP is a no however it is typed",
        (
            account(6406, mail("stop"), "Stina Stopp", Phone="'+46789999002", Accepts_SMS_Marketing="yes"),
            text_message("+46789999002", "\uff33\uff34\uff2f\uff30 tack \U0001f64f", 30),
        ),
        {"consents.state": "opted_out", "suppressions.reason": "stopped"},
    ),
    Kind(
        "told_with_a_stop_inside",
        "a text that has the word and is no clear no waits for a person, and gets no marketing until then",
        (
            account(6407, mail("unclear"), "Ulla Unklar", Phone="'+46789999003", Accepts_SMS_Marketing="yes"),
            text_message("+46789999003", "Please don't stop the mugs", 30),
        ),
        {"consents.state": "unread", "suppressions.reason": "", "unread_words.channel": "sms"},
    ),
    Kind(
        "refused_on_a_damaged_row",
        "a no on a row that cannot be read holds its address until somebody has read it",
        (subscriber(mail("damaged")), event(mail("damaged"), "unsubscribe", 30, timestamp="lost")),
        {"consents.state": "unread", "unread_words.channel": "email"},
    ),
)
