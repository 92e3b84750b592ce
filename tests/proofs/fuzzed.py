"""Thousands of damaged inputs at each boundary's own function: whatever comes, an answer or an error of ours."""

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import duckdb
from jinja2 import TemplateError as JinjaError
from ruamel.yaml import YAML

from stammis.channels.email_sendgrid import payload
from stammis.channels.file import FileChannel
from stammis.core.identifiers import fold_email, read_numbering, spellings_of_email
from stammis.core.replies import read_reply_words
from stammis.core.settings import Settings
from stammis.core.yaml_files import YamlFault, read_mapping
from stammis.intake.contracts import read_contracts
from stammis.intake.derived import add_derived, read_knowledge
from stammis.intake.files import LandedFile
from stammis.intake.judging import GOOD
from stammis.intake.rows import read_rows
from stammis.intake.store import workplace
from stammis.intake.workplace import Unreadable
from stammis.journeys.branches import COMPARISONS, Branch
from stammis.rendering import grammar
from stammis.rendering.linting import lint
from stammis.rendering.rendering import Renderer, read_pieces
from tests.support.messages import message
from tests.support.places import DBT_PROJECT, SAMPLES, TEMPLATES

INPUTS = 2_000  # of each boundary
HEAD = 6_000  # bytes of an export; small, so that what is damaged matters
# what stands in the way of readers, and where damage likes to be
STRAY = (
    '"',
    '""',
    "\n",
    "\r",
    "\r\n",
    ",",
    ";",
    "\t",
    "\0",
    "\x1f",
    "'",
    "{",
    "}",
    "[",
    "]",
    "\\",
    "\\ud800",
    "\ufeff",
)
STRAY += (
    "=1+1",
    "\u200b",
    "\xa0",
    "٣",
    "１",
    "1e999",
    "-0",
    "9" * 400,
    "x" * 150_000,
    "é",
    "🙂",
    "sep=;\n",
    "null",
    "%",
)
ENCODINGS = ("utf-16", "cp1252", "cp850", "shift_jis", "utf-8-sig", "mac_roman", "utf-32")


def exports() -> list[tuple[str, bytes]]:
    """(place, contents) of real exports, cut to their first lines."""
    found = []
    for path in sorted((SAMPLES / "channels_small").rglob("*.*")):
        if path.is_file() and "truth" not in path.parts:
            found.append((f"{path.parent.name}/{path.name}", _head(path.read_bytes())))
    formats = SAMPLES / "formats"
    for place, name in {
        "shopify/orders_1.json": "shopify_rest/orders.json",
        "shopify/customers_1.json": "shopify_rest/customers_search.json",
        "shopify/graphql_customers_1.json": "shopify_rest/graphql_customers_sample.json",
        "woocommerce/woo_orders.json": "woocommerce/woo_orders.json",
        "woocommerce/woo_customers.json": "woocommerce/woo_customers.json",
        "sendgrid/events_1.json": "sendgrid/events_from_docs.json",
        "zendesk/ticket_data.csv": "zendesk_fivetran_seeds/ticket_data.csv",
        "web/segment_events_1.json": "segment/order_completed_samples.json",
    }.items():
        found.append((place, (formats / name).read_bytes()[: 4 * HEAD]))
    return found


def _head(contents: bytes) -> bytes:
    if contents[:4] == b"PAR1":
        return contents
    return contents[: contents.find(b"\n", HEAD) + 1] if len(contents) > HEAD else contents


