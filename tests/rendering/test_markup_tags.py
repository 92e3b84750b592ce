"""What a mail program would mend in its own way is named first, at the line where people look for it."""

import pytest

from stammis.rendering.markup_tags import faults, plain_text_faults

STRONG = "<strong> is not closed: write </strong> where it ends"
P = "<p> is not closed: write </p> where it ends"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a\n<strong>b</p>", [(2, STRONG)]),
        ("<p>a\n<strong>b<strong></p>", [(2, STRONG)]),
        ("<p>a</strong></p>", [(1, "</strong> closes nothing: delete it, or write <strong> where it begins")]),
        ("<p>a\n\n<p>b\n<h2>c</h2>", [(1, P), (3, P)]),
        ("<p>a\n<ul><li>b</li></ul></p>", [(1, P)]),
        ("<ul><li>a\n<li>b</li></ul>", [(1, "<li> is not closed: write </li> where it ends")]),
        ("<p><strong><em>a</strong></em></p>", [(1, "<em> is not closed: write </em> where it ends")]),
        ("<p/>a", [(1, P)]),
        ("a</br>b", [(1, "</br> closes nothing: <br> stands alone")]),
        ("<p>a</p\n<p>b</p>", [(1, "the tag </p is not finished: its > or a quotation mark is missing")]),
        ('<p\n<a href="https://a">b</a>', [(1, "the tag <p is not finished: its > or a quotation mark is missing")]),
        ('<a href="https://a>b</a>"', [(1, "the tag <a is not finished: its > or a quotation mark is missing")]),
        ("<p>a</p>\n<!-- b", [(2, "<!-- is not closed: write --> where the comment ends")]),
        ("<![a b]>", [(1, "`<![` begins nothing that is HTML: delete it")]),
    ],
)
def test_a_tag_without_its_other_half_is_reported_once_where_it_begins(
    html: str, expected: list[tuple[int, str]]
) -> None:
    assert faults(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<stong>a</stong>", "<stong> is not a tag that e-mails know; did you mean <strong>?"),
        ("<stong>a</strong>", "<stong> is not a tag that e-mails know; did you mean <strong>?"),
        ("<strong>a</stong>", "</stong> is not a tag that e-mails know; did you mean </strong>?"),
        (
            "<section>a</section>",
            "<section> is not a tag that e-mails know: write p, h1, h2, a, strong, em, br, ul, ol or li",
        ),
    ],
)
def test_a_tag_that_is_none_is_reported_once_with_what_is_meant(html: str, expected: str) -> None:
    assert faults(html) == [(1, expected)]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("{% if a %}\n<strong>b{% endif %}", (2, "<strong> is opened in one branch of {% if %} and not closed there")),
        ("{% if a %}<p>b</p>{% else %}\n<p>c{% endif %}", (2, "<p> is opened in one branch of {% if %}")),
        ("<p>{% if a %}\nb</p>{% endif %}", (1, "<p> is closed in one branch of {% if %} only")),
        ("{% if a %}\n<b>c{% endif %}{% if a %}</b>{% endif %}", (2, "<b> is opened in one branch of {% if %}")),
        ("<div>{% block a %}\n</div>{% endblock %}</div>", (2, "</div> closes nothing")),
        ("{% macro a() %}\n<p>{% endmacro %}</p>", (2, "<p> is not closed")),
    ],
)
def test_every_branch_leaves_open_what_the_others_do(html: str, expected: tuple[int, str]) -> None:
    assert expected in [(line, message[: len(expected[1])]) for line, message in faults(html)]


def test_a_paragraph_open_in_both_branches_is_told_in_both() -> None:
    assert faults("{% if a %}<p>b\n{% else %}\n<p>c\n{% endif %}\n<p>d</p>") == [(1, P), (3, P)]


@pytest.mark.parametrize(
    "html",
    [
        "<p>a<br>b<br/>c</p>\n<hr>\n<ul><li>d<ul><li>e</li></ul></li></ul>",
        '{% if a %}<p class="quiet">{% else %}<p>{% endif %}b</p>',
        "<p>a{% if b %}</p>\n<p>{% endif %}c</p>",
        "<P>A</P>",
        "<p>1 < 2, a <3 b & c</p>",
        '<p title="a > b">{{ "<b>" }}{% if a < b %}c{% endif %}{# <b> #}</p>',
        "<div>{% block a %}<p>b</p>{% endblock %}</div>",
        "<!--[if mso]><table><tr><td><![endif]--><p>a</p><!--[if mso]></td></tr></table><![endif]-->",
        "<!--[if !mso]><!--><p>a</p><!--<![endif]-->",
        "<style>a > b { c: d }</style>",
    ],
)
def test_what_is_sound_is_left_alone(html: str) -> None:
    assert faults(html) == []


def test_a_fault_stands_on_its_line_also_below_a_long_expression() -> None:
    assert [line for line, _ in faults("{% if a\n and b %}\n<p class=x></p>{% endif %}")] == [3]


def test_what_is_deeply_nested_is_read_all_the_same() -> None:
    assert faults("<span>" * 9000 + "</span>" * 9000) == []


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Hej <b>du</b>", ["<b>"]),
        ("Hej\n<namn>, </p>", ["<namn>", "</p>"]),
        ("5&nbsp;% &#8211;", ["&nbsp;", "&#8211;"]),
        ('<a href="{{ links.shop }}">här</a>', ['<a href="{{ links.shop }}">']),
        ("1 < 2 > 0, a <3, x & y; {{ '<b>' }}{% if a < b and c > d %}e{% endif %}", []),
    ],
)
def test_html_in_plain_text_is_told_as_it_is_spelled(text: str, signs: list[str]) -> None:
    line = 1 + text.count("\n")
    expected = [(line, f"an SMS is plain text: `{sign}` would be read as it stands: leave it out") for sign in signs]
    assert plain_text_faults(text, "an SMS") == expected
