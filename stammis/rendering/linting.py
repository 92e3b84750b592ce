"""Checks that every journey can be read and every message rendered for anybody. Takes seconds and no dbt.

The same lint runs inside a cycle: a journey with a problem is held and named, the others go on.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from stammis.core.errors import ConfigurationError, TemplateError, unforeseen
from stammis.core.seeds import read_seed
from stammis.core.types import Message
from stammis.core.yaml_files import YamlFault, read_mapping, suggest
from stammis.journeys import Journey, Problem, Step, read_journeys
from stammis.journeys.journeys import SAMPLES, step_files
from stammis.rendering import grammar, markup_tags
from stammis.rendering.brand import Brand, can_be_answered
from stammis.rendering.grammar import TemplateFault, Unreadable
from stammis.rendering.rendering import EXTENSIONS, Renderer, message_file, read_pieces
from stammis.rendering.samples import SAMPLE_CODE, SAMPLE_SEND_ID, read_samples, sample_due
from stammis.rendering.wording import MAX_SMS_PARTS, SMS_SPELLINGS, non_gsm_characters, sms_parts


@dataclass(frozen=True, slots=True)
class Linted:
    """How much was checked, for the line that says that all is well."""

    journeys: int
    messages: int
    samples: int


def lint(templates: Path, dbt_project: Path | None = None) -> list[Problem]:
    """Return every problem of the folder, by file and line; [] when each message can be sent to anybody.

    A problem with `journey` None lies in _shared and concerns all. Offers and audiences are looked up
    in `dbt_project` (by default the one beside the templates folder) where it has them.
    """
    return lint_and_count(templates, dbt_project)[0]


def lint_and_count(templates: Path, dbt_project: Path | None = None) -> tuple[list[Problem], Linted]:
    """Return the problems, and how much was checked."""
    journeys, problems = read_journeys(templates)
    dbt_project = dbt_project or templates.parent / "dbt_project"
    for journey in journeys:
        of_project = partial(_project_problems, templates, journey, dbt_project)
        problems += _contained(journey.name, templates / journey.name / "journey.yaml", of_project)
    problems += _seed_problems(dbt_project)
    try:
        renderer = Renderer(templates)
        samples = read_samples(templates)
    except YamlFault as fault:
        problems.append(Problem(None, fault.file, fault.line, fault.message))
        return sorted_problems(problems), Linted(len(journeys), 0, 0)
    shared = _contained(None, templates / "_shared", partial(_shared_problems, renderer))
    files = [
        (journey, step, variant, channel, file)
        for journey in journeys
        for step in journey.steps
        for variant in step.variants
        for channel in filter(None, (step.channel, step.fallback))
        for file in _message_files(templates, renderer.brand, journey, step, variant, channel)
    ]
    problems += [problem for journey in journeys for problem in _stray_variants(templates, journey)]
    for journey, step, variant, channel, file in files:
        if not file.is_file():
            problems.append(_missing(journey, step, file))
            continue
        found = _contained(journey.name, file, partial(_source_problems, renderer, journey, file))
        if not found and not shared:
            rendered = partial(_rendered_problems, renderer, journey, step, variant, channel, file, samples)
            found = _contained(journey.name, file, rendered)
        problems += found
    return sorted_problems(problems + shared), Linted(len(journeys), len(files), len(samples))


def _contained(journey: str | None, file: Path, find: Callable[[], Iterable[Problem]]) -> list[Problem]:
    """The problems that are found of a file; whatever stops the search is one of them, and stops no other."""
    problems: list[Problem] = []
    try:
        problems.extend(find())
    except YamlFault as fault:
        problems.append(Problem(journey, fault.file, fault.line, fault.message))
    except Exception as error:
        problems.append(Problem(journey, file, None, f"cannot be checked: {unforeseen(error)}; please report it"))
    return problems


def sorted_problems(problems: list[Problem]) -> list[Problem]:
    """Each problem once, by file and line."""
    return sorted(dict.fromkeys(problems), key=lambda problem: (str(problem.file), problem.line or 0))


def _message_files(
    templates: Path, brand: Brand, journey: Journey, step: Step, variant: str | None, channel: str
) -> list[Path]:
    """The files that each required language must have, and those of further languages that exist."""
    folder = templates / journey.name
    required = [folder / message_file(step.name, channel, locale, variant) for locale in brand.locales]
    found = folder.glob(message_file(step.name, channel, "??", variant))
    return sorted({*required, *found})


def _stray_variants(templates: Path, journey: Journey) -> Iterator[Problem]:
    """Files of variants that no branch leads to: nobody would ever read them."""
    for step in journey.steps:
        variants = [variant for variant in step.variants if variant]
        for file in step_files(templates / journey.name, step.name):
            name, *rest = file.name.split(".")
            is_message = len(rest) == 4 and rest[3] in EXTENSIONS.values()
            if is_message and rest[0] not in variants:
                remedy = suggest(rest[0], variants) if variants else ": name it in `branches` of journey.yaml"
                what = f"no branch of the step {name} leads to the variant {rest[0]}"
                yield Problem(journey.name, file, None, what + remedy)


def _missing(journey: Journey, step: Step, file: Path) -> Problem:
    named_otherwise = [
        path.name
        for path in file.parent.glob(f"*{file.suffix}")
        if path.name.split(".")[0] not in {each.name for each in journey.steps}
    ]
    likely = get_close_matches(file.name, named_otherwise, n=1)
    hint = f"; is it {likely[0]}? then rename that" if likely else ""
    what = f"is missing: write the step {step.name} in this language too{hint}"
    return Problem(journey.name, file, None, what)


def _shared_problems(renderer: Renderer) -> Iterator[Problem]:
    shared = renderer.templates / "_shared"
    ways_to_leave = [_opt_out_file(way, "{}") for way in _ways_to_leave(renderer.brand)]
    for locale in renderer.brand.locales:
        for name in ("footer.{}.html", "why.{}.html", *ways_to_leave):
            file = shared / name.format(locale)
            if not file.is_file():
                yield Problem(None, file, None, "is missing: every message in this language ends with it")
    for file in sorted((*shared.glob("*.html"), *shared.glob("*.txt"))):
        yield from _source_problems(renderer, None, file)


def _source_problems(renderer: Renderer, journey: Journey | None, file: Path) -> Iterator[Problem]:
    """Problems found in the source, before anything is compiled."""
    name = journey.name if journey else None
    try:
        pieces = read_pieces(file, has_headers=journey is not None and file.suffix == ".html")
    except TemplateFault as fault:
        yield Problem(name, fault.file, fault.line, fault.message)
        return
    kinds = (("a subject", pieces.subject), ("a preheader", pieces.preheader), (_kind(file), pieces.body))
    for kind, source in kinds:
        found = grammar.faults(renderer.environment, source, file, is_shared=journey is None)
        yield from (Problem(name, fault.file, fault.line, fault.message) for fault in found)
        if not any(isinstance(fault, Unreadable) for fault in found):
            tags = markup_tags.plain_text_faults(source, kind) if kind else markup_tags.faults(source)
            yield from (Problem(name, file, line, message) for line, message in tags)
    if journey and file.suffix == ".html" and (twin := file.with_suffix(".txt")).is_file():
        yield from _source_problems(renderer, journey, twin)


def _kind(file: Path) -> str | None:
    """What a plain-text file is called in a problem; None for HTML."""
    if file.suffix == ".html":
        return None
    return "an SMS" if ".sms." in file.name else "the text of an e-mail"


def _rendered_problems(
    renderer: Renderer,
    journey: Journey,
    step: Step,
    variant: str | None,
    channel: str,
    file: Path,
    samples: dict[str, dict[str, Any]],
) -> Iterator[Problem]:
    locale = file.name.split(".")[-2]
    addresses = _ways_to_leave(renderer.brand) if channel == "sms" else {True: "sample"}
    texts: dict[bool, dict[str, str]] = {can_answer: {} for can_answer in addresses}
    for (can_answer, address), (sample_name, sample) in product(addresses.items(), samples.items()):
        due = replace(sample_due(journey, step, channel, locale, sample, variant), address=address)
        try:
            message = renderer.render(due, SAMPLE_SEND_ID, SAMPLE_CODE if step.offer else None)
        except TemplateFault as fault:
            concerns_all = fault.file.parent.name == "_shared" and locale in renderer.brand.locales
            owner = None if concerns_all else journey.name
            yield Problem(owner, fault.file, fault.line, fault.message)
            continue
        except TemplateError as error:
            yield Problem(None, renderer.templates / "_shared" / SAMPLES, None, f"{sample_name}: {error}")
            continue
        if channel == "sms":
            texts[can_answer][sample_name] = message.text
        elif step.purpose != "transactional":
            yield from _unsubscribe_problems(journey, file, message)
    # an SMS too long with one ending is so with the other: one complaint is enough
    complaints = (list(_sms_problems(journey, file, can_answer, texts[can_answer])) for can_answer in texts)
    yield from next(filter(None, complaints), [])


def _ways_to_leave(brand: Brand) -> dict[bool, str]:
    """Can be answered → a number whose SMS has such a sender, for each kind of SMS sender."""
    numbers = [*brand.sms_senders, "sample"]
    return {can_be_answered(brand.sms_sender_for(number)): number for number in reversed(numbers)}


def _opt_out_file(can_answer: bool, locale: str) -> str:
    return f"{'opt_out' if can_answer else 'opt_out_link'}.sms.{locale}.txt"


def _sms_problems(journey: Journey, file: Path, can_answer: bool, texts: dict[str, str]) -> Iterator[Problem]:
    if not texts:
        return
    strangers = non_gsm_characters("".join(texts.values()))
    for stranger in strangers:
        spelling = SMS_SPELLINGS.get(stranger, "")
        remedy = f"write {spelling}" if spelling.strip() else "leave it out"
        what = f"{stranger} (U+{ord(stranger):04X}) is not in the SMS alphabet and costs double: {remedy}"
        shared = file.parents[1] / "_shared" / _opt_out_file(can_answer, file.name.split(".")[-2])
        is_theirs = _line_with(file, stranger) is None
        owner, place = (None, shared) if is_theirs else (journey.name, file)
        yield Problem(owner, place, _line_with(place, stranger), what)
    longest = max(texts, key=lambda name: sms_parts(texts[name]))
    parts, length = sms_parts(texts[longest]), len(texts[longest])
    if parts > MAX_SMS_PARTS and not strangers:
        too_many = max(length - 153 * MAX_SMS_PARTS, 1)
        what = f"is {parts} SMS long for the sample {longest}, at most {MAX_SMS_PARTS}"
        remedy = f"with link and opt-out it has {length} characters, take out {too_many} or more"
        yield Problem(journey.name, file, None, f"{what}: {remedy}")


def _unsubscribe_problems(journey: Journey, file: Path, message: Message) -> Iterator[Problem]:
    link = message.headers["List-Unsubscribe"].strip("<>")
    remedy = 'begin the body with {% extends "_shared/email.html" %}'
    for part, text in (("HTML", message.html or ""), ("text", message.text)):
        if link not in text:
            yield Problem(journey.name, file, None, f"the {part} has no unsubscribe link: {remedy}")


def _project_problems(templates: Path, journey: Journey, dbt_project: Path) -> Iterator[Problem]:
    file, audience = templates / journey.name / "journey.yaml", f"audience_{journey.name}.sql"
    audiences = dbt_project / "models" / "audiences"
    if audiences.is_dir() and not any(audiences.rglob(audience)):
        what = f"nobody can enter: dbt_project/models/audiences/{audience} is missing"
        yield Problem(journey.name, file, None, what)
    for step in journey.steps:
        yield from _offer_problems(journey, step, file, dbt_project)
        for branch in step.branches:
            table, _, column = branch.column.partition(".")
            known = _described_columns(dbt_project / "models" / "marts" / f"{table}.yml")
            line = branch.line
            if known and column not in known:
                what = f"`{branch.column}` is no column of {table} (dbt_project/models/marts/{table}.yml)"
                yield Problem(journey.name, file, line, f"{what}{suggest(column, known)}")
            elif known and (wanted := branch.unlike(known[column])):
                yield Problem(journey.name, file, line, f"`value` must be {wanted}, as `{branch.column}` is")


def _seed_problems(dbt_project: Path) -> Iterator[Problem]:
    """Seeds that nobody can read: each may stand behind any journey."""
    for seed in sorted((dbt_project / "seeds").glob("*.csv")):
        try:
            read_seed(dbt_project, seed.stem)
        except ConfigurationError as error:
            yield Problem(None, seed, None, str(error).removeprefix(f"{seed}: "))


def _offer_problems(journey: Journey, step: Step, file: Path, dbt_project: Path) -> Iterator[Problem]:
    seed = dbt_project / "seeds" / "offers.csv"
    if not step.offer or not seed.is_file():
        return
    try:
        offers = [row["offer"] for row in read_seed(dbt_project, "offers") if row.get("offer")]
    except ConfigurationError:  # said of the seed already
        return
    if step.offer not in offers:
        what = f"`offer: {step.offer}` is not in dbt_project/seeds/offers.csv"
        line = _line_with(file, f"offer: {step.offer}")
        yield Problem(journey.name, file, line, f"{what}{suggest(step.offer, offers)}")


def _described_columns(file: Path) -> dict[str, str]:
    """The columns that a model's YAML describes, and their types; a branch may use these."""
    if not file.is_file():
        return {}
    (model,) = read_mapping(file)["models"]
    return {str(column["name"]): str(column.get("data_type", "string")) for column in model["columns"]}


def _line_with(file: Path, text: str) -> int | None:
    pattern = re.compile(re.escape(text) + (r"(?!\w)" if text[-1].isalnum() else ""))
    lines = file.read_text(encoding="utf-8-sig").split("\n")
    return next((number for number, line in enumerate(lines, start=1) if pattern.search(line)), None)
