"""`stammis erase`: forget one person everywhere, and show that nothing is left."""

from pathlib import Path
from typing import Annotated

import typer

from stammis.core.errors import StammisError
from stammis.core.settings import Settings, read_existing

PATIENCE_SECONDS = 600  # a run that is at work may end first


def register(app: typer.Typer) -> None:
    app.command("erase")(erase_person)


def erase_person(
    customer: Annotated[str, typer.Argument(help="A customer id, e-mail address, phone number, card or shop id.")],
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
    landing: Annotated[Path | None, typer.Option(help="The sources' exports. Default: DATA/landing.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only look where an address or number still stands.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Who was erased comes back: read this address again.")] = False,
) -> None:
    """Forget one person everywhere: contact data goes, orders and sums stay without them. It cannot be undone."""
    settings = read_existing(data, landing)
    if check:
        look(settings, customer)
    elif lift:
        come_back(settings, customer)
    else:
        forget(settings, customer, yes)


def forget(settings: Settings, customer: str, yes: bool) -> None:
    from stammis.privacy import erasure
    from stammis.privacy.person import find_person, keys_meant
    from stammis.privacy.request import open_requests
    from stammis.warehouse import build_lock

    if open_requests(settings):
        with build_lock(settings, patience_seconds=PATIENCE_SECONDS):
            finished = erasure.finish_open(settings)
        for request in finished:
            typer.echo(f"An interrupted erasure is finished.\n{erasure.summary(request)}")
        meant = {customer.strip(), *keys_meant(settings, customer)}
        if any(meant & {*request.person.customer_ids, *request.person.own} for request in finished):
            return
    person = find_person(settings, customer)
    if not yes:
        known = f"{len(person.own)} addresses, cards and ids that are theirs alone"
        shared = f", {len(person.shared)} they share with others" if person.shared else ""
        typer.confirm(f"Forget customer {person.customer_id}, {known}{shared}? It cannot be undone.", abort=True)
    with build_lock(settings, patience_seconds=PATIENCE_SECONDS):
        done = erasure.finish(settings, erasure.request_erasure(settings, person))
    typer.echo(erasure.summary(done))
    typer.echo(f"To see it: stammis erase ADDRESS --check {settings.options}")


def look(settings: Settings, text: str) -> None:
    from stammis.core.identifiers import read_numbering
    from stammis.intake.person_keys import words_of
    from stammis.privacy.person import keys_meant
    from stammis.privacy.places import look_everywhere

    codes = read_numbering(settings.dbt_project).codes
    kinds = ("email",) if "@" in text else ("email", "phone") if text.strip()[:1] in "+0" else ("member_card",)
    words = words_of(keys_meant(settings, text), list(codes.values()), kinds)
    is_erased_id = _is_erased_id(settings, text)
    looked = list(look_everywhere(settings, words, is_id=is_erased_id))
    left, staying = ([hit for hit in looked if hit and hit.stays == stays] for stays in (False, True))
    for hit in left:
        typer.echo(f"  {hit.file}" + ("" if hit.place else "  (no declared place: see docs/data_engineers.md)"))
    typer.echo(f"It stands in {len(left)} of {len(looked):,} files.")
    if staying:
        why = "an id that leads to nobody" if is_erased_id else "a demo's own files, not yours to erase"
        typer.echo(f"Stays by design, {why}: {len(staying)}")
    for hit in staying:
        typer.echo(f"  {hit.file}")
    if is_erased_id:
        typer.echo("This looked for the id alone. Look for each address, number and card of theirs, too.")
    if left:
        raise typer.Exit(1)


def _is_erased_id(settings: Settings, text: str) -> bool:
    from stammis.ledger.erasure import open_for_erasure

    if not settings.ledger.exists():
        return False
    with open_for_erasure(settings) as ledger:
        return ledger.erased_at(text.strip()) is not None


def come_back(settings: Settings, text: str) -> None:
    from stammis.core.tombstones import SALT, tombstone
    from stammis.ledger.erasure import open_for_erasure
    from stammis.privacy.person import keys_meant

    secret = settings.derived_key(SALT)
    with open_for_erasure(settings) as ledger:
        lifted = ledger.lift({tombstone(secret, key) for key in keys_meant(settings, text)})
    if not lifted:
        raise StammisError("no tombstone has that address, number or id: nobody erased had it alone.")
    typer.echo("From the next run on, exports that bring it are read again. What was erased stays erased.")
