"""`stammis new journey`: a journey of one's own that passes every check and is switched off."""

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from stammis.core.clock import utc_now
from stammis.core.errors import StammisError

JOURNEY = """# Who enters: dbt_project/models/audiences/audience_{name}.sql
title: {title}
owner: {owner}
purpose: marketing          # marketing | service | transactional
basis: consent              # the consent it needs
priority: 50                # lower speaks first
enabled: false              # nobody gets anything until this says true
starts_on: {today}       # those who qualified before this day are the backlog
backlog: skip               # those who qualified before: skip | drip N/day
reentry: per_key            # once | per_key | cooldown 90d | per_year
holdout_percent: 10
goal: {{event: order, within: 30d}}
on_change: keep             # people inside when this file changes: keep | restart | exit

steps:
  - name: first_message     # what it says, such as your_code; its files are named after it
    channel: email
"""

EMAIL = """subject: {{{{ customer.first_name or "{hello}" }}}}, {subject}
preheader: {preheader}
---
{{% extends "_shared/email.html" %}}
{{% from "_shared/blocks.html" import button %}}

{{% block body %}}
<h1>{hello}{{% if customer.first_name %}} {{{{ customer.first_name }}}}{{% endif %}}!</h1>

<p>{sentence}</p>

{{{{ button(links.shop | tracked, "{label}") }}}}

<p>{regards}<br>{signed} {{{{ brand.name }}}}</p>
{{% endblock %}}
"""
ENGLISH = {
    "subject": "a few words from us",
    "preheader": "What it is about, in one line.",
    "hello": "Hello",
    "sentence": "Write here what you want to say.",
    "label": "Visit the shop",
    "regards": "Best wishes,",
    "signed": "All of us at",
}
SWEDISH = {
    "subject": "en hälsning från oss",
    "preheader": "Vad det handlar om, på en rad.",
    "hello": "Hej",
    "sentence": "Skriv det du vill säga här.",
    "label": "Till butiken",
    "regards": "Hälsningar",
    "signed": "Vi på",
}

RULES = """with

customers as (

    select * from {{{{ ref('customers') }}}}

),

rules as (  -- every customer who ever bought, one named column per rule

    select
        customer_id,
        last_kept_order_id as entry_key,  -- a new order is a new entry, where journey.yaml says per_key
        last_ordered_at as entered_at,
        lifecycle_state,
        order_count >= 1 as has_bought,
        lifecycle_state <> 'lost' as is_not_lost
    from customers

)

select * from rules
"""

AUDIENCE = """with

rules as (

    select * from {{{{ ref('rules_{name}') }}}}

)

select customer_id, entry_key, entered_at
from rules
where has_bought and is_not_lost
"""

DESCRIPTION = """version: 2

models:
  - name: audience_{name}
    description: {described}
    data_tests:
      - unique_together:
          arguments: {{columns: [customer_id, entry_key]}}
    columns:
      - name: customer_id
        description: "The customer."
        data_tests:
          - not_null
      - name: entry_key
        description: "Their last kept order."
        data_tests:
          - not_null
      - name: entered_at
        description: "When they bought it."
        data_tests:
          - not_null
  - name: rules_{name}
    description: "Every customer, with every rule of the journey. `stammis why` shows them."
    columns:
      - name: customer_id
        description: "The customer."
      - name: entry_key
        description: "Their last kept order."
      - name: entered_at
        description: "When they bought it."
      - name: lifecycle_state
        description: "Where they are in their life as a customer: see customers."
      - name: has_bought
        data_type: boolean
        description: "they have bought and kept something"
      - name: is_not_lost
        data_type: boolean
        description: "we have not lost them, by the rule of seeds/lifecycle.csv"

exposures:
  - name: {name}
    label: {title}
    type: application
    description: "The journey of templates/{name}/journey.yaml: what it says to whom, and when."
    owner: {{email: {owner}}}
    depends_on: [ref('audience_{name}'), ref('outbox')]

unit_tests:
  - name: rules_of_{name}
    description: A buyer, a lost one and one who never bought.
    model: rules_{name}
    given:
      - input: ref('customers')
        rows:
          - {{customer_id: a_buyer, order_count: 1, lifecycle_state: active, {last}}}
          - {{customer_id: lost, order_count: 1, lifecycle_state: lost, {last}}}
          - {{customer_id: never_bought, order_count: 0, lifecycle_state: prospect}}
    expect:
      rows:
        - {{customer_id: a_buyer, entry_key: last, has_bought: true, is_not_lost: true}}
        - {{customer_id: lost, entry_key: last, has_bought: true, is_not_lost: false}}
        - {{customer_id: never_bought, entry_key: null, has_bought: false, is_not_lost: true}}
  - name: every_rule_of_{name}_must_hold
    description: One rule that does not hold keeps them out.
    model: audience_{name}
    given:
      - input: ref('rules_{name}')
        rows:
          - {{customer_id: all, entry_key: last, has_bought: true, is_not_lost: true}}
          - {{customer_id: not_has_bought, entry_key: last, has_bought: false, is_not_lost: true}}
          - {{customer_id: not_is_not_lost, entry_key: last, has_bought: true, is_not_lost: false}}
    expect:
      rows:
        - {{customer_id: all, entry_key: last}}
"""
LAST = 'last_kept_order_id: last, last_ordered_at: "2025-12-01 10:00"'


