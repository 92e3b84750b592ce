"""Renders every message of a journey for one person, with the same call that sends it.

A real customer is shown masked: a stand-in of letters goes through the renderer where the name would,
and comes out as an initial and three stars. Nothing is recorded as intended or sent.
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

from stammis.core.errors import StammisError, TemplateError
from stammis.core.types import Due, Message
from stammis.core.yaml_files import suggest
from stammis.journeys import Journey, Step, read_journeys
from stammis.rendering.preview_page import Draft
from stammis.rendering.rendering import Renderer, message_file
from stammis.rendering.samples import SAMPLE_CODE, SAMPLE_SEND_ID, read_samples, sample_due
from stammis.rendering.wording import clean, sms_parts

STAND_IN = "xyzzy"  # letters only, or it would be no name
FILLER = "\u034f"  # what _shared/after_preheader.html puts after the preview line, invisibly
LONGEST_PREVIEW_LINE = 140


@dataclass(frozen=True, slots=True)
class Person:
    """The person the messages are written to. `rows` are their outbox rows, by journey and step."""

    name: str
    context: Mapping[str, Any]
    rows: Mapping[tuple[str, str], Due] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """What to show; None means everything."""

    journey: str | None = None
    step: str | None = None
    channel: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """How many people a step would reach on a day, by what is known now."""

    journey: str
    step: str
    day: date
    count: int


def choose_sample(templates: Path, name: str | None) -> Person:
    """Return a sample customer, by default the first. Raises StammisError for an unknown name."""
    samples = read_samples(templates)
    chosen = name or next(iter(samples))
    if chosen not in samples:
        raise StammisError(f"there is no sample {chosen} in _shared/samples.yaml{suggest(chosen, samples)}")
    return Person(f"{chosen}, a made-up person", samples[chosen])


def choose_journeys(templates: Path, choice: Choice) -> list[Journey]:
    """Return the chosen journeys that can be read. Raises StammisError for an unknown journey or step."""
    journeys, problems = read_journeys(templates)
    broken = [problem for problem in problems if problem.journey in (choice.journey, None)]
    chosen = [journey for journey in journeys if choice.journey in (journey.name, None)]
    if not chosen and broken:
        raise StammisError("\n".join(str(problem) for problem in broken))
    if not chosen:
        names = [journey.name for journey in journeys]
        raise StammisError(f"there is no journey {choice.journey} in {templates}{suggest(str(choice.journey), names)}")
    steps = [step.name for journey in chosen for step in journey.steps]
    if choice.step and choice.step not in steps:
        raise StammisError(f"there is no step {choice.step} here{suggest(choice.step, steps)}")
    return chosen


def write_messages(templates: Path, dbt_project: Path, choice: Choice, person: Person) -> Iterator[Draft]:
    """Render each chosen journey x step x branch x channel x language for this person. A fault takes its place."""
    renderer, offers = Renderer(templates), _read_percents(dbt_project / "seeds" / "offers.csv")
    for journey in choose_journeys(templates, choice):
        for step, variant, channel in _wordings(journey, choice):
            for locale in [choice.locale] if choice.locale else renderer.brand.locales:
                due = _due(journey, step, variant, channel, locale, person, offers)
                file = f"{journey.name}/{message_file(step.name, channel, locale, variant)}"
                yield _draft(renderer, due, step, f"{templates.name}/{file}")


def write_one(templates: Path, dbt_project: Path, choice: Choice, variant: str | None, person: Person) -> Message:
    """Render the one message of a choice with journey and step, in the first channel and language if none is named.

    Raises StammisError if there is no such message, TemplateError if it cannot be rendered.
    """
    journey = choose_journeys(templates, choice)[0]
    step = next(each for each in journey.steps if each.name == choice.step)
    channels = [each for each in (step.channel, step.fallback) if each]
    variants = [each for each in step.variants if each]
    if choice.channel and choice.channel not in channels:
        raise StammisError(f"{step.name} is not sent by {choice.channel}: only by {' or '.join(channels)}")
    if variant and variant not in variants:
        raise StammisError(f"no branch of {step.name} leads to {variant}{suggest(variant, variants or ['none'])}")
    renderer, offers = Renderer(templates), _read_percents(dbt_project / "seeds" / "offers.csv")
    locale = choice.locale or renderer.brand.locales[0]
    due = _due(journey, step, variant, choice.channel or step.channel, locale, person, offers)
    return renderer.render(due, SAMPLE_SEND_ID, SAMPLE_CODE if step.offer else None)


def masked_name(name: str | None) -> str | None:
    """A stand-in with the name's initial, which the page shows as `A***`."""
    return f"{name.strip()[0]}{STAND_IN}" if name and name.strip() else None


