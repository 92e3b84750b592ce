"""Rows become messages: escaped where they must be, plain where they must be, the same for everyone."""

import re
from dataclasses import replace
from datetime import datetime
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import pytest

from stammis.core.errors import ConfigurationError, TemplateError
from stammis.core.types import Due
from stammis.rendering import Renderer
from stammis.rendering.wording import sms_parts
from tests.support.places import TEMPLATES

SEND_ID = "5f0c1d2e3b4a59687766554433221100"
CODE = "7K3M-QX9P-W"
EGG_HOLDER = {"product": "WHITE WIRE EGG HOLDER ", "ordered_date": "2025-11-27", "channel": "web"}
OFFER = {"name": "win_back_15", "percent": 15, "expires_date": "2025-12-24"}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(TEMPLATES)


def due(
    journey: str = "review_request",
    step: str = "ask",
    channel: str = "email",
    locale: str = "sv",
    first_name: str | None = "Astrid",
    order: dict[str, Any] | None = EGG_HOLDER,
    offer: dict[str, Any] | None = None,
) -> Due:
    context = {"customer": {"first_name": first_name, "last_name": None}, "order": order, "offer": offer}
    return Due(
        "message",
        journey,
        step,
        "version",
        "customer",
        channel,
        "astrid@post.example",
        locale,
        "Europe/Stockholm",
        datetime.fromisoformat("2025-12-13"),
        context,
    )


def a_code(**kwargs: Any) -> Due:
    return due("win_back", "your_code", offer=OFFER, **kwargs)