def register(app: typer.Typer) -> None:
    """Adds the command."""
    nouns = typer.Typer(no_args_is_help=True, help="Begin something of your own.")
    nouns.callback()(lambda: None)  # or its only command would swallow the noun
    nouns.command("journey")(journey)
    app.add_typer(nouns, name="new")


def journey(
    name: Annotated[str, typer.Argument(help="The moment in a customer's life, such as birthday.")],
    title: Annotated[str | None, typer.Option(help="What it is for, in a few words.")] = None,
    templates: Annotated[Path | None, typer.Option(help="The templates folder; dbt_project stands beside it.")] = None,
) -> None:
    """Write a journey's folder, its first message and its audience: all well, and switched off."""
    from stammis.core.settings import read_settings

    folder = read_settings(templates=templates).templates
    written = write_journey(folder, folder.parent / "dbt_project", name, title, utc_now().date())
    typer.echo(f"{name} is there, and switched off:")
    for file in written:
        typer.echo(f"  {file.relative_to(folder.parent)}")
    typer.echo(
        "Next:\n"
        f"  1. say who enters: rules_{name}.sql, the where of audience_{name}.sql, their words and tests in the .yml\n"
        f"  2. write the message: stammis preview {name} --watch shows it as you save\n"
        "  3. stammis lint, make test\n"
        f"  4. enabled: true in templates/{name}/journey.yaml\n"
        "  5. stammis plan: who would get it (on the demo, with a starts_on before December 2025)"
    )


def write_journey(templates: Path, dbt_project: Path, name: str, title: str | None, today: date) -> list[Path]:
    """The files written. Raises StammisError for a name that is none or is taken; then nothing is written."""
    from stammis.rendering import read_brand

    if not re.fullmatch("[a-z][a-z0-9_]{0,47}", name):
        raise StammisError(
            f"{name!r} cannot name a journey: lower-case letters, digits and _, beginning with a letter, as in birthday"
        )
    brand = read_brand(templates)
    said = " ".join((title or "").split()) or name.replace("_", " ").capitalize()
    quoted = json.dumps(said, ensure_ascii=False)  # JSON's quotes are YAML's, too
    journey_file = JOURNEY.format(name=name, title=quoted, owner=brand.words["reply_to"], today=today.isoformat())
    audiences = dbt_project / "models" / "audiences"
    described = json.dumps(f"Who enters the journey {name}: buyers we have not lost.")
    files = {
        templates / name / "journey.yaml": journey_file,
        **{
            templates / name / f"first_message.email.{locale}.html": EMAIL.format(**_language(locale))
            for locale in brand.locales
        },
        audiences / f"rules_{name}.sql": RULES.format(),
        audiences / f"audience_{name}.sql": AUDIENCE.format(name=name),
        audiences / f"audience_{name}.yml": DESCRIPTION.format(
            name=name, described=described, title=quoted, owner=brand.words["reply_to"], last=LAST
        ),
    }
    taken = [path for path in (templates / name, *files) if path.exists()]
    if taken:
        raise StammisError(f"{taken[0]} is there already: choose another name, or edit that")
    if not audiences.is_dir():
        raise StammisError(f"{audiences} is missing: an audience is written there, beside the templates folder")
    os.umask(0o022)  # templates are the project's, and not personal data
    (templates / name).mkdir()
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
    return list(files)


def _language(locale: str) -> dict[str, str]:
    return SWEDISH if locale == "sv" else ENGLISH
