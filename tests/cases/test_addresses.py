"""Mail goes to the address that was checked: SQL and Python agree on which are, and no header decodes to another."""

import random
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import duckdb
import pytest
from jinja2 import Environment

from stammis.channels.email_sendgrid import deliverable
from stammis.channels.file import FileChannel
from stammis.core.identifiers import can_be_mailed, fold_email
from stammis.core.yaml_files import YamlFault
from stammis.journeys import read_journeys
from stammis.rendering import Renderer
from stammis.rendering.brand import read_brand
from stammis.rendering.samples import read_samples, sample_due
from stammis.rendering.wording import clean
from tests.support.messages import message
from tests.support.places import DBT_PROJECT

ENCODED = "=?utf-8?q?a?=@nord.example"
INJECTED = "=?utf-8?q?a=0D=0ABcc=3A_eva=40y.example?="
REFUSED = [
    ENCODED,
    "=?utf-8?b?YQ==?=@nord.example",
    "a=?b@nord.example",
    "anna@",
    "@nord.example",
    "anna",
    "bo@[1.2.3.4]",
    "a..b@nord.example",
    ".a@nord.example",
    "a.@nord.example",
    "a b@nord.example",
    "a\nb@nord.example",
    "a\x01b@nord.example",
    "a\\b@nord.example",
    "a[b@nord.example",
    '"a"@nord.example',
    "a,b@nord.example",
    "a@b@nord.example",
    "<a@nord.example>",
    "x" * 65 + "@nord.example",
    "a@nord",
    "a@nord.e",
    "a@nord example",
    "a@nord.example\r\nBcc: b@nord.example",
]
MAILED = ["anna@nord.example", "a+b=c@nord.example", "a=b?c@nord.example", "?=a@nord.example", "åsa@xn--blbr-noae.se"]
MAILED += ["x" * 64 + "@" + "nord." * 10 + "example", "o'b`{|}~!#$%&*/^_-@nord.example", "1@a-b.c.example"]


def can_be_mailed_in_sql(addresses: list[str]) -> list[bool]:
    """As the models ask: the macro, on DuckDB."""
    macros = (DBT_PROJECT / "macros" / "normalise.sql").read_text()
    environment = Environment()
    environment.globals["regex_matches"] = lambda text, pattern: f"regexp_full_match({text}, {pattern})"
    rule = environment.from_string(macros + "{{ can_be_mailed('address') }}").render()
    with duckdb.connect() as database:
        query = f"select coalesce({rule}, false) from (select unnest(?::varchar[]) as address)"
        return [answer for (answer,) in database.execute(query, [addresses]).fetchall()]


def test_sql_and_python_agree_on_which_addresses_mail_can_go_to() -> None:
    dice = random.Random(7)
    parts = [
        *"ab.@=?+-_'\"\\[]<>(),;: \t\n\x01\x7f",
        "..",
        "=?",
        "å",
        "🎁",
        "nord",
        ".example",
        "@nord.example",
        "xn--",
    ]
    made = ["".join(dice.choices(parts, k=dice.randint(1, 9))) for _ in range(20_000)]
    made += [f"{''.join(dice.choices(parts, k=dice.randint(1, 4)))}@nord.example" for _ in range(20_000)]
    addresses = sorted({*filter(None, map(fold_email, made)), *REFUSED, *MAILED})
    in_python = [can_be_mailed(address) for address in addresses]
    assert in_python == can_be_mailed_in_sql(addresses)
    assert min(in_python.count(True), in_python.count(False)) > 500


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_mail_cannot_go_to_is_refused_by_every_channel(tmp_path: Path, address: str) -> None:
    (outcome,) = FileChannel(tmp_path, "email").send([message(address=address)])
    assert (outcome.state, outcome.reason) == ("failed", "invalid_address")
    assert deliverable(address) is None
    assert can_be_mailed_in_sql([address]) == [False]


@pytest.mark.parametrize("address", [*MAILED, "åsa.öberg@exempel.se", "Anna@Blåbär.SE"])
def test_what_is_set_on_to_reads_back_as_the_address(tmp_path: Path, address: str) -> None:
    (outcome,) = FileChannel(tmp_path, "email").send([message(address=address)])
    content = (tmp_path / "email" / "s1.eml").read_bytes()
    assert (outcome.state, message_from_bytes(content, policy=default)["To"]) == ("accepted", address)
    assert f"To: {address}".encode() in content.split(b"\r\n")


@pytest.mark.parametrize("value", [INJECTED, ENCODED, "a\r\nBcc: b@nord.example", "a\nb"])
@pytest.mark.parametrize("header", ["From", "Reply-To", "Subject", "List-Unsubscribe"])
def test_a_header_that_would_read_otherwise_is_not_written(tmp_path: Path, header: str, value: str) -> None:
    changed = {"subject": value} if header == "Subject" else {"headers": {header: f"{value} <a@nord.example>"}}
    outcomes = FileChannel(tmp_path, "email").send([message("bad", **changed), message("good")])
    assert [outcome.state for outcome in outcomes] == ["failed", "accepted"]


@pytest.mark.parametrize("key", ["name", "sender", "reply_to"])
def test_a_brand_with_something_encoded_is_refused(templates: Path, key: str) -> None:
    file = templates / "_shared" / "brand.yaml"
    lines = file.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith(f"{key}:"))
    lines[place] = f'{key}: "{ENCODED}"'
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(YamlFault) as fault:
        read_brand(templates)
    assert fault.value.line == place + 1


@pytest.mark.parametrize("text", [INJECTED, ENCODED, "==?x?=", "=\u200b?x", "å=?x", "=?=?=?"])
def test_a_cleaned_text_has_nothing_encoded(text: str) -> None:
    assert "=?" not in clean(text)
    assert clean(clean(text)) == clean(text)


def test_a_product_that_is_encoded_is_named_as_it_is_written(templates: Path, tmp_path: Path) -> None:
    journey = next(each for each in read_journeys(templates)[0] if each.name == "review_request")
    step = journey.steps[0]
    file = templates / "review_request" / f"{step.name}.email.sv.html"
    body = file.read_text().partition("---")[2]
    file.write_text("subject: Hur var {{ order.product }} hos {{ brand.name }}?\n---" + body)
    sample = read_samples(templates)["with_name"]
    order = {**sample["order"], "product": INJECTED}
    due = sample_due(journey, step, "email", "sv", {**sample, "order": order})
    rendered = Renderer(templates).render(due, "s1")
    (outcome,) = FileChannel(tmp_path, "email").send([message(subject=rendered.subject)])
    mail = message_from_bytes((tmp_path / "email" / "s1.eml").read_bytes(), policy=default)
    assert (outcome.state, mail["Bcc"]) == ("accepted", None)
    assert mail["Subject"].startswith("Hur var = ?utf-8?q?a=0D=0ABcc")