def damaged(dice: random.Random, contents: bytes, others: list[tuple[str, bytes]]) -> bytes:
    """One to three kinds of damage, one after another."""
    for _ in range(dice.choice([1, 1, 2, 3])):
        place, end = sorted(dice.randrange(len(contents) + 1) for _ in range(2))
        kind = dice.randrange(9)
        if kind == 0:
            contents = contents[:place]
        elif kind == 1:
            contents = contents[:place] + contents[end:]
        elif kind == 2:
            contents = contents[:place] + dice.choice(others)[1][: dice.randrange(HEAD)] + contents[place:]
        elif kind == 3:
            contents = contents[:place] + dice.randbytes(dice.choice([1, 2, 40])) + contents[place:]
        elif kind == 4:
            contents = contents[:place] + dice.choice(STRAY).encode("utf-8", "replace") + contents[place:]
        elif kind == 5:
            with suppress(UnicodeError):
                contents = contents.decode().encode(dice.choice(ENCODINGS), "replace")
        elif kind == 6:
            contents = contents.replace(b",", dice.choice([b";", b"\t", b",,", b"|"]))
        elif kind == 7:
            contents = contents.replace(b"\n", dice.choice([b"\r\n", b"\r", b"\n\n"]))
        else:
            contents = gzip.compress(contents)[: dice.choice([None, -4, len(contents) // 3])]
    return contents


def landed_files_end_in_rows(work: Path, samples: Path) -> str:
    """Issue 14: of 2,000 damaged exports every row is read or quarantined, or the file says why it cannot be read."""
    settings, found, counts = Settings(data=work / "fuzzed", landing=work / "landing"), exports(), Counter[str]()
    contracts, knowledge = read_contracts(DBT_PROJECT), read_knowledge(DBT_PROJECT)
    with workplace(settings) as place:
        for seed in range(INPUTS):
            dice = random.Random(seed)
            name, contents = dice.choice(found)
            source, _, file_name = name.partition("/")
            path = work / file_name
            path.write_bytes(damaged(dice, contents, found))
            stem, kind = file_name.removesuffix(".gz").rsplit(".", 1)
            contract = next(each for each in contracts if each.source == source and each.accepts(stem, kind))
            try:
                rows = read_rows(place, LandedFile(path, contract, kind), [])
                add_derived(place, contract, knowledge)
            except Unreadable:
                counts["files not read"] += 1
                continue
            except Exception as error:
                raise AssertionError(f"seed {seed}, {name}: {error!r}") from error
            good, bad = place.count(GOOD), place.count("quarantined")
            assert rows == good + bad, f"seed {seed}, {name}: {rows} rows, {good} read, {bad} quarantined"
            counts["rows read"] += good
            counts["rows quarantined"] += bad
    return f"{INPUTS} files; {dict(counts)}"


PIECES = (
    "{% if customer.first_name %}",
    "{% endif %}",
    "{% elif order.total %}",
    "{% else %}",
    "{% block body %}",
    "{% endblock %}",
    "{{ customer.first_name }}",
    "{{ offer.percent | upper }}",
    "{{ order.total | money }}",
    '{{ button(links.shop | tracked, "x") }}',
    '{% extends "_shared/email.html" %}',
    '{% from "_shared/blocks.html" import button, voucher %}',
    '{% include "_shared/email.html" %}',
    "{% autoescape false %}",
    "{% for x in customer %}",
    "{% set x = 1 %}",
    "{% raw %}",
    "{% macro m(a) %}",
    "{% call m() %}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ " + "9" * 5000 + " }}",
    '{{ "\\ud800\\x00" }}',
    "{{ x.__class__.__mro__ }}",
    "{{ super() }}",
    "{{ [].append(1) }}",
    "{{ " + "(" * 200 + "1",
    "<p>",
    "</p>",
    '<a href="{{ links.shop }}">',
    "<table><tr>",
    "subject: x\n---\n",
    "---",
    "{#",
    "#}",
    "{{",
    "}}",
    "{%",
    "%}",
    "&",
    "<",
    "\u202e",
    "🙂",
)


def templates_end_in_faults(work: Path, samples: Path) -> str:
    """Issue 14: 2,000 templates of random pieces each render, or have faults with a place."""
    renderer = Renderer(TEMPLATES)
    sources = [read_pieces(path, has_headers=True).body for path in sorted(TEMPLATES.glob("[a-z]*/*.html"))]
    counts = Counter[str]()
    for seed in range(INPUTS):
        dice = random.Random(seed)
        source = dice.choice([*sources, ""])
        for _ in range(dice.randrange(4)):
            place = dice.randrange(len(source) + 1)
            source = source[:place] + dice.choice(PIECES) + source[place + dice.choice([0, 0, 5, 50]) :]
        try:
            found = grammar.faults(renderer.environment, source, Path("x.html"))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        assert all("nobody foresaw" not in fault.message for fault in found), f"seed {seed}: {found}"
        with suppress(JinjaError):  # which the renderer names with the file
            if not found:
                renderer.environment.from_string(source)
                counts["that compile"] += 1
    return f"{INPUTS} templates, {dict(counts)}"


def _random_value(dice: random.Random, depth: int = 0) -> object:
    kind = dice.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return dice.choice(["win_back", "yes", "", "=", "5d", "2025-13-40", "é🙂", "x" * 300, "{{ x }}", "\x07"])
    if kind < 6:
        return dice.choice([0, -1, 10**30, 1.5, float("inf"), True, None, "", "email", "consent"])
    if kind == 6:
        return {str(_random_value(dice, 9)): _random_value(dice, depth + 1) for _ in range(dice.randrange(4))}
    return [_random_value(dice, depth + 1) for _ in range(dice.randrange(4))]


def journeys_end_in_problems(work: Path, samples: Path) -> str:
    """Issue 14: of 2,000 journey files with random nodes each can be read, or is a problem of its journey."""
    home, counts = work / "templates", Counter[str]()
    originals = {path.parent.name: YAML(typ="safe").load(path) for path in TEMPLATES.glob("[a-z]*/journey.yaml")}
    texts = {path.parent.name: path.read_text() for path in TEMPLATES.glob("[a-z]*/journey.yaml")}
    (home / "welcome").mkdir(parents=True)
    file = home / "welcome" / "journey.yaml"
    for seed in range(INPUTS):
        dice = random.Random(seed)
        name = dice.choice(sorted(originals))
        if dice.random() < 0.5:
            tree = json.loads(json.dumps(originals[name], default=str))
            nodes = [tree, *tree["steps"]]
            for _ in range(dice.randrange(1, 4)):
                node = dice.choice(nodes)
                node[dice.choice([*node, "extra", "branches", "steps"])] = _random_value(dice)
            with file.open("w") as written:
                YAML().dump(tree, written)
        else:
            file.write_bytes(damaged(dice, texts[name].encode(), [("", texts[name].encode())]))
        try:
            found = lint(home, DBT_PROJECT)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
        assert all("nobody foresaw" not in problem.message for problem in found), f"seed {seed}: {found}"
        counts["with problems" if any(problem.journey for problem in found) else "sound"] += 1
        with suppress(YamlFault):
            read_mapping(file)
    return f"{INPUTS} journeys; {dict(counts)}"


def addresses_fail_alone(work: Path, samples: Path) -> str:
    """Issue 14: 2,000 addresses and texts of random characters become a message, or fail it alone."""
    channels = {name: FileChannel(work / "messages", name) for name in ("email", "sms")}
    numbering, words = read_numbering(DBT_PROJECT), read_reply_words(DBT_PROJECT)
    letters = "abc@.+-_ <>()[]\"',;:\\\n\r\0\t\ud800é🙂\u200b\xa0１٣=?%xn--"
    counts = Counter[str]()
    for seed in range(INPUTS):
        dice = random.Random(seed)
        address, text, name = ("".join(dice.choices(letters, k=dice.randrange(1, 30))) for _ in range(3))
        letter = message(address=address, text=text, subject=name, send_id=f"s{seed}", message_id=f"m{seed}")
        try:
            for channel in channels.values():
                (outcome,) = channel.send([letter])
                counts[f"{channel.name} {outcome.state}"] += 1
            fold_email(address), spellings_of_email(address), words.meaning_of(text)
            numbering.phone(address, "SE"), numbering.spellings(address, "SE")
            with suppress(UnicodeEncodeError, KeyError):
                payload(letter)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
    return f"{INPUTS} messages; {dict(sorted(counts.items()))}"


TYPES = {"string": "varchar", "bigint": "bigint", "decimal(38,2)": "decimal(38,2)", "boolean": "boolean"}
TYPES |= {"timestamp": "timestamp"}


def conditions_that_pass_can_be_asked(work: Path, samples: Path) -> str:
    """Issue 14: of 2,000 random conditions each that lint lets through is one the database can answer."""
    counts = Counter[str]()
    values = (
        "many",
        "5",
        "2025-10-01",
        "2025-10-01 10:00:00",
        "it's",
        "",
        5,
        -1,
        2.5,
        10**25,
        True,
        False,
        float("nan"),
    )
    with duckdb.connect() as database:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
        database.execute(f"create table customers ({columns})")
        database.execute(
            "insert into customers values ('many', 5, 2.5, true, '2025-10-01'), (null, null, null, null, null)"
        )
        for seed in range(INPUTS):
            dice = random.Random(seed)
            name, op = dice.choice(sorted(TYPES)), dice.choice(COMPARISONS)
            value = tuple(dice.choices(values, k=2)) if op == "in" else dice.choice(values)
            if Branch("v", name, op, value).unlike(name):
                counts["named"] += 1
                continue
            shown = [_literal(each) for each in (value if isinstance(value, tuple) else (value,))]
            right = f"({', '.join(shown)})" if op == "in" else shown[0]
            try:
                database.execute(f'select count(*) from customers where "{name}" {"<>" if op == "!=" else op} {right}')
            except duckdb.Error as error:
                raise AssertionError(f"seed {seed}, {name} {op} {value!r}: {error}") from error
            counts["answered"] += 1
    return f"{INPUTS} conditions; {dict(counts)}"


def _literal(value: object) -> str:
    """As the macro of this name writes it."""
    return str(value) if isinstance(value, int | float) else "'" + str(value).replace("'", "''") + "'"


FUZZED: tuple[Callable[[Path, Path], str], ...] = (
    landed_files_end_in_rows,
    templates_end_in_faults,
    journeys_end_in_problems,
    addresses_fail_alone,
    conditions_that_pass_can_be_asked,
)