def test_an_email_has_headers_html_and_a_text_that_says_the_same(renderer: Renderer) -> None:
    message = renderer.render(due(), SEND_ID)
    assert (
        message.subject,
        message.locale,
        message.send_id,
    ) == ("Astrid, vad tycker du om ditt köp?", "sv", SEND_ID)
    assert message.headers == {
        "From": "Lindvall <crm@lindvall.example>",
        "Reply-To": "hej@lindvall.example",
        "List-Unsubscribe": f"<https://lindvall.example/u/{SEND_ID}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    for part in (message.html or "", message.text):
        assert "White wire egg holder" in part
        assert f"https://lindvall.example/u/{SEND_ID}" in part
    assert "<" not in message.text
    assert "\n\nSkriv en recension: https://lindvall.example/review?utm_source=stammis&" in message.text


def test_a_link_says_where_it_came_from(renderer: Renderer) -> None:
    origin = "utm_source=stammis&utm_medium=email&utm_campaign=review_request&utm_content=ask"
    message = renderer.render(due(), SEND_ID)
    assert f"https://lindvall.example/review?{origin}&sid={SEND_ID}\n" in message.text
    assert f'href="https://lindvall.example/review?{origin}&sid={SEND_ID}"'.replace("&", "&amp;") in (
        message.html or ""
    )
    assert f"https://lindvall.example/?sid={SEND_ID}\n" in renderer.render(a_code(channel="sms"), SEND_ID, CODE).text


def test_an_sms_is_text_alone_and_its_last_line_says_how_to_leave(renderer: Renderer) -> None:
    message = renderer.render(a_code(channel="sms"), SEND_ID, CODE)
    assert (message.subject, message.html) == (None, None)
    said, leaving = message.text.split("\n")
    assert said.startswith("Hej Astrid! Det var ett tag sedan. Med koden 7K3M-QX9P-W får du 15 % på ett köp")
    assert leaving == "Inga fler sms? Svara STOPP."


@pytest.mark.parametrize(
    ("number", "sender", "leaving"),
    [
        ("+46701740605", "+46701740699", "Inga fler sms? Svara STOPP."),
        ("+447700900123", "+447700900999", "Inga fler sms? Svara STOPP."),
        ("+4583000001", "+46701740699", "Inga fler sms? Svara STOPP."),
        ("+4749000001", "Lindvall", f"Stopp: https://lindvall.example/u/{SEND_ID}"),
    ],
)
def test_an_sms_comes_from_the_sender_of_its_country_and_says_how_to_leave_that_one(
    renderer: Renderer, number: str, sender: str, leaving: str
) -> None:
    message = renderer.render(replace(a_code(channel="sms"), address=number), SEND_ID, CODE)
    assert (message.headers, message.text.split("\n")[-1]) == ({"From": sender}, leaving)


def test_where_a_link_to_leave_leaves_no_room_the_name_gives_way(renderer: Renderer) -> None:
    for name, greeting in (("Astrid", "Hej Astrid!"), ("Maximiliana Christina-Theodora Elisabeth", "Hej!")):
        row = replace(a_code(channel="sms", first_name=name), address="+4749000001")
        text = renderer.render(row, SEND_ID, CODE).text
        assert (text.startswith(greeting), sms_parts(text)) == (True, 2)
        assert name in renderer.render(replace(row, address="+46701740605"), SEND_ID, CODE).text


def test_the_longest_beginning_of_a_number_decides(templates: Path) -> None:
    file = templates / "_shared" / "brand.yaml"
    file.write_text(file.read_text().replace('"+47": Lindvall', '"+467017": Sverige\n  "+46": Lindvall'))
    brand = Renderer(templates).brand
    senders = [brand.sms_sender_for(number) for number in ("+46701740605", "+46731740605", "+4749000001", "sample")]
    assert senders == ["Sverige", "Lindvall", "+46701740699", "+46701740699"]


def test_a_brand_that_names_no_sms_sender_leaves_it_open(templates: Path) -> None:
    file = templates / "_shared" / "brand.yaml"
    file.write_text(re.sub(r"(?s)sms_senders:.*?\n\n", "", file.read_text()))
    message = Renderer(templates).render(a_code(channel="sms"), SEND_ID, CODE)
    assert (message.headers, message.text.split("\n")[-1]) == ({}, "Inga fler sms? Svara STOPP.")


def test_a_comma_in_our_name_makes_no_second_sender(templates: Path) -> None:
    file = templates / "_shared" / "brand.yaml"
    file.write_text(file.read_text().replace("name: Lindvall\n", 'name: Lindvall, "Hem" & Åbo\n'))
    sender = Renderer(templates).render(due(), SEND_ID).headers["From"]
    assert getaddresses([sender]) == [('Lindvall, "Hem" & Åbo', "crm@lindvall.example")]


@pytest.mark.parametrize("locale", ["sv", "en"])
@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_missing_name_leaves_no_hole(renderer: Renderer, channel: str, locale: str) -> None:
    rows = [a_code(channel=channel, locale=locale, first_name="")]
    if channel == "email":
        rows.append(due(locale=locale, first_name=None))
    for row in rows:
        message = renderer.render(row, SEND_ID, CODE)
        for part in (message.subject or "", message.text):
            for hole in (" ,", ", ?", "None", "  ", " !", " ?", "Hej ,", "Hi ,"):
                assert hole not in part
        assert (message.subject or message.text)[0].isupper()


def test_a_missing_product_reads_naturally(renderer: Renderer) -> None:
    for order in (None, EGG_HOLDER | {"product": None}):
        assert "Du handlade hos oss för en tid sedan." in renderer.render(due(order=order), SEND_ID).text


def test_the_code_its_percent_and_its_last_day_are_said(renderer: Renderer) -> None:
    for channel, last_day in (("email", "till och med 24 december"), ("sms", "t.o.m. 24 december")):
        text = renderer.render(a_code(channel=channel), SEND_ID, CODE).text
        assert all(word in text for word in (CODE, "15 %", last_day)), text
    assert "15% off one order" in renderer.render(a_code(locale="en"), SEND_ID, CODE).text


def test_without_a_code_a_message_that_names_one_is_refused(renderer: Renderer) -> None:
    with pytest.raises(TemplateError, match=r"your_code\.email\.sv\.html:\d+: offer\.code is empty for some customers"):
        renderer.render(a_code(), SEND_ID, None)


@pytest.mark.parametrize(
    ("locale", "written_in"),
    [("sv", "sv"), ("sv-SE", "sv"), ("en_GB", "en"), ("EN", "en"), ("nb", "sv"), ("da", "en")],
)
def test_a_customer_reads_the_nearest_language(renderer: Renderer, locale: str, written_in: str) -> None:
    assert renderer.render(due(locale=locale), SEND_ID).locale == written_in


def test_a_language_nobody_wrote_names_the_files_looked_for(renderer: Renderer) -> None:
    with pytest.raises(TemplateError, match=r"looked for review_request/ask\.email\.de\.html"):
        renderer.render(due(locale="de"), SEND_ID)


def test_a_header_is_not_escaped_for_html_and_a_body_is(renderer: Renderer) -> None:
    message = renderer.render(due(first_name="O'Brien", order=EGG_HOLDER | {"product": "Salt & <peppar>"}), SEND_ID)
    assert (message.subject or "").startswith("O'Brien, ")
    assert "Salt &amp; &lt;peppar&gt;" in (message.html or "")
    assert "Salt & <peppar>" in message.text


def test_a_text_beside_the_html_is_taken_as_it_is(templates: Path) -> None:
    (templates / "review_request" / "ask.email.sv.txt").write_text("Hej!\n\nSkriv: {{ links.review }}\n")
    assert Renderer(templates).render(due(), SEND_ID).text == "Hej!\n\nSkriv: https://lindvall.example/review"


def test_an_error_names_file_and_line_and_never_the_customer(templates: Path) -> None:
    file = templates / "review_request" / "ask.email.sv.html"
    file.write_text(file.read_text().replace("<h1>", "<h1>{{ customer.last_name }}"))
    row = due(first_name="Hemlig")
    with pytest.raises(TemplateError) as caught:
        Renderer(templates).render(row, SEND_ID)
    line = file.read_text().partition("<h1>")[0].count("\n") + 1
    assert str(caught.value).startswith(f"{file}:{line}: customer.last_name is empty for some customers")
    assert "Hemlig" not in str(caught.value)


def test_a_row_with_anything_but_plain_values_is_refused(renderer: Renderer) -> None:
    for context in (
        {"customer": {"first_name": ["Astrid"]}},
        {"customer": "Astrid"},
        {"order": {"ordered_date": "soon", "product": "x"}},
    ):
        with pytest.raises(TemplateError) as caught:
            renderer.render(replace(due(), context=context), SEND_ID)
        assert "Astrid" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("https://lindvall.example/review", "http://lindvall.example/review", "https://"),
        ("/u/{send_id}", "/u", "unsubscribe"),
        ("name: Lindvall\n", "nom: Lindvall\n", "`nom` is not a key here"),
        ("locales: [sv, en]", "locales: swedish", "must be a list of languages"),
        ("en: en_GB", "en: en_Narnia", "region nobody knows"),
        ('default: "+46701740699"', 'other: "+46701740699"', "have a line `default:`"),
        ('default: "+46701740699"', "default: +46701740699", "is no number in quotes"),
        ('default: "+46701740699"', 'default: "0701740699"', "is no number in quotes"),
        ('"+47": Lindvall', '"+47": Lindvall Hem och Hus', "no name of at most 11 letters and digits"),
        ('"+47": Lindvall', '"+47": Åhlin', "no name of at most 11 letters and digits"),
        ('"+47": Lindvall', '"+47": "12345"', "is no number in quotes"),
        ('"+47": Lindvall', "+47: Lindvall", 'in quotes, as in "+46"'),
        ('"+47": Lindvall', "NO: Lindvall", "how the numbers of a country begin"),
    ],
)
def test_a_wrong_brand_is_said_at_once(templates: Path, old: str, new: str, says: str) -> None:
    file = templates / "_shared" / "brand.yaml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(ConfigurationError, match=r"brand\.yaml:\d+: ") as caught:
        Renderer(templates)
    assert says in str(caught.value)


def test_the_same_row_gives_the_same_message(renderer: Renderer) -> None:
    assert renderer.render(due(), SEND_ID) == Renderer(TEMPLATES).render(due(), SEND_ID)
