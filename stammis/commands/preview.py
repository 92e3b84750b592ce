"""`stammis preview` and `stammis render`: messages as customers will get them, without sending any."""

import tempfile
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stammis.core.errors import StammisError
from stammis.core.settings import Settings, read_existing, read_settings

if TYPE_CHECKING:
    from stammis.rendering.previews import Choice, Person

SECONDS_BETWEEN_CHECKS = 0.4  # for changed templates, with --watch
# States in the ledger of a message that has certainly not reached a provider.
UNSENT_STATES = ("queued", "claimed", "withdrawn", "expired", "not_sent")
# How many messages of each step are expected on each day: candidates that are due or only have to wait, and that goal,
# audience, address, consent and arm do not stop. Parameters: journey or null, step or null, ids sent, last moment.
UPCOMING = """
    with waiting as (
        select
            journey, step, position,
            -- if today's contact hours are over when this was decided, the next begin tomorrow
            greatest(due_at, coalesce(retry_due_at, due_at), as_of) + case
                when hold_reason = 'quiet_hours' and hour(timezone(time_zone, timezone('UTC', as_of))) >= closes_hour
                    then interval 1 day
                else interval 0 day
            end as sends_at
        from {outbox_candidates} cross join {clock}
        where coalesce(hold_reason, 'due') in ('due', 'not_due_yet', 'quiet_hours', 'lost_to_other_journey')
            and not (is_goal_reached or is_exited or is_without_address or is_suppressed or is_without_consent)
            and not is_holdout
            and not is_muted
            and journey = coalesce(?, journey) and step = coalesce(?, step)
            and message_id not in (select unnest(cast(? as varchar[])))
    )
    select journey, step, cast(sends_at as date) as day, count(*) as count
    from waiting where sends_at <= ?
    group by all order by journey, min(position), day
"""


def register(app: typer.Typer) -> None:
    """Add both commands to the command line."""
    app.command()(preview)
    app.command()(render)


Sample = Annotated[str | None, typer.Option("--as", help="A made-up person of _shared/samples.yaml.")]
Locale = Annotated[str | None, typer.Option(help="Only this language, such as sv.")]
Templates = Annotated[Path | None, typer.Option(help="The templates folder; by default the project's own.")]


