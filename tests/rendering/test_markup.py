"""The HTML of a template is read once: its text twin keeps every link, its tags are dressed."""

import pytest

from stammis.rendering.markup import styled, tidy, to_text

STYLES = {"p": "margin:0;", "p.quiet": "color:#555;", "a": "color:#15c;"}


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Hej</h1>\n\n<p>En rad\n  och en till.</p>", "Hej\n\nEn rad och en till."),
        ('<p>Se <a href="https://a.example/b">nytt</a> här</p>', "Se nytt: https://a.example/b här"),
        ('<a href="https://a.example/">https://a.example/</a>', "https://a.example/"),
        ('<a href="{{ links.shop | tracked }}">{{ label }}</a>', "{{ label }}: {{ links.shop | tracked }}"),
        ("<p>a<br>b &amp; c&nbsp;%</p>", "a\nb & c %"),
        ("<ul><li>en</li><li>två</li></ul>", "- en\n- två"),
        ('<head><title>x</title><style>p{}</style></head><div style="display:none; x">y</div><p>z</p>', "z"),
        ("<!--[if mso]><table><![endif]--><p>a</p>", "a"),
        ("{% if a < b %}<p>x</p>{% endif %}", "{% if a < b %}\n\nx\n\n{% endif %}"),
        ('<img alt="Ett fat" src="https://a.example/a.png"> är nytt', "Ett fat är nytt"),
    ],
)
def test_the_text_twin_says_what_the_html_says(html: str, text: str) -> None:
    assert to_text(html) == text


def test_a_bare_tag_is_dressed_and_a_dressed_one_is_left_alone() -> None:
    assert styled("<p>a", STYLES) == '<p style="margin:0;">a'
    assert styled('<p class="quiet">a', STYLES) == '<p class="quiet" style="color:#555;">a'
    assert styled('<p class="other">a', STYLES) == '<p class="other" style="margin:0;">a'
    assert styled('<p style="x">a<b>', STYLES) == '<p style="x">a<b>'
    assert styled('<a href="{{ a > b }}">', STYLES) == '<a href="{{ a > b }}" style="color:#15c;">'
    assert styled("<pre>", STYLES) == "<pre>"


def test_a_style_takes_no_line_of_its_own() -> None:
    source = "a\n<p>\n{{ b\n}}\n<p>"
    assert source.count("\n") == styled(source, STYLES).count("\n")


def test_empty_lines_are_never_two_in_a_row() -> None:
    assert tidy(" a  \n\n \n\n\nb \n c\n") == "a\n\nb\nc"