def masked_address(address: str | None) -> str:
    """The address with all but its first character masked."""
    if not address:
        return "no address"
    return f"{address[0]}***@***" if "@" in address else f"{address[:3]}***"


def stamp(templates: Path) -> str:
    """A text that changes when a file below the folder is saved, added or removed."""
    files = sorted(path for path in templates.rglob("*") if path.is_file())
    seen = [f"{path} {status.st_mtime_ns} {status.st_size}" for path in files if (status := _status(path))]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]


def _status(path: Path) -> Any:
    try:
        return path.stat()
    except FileNotFoundError:  # an editor is just putting the new one in its place
        return None


def _wordings(journey: Journey, choice: Choice) -> Iterator[tuple[Step, str | None, str]]:
    for step in journey.steps:
        for variant in step.variants:
            for channel in filter(None, (step.channel, step.fallback)):
                if choice.step in (step.name, None) and choice.channel in (channel, None):
                    yield step, variant, channel


def _due(
    journey: Journey,
    step: Step,
    variant: str | None,
    channel: str,
    locale: str,
    person: Person,
    offers: Mapping[str, int],
) -> Due:
    """The person's own outbox row for this step; if they have none, a made-up one."""
    due = sample_due(journey, step, channel, locale, dict(person.context), variant)
    own = person.rows.get((journey.name, step.name))
    if own:
        return replace(due, context=own.context | {"customer": person.context["customer"]})
    if step.offer and step.offer in offers:
        due.context["offer"] = due.context["offer"] | {"percent": offers[step.offer]}
    return due


def _draft(renderer: Renderer, due: Due, step: Step, file: str) -> Draft:
    draft = Draft(due.journey, due.step, due.variant, due.channel, due.locale, file)
    try:
        message = renderer.render(due, SAMPLE_SEND_ID, SAMPLE_CODE if step.offer else None)
    except TemplateError as error:
        return replace(draft, problem=str(error))
    subject, text, html = (_unveiled(part) for part in (message.subject, message.text, message.html))
    if html is None:
        return replace(draft, text=text or "", length=_length(message.text))
    return replace(draft, subject=subject or "", preheader=_preview_line(html), text=text or "", html=html)


def _preview_line(html: str) -> str:
    """The text that an inbox shows beside the subject: the first words of the body, up to the filler after them."""
    body = html.partition("<body")[2].partition(">")[2]
    return clean(unescape(re.sub(r"<[^>]*>", " ", body)).partition(FILLER)[0])[:LONGEST_PREVIEW_LINE]


def _length(text: str) -> str:
    """ "2 parts, 214 characters", as an operator counts them."""
    parts = sms_parts(text)
    return f"{parts} part{'' if parts == 1 else 's'}, {len(text)} characters"


def _unveiled(text: str | None) -> str | None:
    return re.sub(f"{STAND_IN}", "***", text) if text else text


def _read_percents(file: Path) -> dict[str, int]:
    """The percent of each offer, so that a preview promises what the message will."""
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {row["offer"]: int(row["percent"]) for row in csv.DictReader(lines) if row["percent"].isdigit()}


def counted_by_step(upcoming: Sequence[Upcoming]) -> dict[tuple[str, str], dict[date, int]]:
    """The counts of each journey and step by day."""
    found: dict[tuple[str, str], dict[date, int]] = {}
    for each in upcoming:
        found.setdefault((each.journey, each.step), {})[each.day] = each.count
    return found