def preview(
    journey: Annotated[str | None, typer.Argument(help="The journey; by default every one.")] = None,
    step: Annotated[str | None, typer.Option(help="Only this step.")] = None,
    locale: Locale = None,
    sample: Sample = None,
    data: Annotated[Path | None, typer.Option(help="A run's data folder: shows who gets it in 7 days, too.")] = None,
    customer: Annotated[str | None, typer.Option(help="A real customer of --data, shown masked.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show each change when it is saved, until Ctrl-C.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
    templates: Templates = None,
) -> None:
    """Show every message on one page, rendered by the same code that sends it."""
    from stammis.rendering.previews import Choice, choose_journeys, choose_sample

    settings = (read_existing if data else read_settings)(data, templates=templates)
    choice = Choice(journey, step, locale=locale)
    choose_journeys(settings.templates, choice)  # raises for an unknown name before anything slow is done
    if customer and not data:
        raise StammisError("whose customer? Name the data folder, as in --data demo")
    person = _find_person(settings, customer) if customer else choose_sample(settings.templates, sample)
    upcoming = _upcoming_table(settings, choice) if data else _note_without_data(choice)
    folder = settings.previews if data else Path(tempfile.mkdtemp(prefix="stammis-preview-"))
    for updates, (page, problems) in enumerate(_write_pages(settings, folder, choice, person, upcoming, watch)):
        typer.echo(str(page) if updates == 0 else "changed, shown again")
        for problem in dict.fromkeys(problems):
            typer.echo(f"to mend: {problem}")
        if updates == 0 and not no_open:
            webbrowser.open(page.as_uri())


def render(
    journey: Annotated[str, typer.Argument(help="The journey.")],
    step: Annotated[str, typer.Argument(help="The step.")],
    channel: Annotated[str | None, typer.Option(help="email or sms; by default the step's own.")] = None,
    locale: Locale = None,
    variant: Annotated[str | None, typer.Option(help="The wording a branch leads to.")] = None,
    sample: Sample = None,
    out: Annotated[Path | None, typer.Option(help="The file to write; by default it is printed.")] = None,
    templates: Templates = None,
) -> None:
    """Write one message to the screen or a file: an e-mail's HTML, an SMS's text."""
    from stammis.rendering.previews import Choice, choose_sample, write_one

    settings = read_settings(templates=templates)
    person = choose_sample(settings.templates, sample)
    choice = Choice(journey, step, channel, locale)
    message = write_one(settings.templates, settings.dbt_project, choice, variant, person)
    content = message.html or message.text + "\n"
    if out:
        try:
            out.write_text(content, encoding="utf-8")
        except OSError as error:
            raise StammisError(f"{out} cannot be written ({error.strerror}): name another file") from None
        typer.echo(f"{out}: {message.subject or 'a text message'}")
    else:
        typer.echo(content, nl=False)


def _write_pages(
    settings: Settings, folder: Path, choice: "Choice", person: "Person", upcoming: str, is_watched: bool
) -> Iterator[tuple[Path, list[str]]]:
    """Write the page; yield its path and the problems on it. If watched, again after each change, until Ctrl-C."""
    from stammis.rendering.preview_page import write_preview
    from stammis.rendering.previews import stamp, write_messages

    shown_version = ""
    try:
        while True:
            version = stamp(settings.templates)
            if version != shown_version:
                shown_version, summary = version, f"To {person.name}, as a phone shows it."
                try:
                    drafts = list(write_messages(settings.templates, settings.dbt_project, choice, person))
                    problems = [draft.problem for draft in drafts if draft.problem]
                except StammisError as error:
                    if not is_watched:
                        raise
                    drafts, problems, summary = [], [str(error)], f"This must be mended first: {error}"
                yield write_preview(folder, drafts, summary, version, upcoming, is_watched), problems
            if not is_watched:
                return
            time.sleep(SECONDS_BETWEEN_CHECKS)
    except KeyboardInterrupt:
        return


def _note_without_data(choice: "Choice") -> str:
    """HTML of a sentence in place of the table: how to name the data folder that it needs."""
    from stammis.rendering.preview_page import note

    example = f"stammis preview {choice.journey or ''}".rstrip()
    return note(f"Who gets it in the next seven days? Name a run's data folder, as in: {example} --data demo")


def _upcoming_table(settings: Settings, choice: "Choice") -> str:
    """HTML of who gets what in the next days: a table, or a sentence where nothing is published or nobody is due."""
    from stammis.rendering.preview_page import DAYS, days_table, note
    from stammis.rendering.previews import Upcoming, counted_by_step
    from stammis.warehouse import published

    if not (settings.published / "current").exists():
        return note(f"Who gets it in the next seven days? Nothing is published in {settings.data} yet: stammis run.")
    clock = published.rows(settings, "select as_of from {clock}")[0]["as_of"]
    parameters = [choice.journey, choice.step, _ids_sent(settings), clock + timedelta(days=DAYS)]
    found = published.rows(settings, UPCOMING, parameters)
    if not found:
        return note("Nobody gets it in the next seven days, as things stood at the last run.")
    return days_table(counted_by_step([Upcoming(**row) for row in found]), clock.date())


def _ids_sent(settings: Settings) -> list[str]:
    """The ids of messages that were due in the last run and have been sent since, or may have been (in doubt)."""
    from stammis.ledger import LedgerReader
    from stammis.ledger.reader import ROWS_AT_A_TIME
    from stammis.warehouse import published

    if not settings.ledger.exists():
        return []
    due = published.rows(settings, "select message_id from {outbox_candidates} where hold_reason is null")
    ids = [row["message_id"] for row in due]
    with LedgerReader(settings.ledger) as ledger:
        parts = [ledger.states_of(ids[at : at + ROWS_AT_A_TIME]) for at in range(0, len(ids), ROWS_AT_A_TIME)]
    return [message_id for part in parts for message_id, (state, _) in part.items() if state not in UNSENT_STATES]


def _find_person(settings: Settings, text: str) -> "Person":
    """A real customer as a Person: name and address masked, with their rows of the outbox.

    Raises StammisError if the text belongs to no customer, or to several.
    """
    from stammis.customers import find_customer
    from stammis.rendering.previews import STAND_IN, Person, masked_address, masked_name
    from stammis.warehouse import published

    found = find_customer(settings, text)
    customer_id = found["customer_id"]
    names = {name: masked_name(found[name]) for name in ("first_name", "last_name")}
    context: dict[str, Any] = {"customer": names, "order": None, "membership": None}
    if found["last_kept_order_id"]:
        context["order"] = _last_order(settings, found["last_kept_order_id"])
    if published.has_table(settings, "memberships"):
        columns = "tier, next_tier, points_balance, points_to_next_tier"
        query = f"select {columns} from {{memberships}} where customer_id = ?"
        context["membership"] = next(iter(published.rows(settings, query, [customer_id])), None)
    run_id = published.current_run(settings)
    ids = published.rows(settings, "select message_id from {outbox} where customer_id = ?", [customer_id])
    rows = published.read_due(settings, run_id, [row["message_id"] for row in ids]) if ids else []
    shown_name = (names["first_name"] or "somebody without a name").replace(STAND_IN, "***")
    person = Person(f"{shown_name} ({customer_id}, {masked_address(found['email'])})", context)
    return replace(person, rows={(row.journey, row.step): row for row in rows})


def _last_order(settings: Settings, order_id: str) -> dict[str, Any] | None:
    """An order as templates know it, by the names `order` has there; None if it is not published."""
    from stammis.warehouse import published

    query = "select ordered_at, order_channel, top_product from {orders} where order_id = ?"
    for row in published.rows(settings, query, [order_id]):
        day = row["ordered_at"].date().isoformat()
        return {"ordered_date": day, "channel": row["order_channel"], "product": row["top_product"]}
    return None
