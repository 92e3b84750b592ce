"""What Jinja cannot read is reported in our words, with the line where it begins."""

from pathlib import Path

import pytest
from jinja2 import Environment

from stammis.rendering.grammar import Unreadable, faults

IF = "`{% if customer.first_name %}` is not closed: write `{% endif %}` where it ends"
BODY = "`{% block body %}` is not closed: write `{% endblock %}` where it ends"
STRAY_IF = "closes nothing: delete it, or write `{% if ... %}` where it begins"
OUTSIDE = "stands outside of every `{% if ... %}`: delete it, or write one above it"


def read(source: str) -> list[tuple[int | None, str]]:
    found = faults(Environment(), source, Path("a.html"))
    assert all(isinstance(fault, Unreadable) for fault in found)
    return [(fault.line, fault.message) for fault in found]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("\n{% if customer.first_name %}a\n\n", [(2, IF)]),
        ("{% block body %}\n{% if customer.first_name %}a\n{% endblock %}", [(2, IF)]),
        ("{% if customer.first_name %}\n{% if customer.first_name %}a{% else %}b", [(1, IF), (2, IF)]),
        ("\n{% block body %}a\n{% block why %}b{% endblock %}", [(2, BODY)]),
        ("a\n{% endif %}", [(2, f"`{{% endif %}}` {STRAY_IF}")]),
        ("{% block body %}\n{%- endif -%}{% endblock %}", [(2, f"`{{%- endif -%}}` {STRAY_IF}")]),
        ("a{% endblock %}", [(1, f"`{{% endblock %}}` {STRAY_IF.replace('if', 'block')}")]),
        ("a\n{% else %}b", [(2, f"`{{% else %}}` {OUTSIDE}")]),
        (
            "{% if order.product %}{% else %}\n{% else %}{% endif %}",
            [(2, "`{% else %}` comes after the `{% else %}` of the same `{% if ... %}`: delete one of them")],
        ),
        ("{% if order.product %}\na{% if customer.first_name %}b\n{% else %}\nc\n{% endif %}", [(2, IF)]),
        ("{# {% if a %} #}{% endif %}", [(1, f"`{{% endif %}}` {STRAY_IF}")]),
    ],
)
def test_what_is_not_closed_is_reported_where_it_is_opened(source: str, expected: list[tuple[int, str]]) -> None:
    assert read(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a\n{{ customer.first_name</p>\n{{ brand.name }}", (2, "`{{ customer.first_name` is not closed: write `}}`")),
        ("{{ customer.first_name }</p>", (1, "`{{ customer.first_name` is not closed: write `}}`")),
        ("{{ customer.first_name %}", (1, "`{{ customer.first_name` is not closed: write `}}`")),
        ("\n{% if order.product }}a{% endif %}", (2, "`{% if order.product` is not closed: write `%}`")),
        ("{# a note\n{{ brand.name }}", (1, "`{# a note` is not closed: write `#}`")),
    ],
)
def test_a_brace_without_its_other_half_is_reported_where_it_stands(source: str, expected: tuple[int, str]) -> None:
    assert read(source) == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% iff order.product %}a{% endif %}", "is not a tag that templates know; did you mean `if`?"),
        ("{% if order.product %}a{% edif %}", "is not a tag that templates know; did you mean `endif`?"),
        ("{% if a %}b{% elseif c %}d{% endif %}", "is not a tag that templates know; did you mean `elif`?"),
        ("{% widget %}", "is not a tag that templates know: docs/marketers.md says what is"),
        ("{% for a in b %}", "is not for templates: docs/marketers.md says what is"),
        ("{% customer.first_name %}", "needs other braces: write `{{ customer.first_name }}`"),
        ("{{ if order.product }}", "needs other braces: write `{% if order.product %}`"),
        ("{{ first name }}", "cannot be read: something is missing between two of its words, or one is too many"),
        ("{{ customer. }}", "cannot be read: a word is missing"),
        ("{{ }}", "cannot be read: a word is missing"),
        ("{% if %}a{% endif %}", "cannot be read: a word is missing"),
        ("{% if a = 1 %}b{% endif %}", "cannot be read: to compare write =="),
        ("{{ a or “Hej” }}", "cannot be read: write straight quotation marks, \" or '"),
        ('{{ button(links.shop, "Hej) }}', "cannot be read: a quotation mark is missing"),
        ("{{ brand.name | money('SEK' }}", "cannot be read: a bracket is missing"),
        ("{{{ brand.name }}}", "cannot be read: write two braces before the word and two after it"),
        ("{% block a-b %}c{% endblock %}", "cannot be read: write _ instead of -"),
        ("{% if a %}{% else if b %}{% endif %}", "write `{% else %}`, or `{% elif ... %}` for a further condition"),
        ("{{ a ? b }}", "cannot be read: compare it with docs/marketers.md"),
    ],
)
def test_a_piece_that_cannot_be_read_is_quoted_with_its_remedy(source: str, expected: str) -> None:
    ((line, message),) = read(f"\n{source}")
    assert (line, message.startswith("`{"), message.endswith(expected)) == (2, True, True)


def test_a_fault_below_deep_brackets_is_reported_all_the_same() -> None:
    messages = [message.partition(": ")[2] for _, message in read("{% if a %}{{ b c }}{{ " + "(" * 5000 + " }}")]
    assert "it is nested too deeply, write it plainer" in messages


@pytest.mark.parametrize("source", ["{% if a %}", "{{ a", "{{ a b }}", "{% a %}", "{% block a %}{% endblock b %}"])
def test_nobody_is_told_about_jinja(source: str) -> None:
    assert read(source)
    assert not any(word in message for _, message in read(source) for word in ("Jinja", "token", "expected"))
