"""`stammis export`: everything held about one person, to hand over."""

from pathlib import Path
from typing import Annotated

import typer

from stammis.core.errors import StammisError
from stammis.core.settings import read_existing


def register(app: typer.Typer) -> None:
    app.command("export")(export_person)


def export_person(
    customer: Annotated[str, typer.Argument(help="A customer id, e-mail address, phone number, card or shop id.")],
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
    landing: Annotated[Path | None, typer.Option(help="The sources' exports. Default: DATA/landing.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="A new folder for it. Default: personal_data_<customer id>/ here.")
    ] = None,
) -> None:
    """Write everything held about one person: person.json for machines, index.html to read. Changes nothing."""
    from stammis.privacy.personal_data import collect_personal_data, write_personal_data
    from stammis.warehouse import build_lock

    settings = read_existing(data, landing)
    with build_lock(settings, patience_seconds=600):  # the landed rows must be those that were taken in
        held = collect_personal_data(settings, customer)
    folder = (out or Path(f"personal_data_{held['customer_id']}")).resolve()
    if settings.data == folder or settings.data in folder.parents:
        raise StammisError(f"{folder} is in the data folder, where an erasure would not find it: name another --out.")
    if folder.exists() and any(folder.iterdir()):
        raise StammisError(f"{folder} is not empty: name another --out.")
    _, index = write_personal_data(held, folder)
    rows = sum(len(table) for table in held["published"].values())
    spoken = len(held["ledger"]["messages"])
    typer.echo(
        f"Customer {held['customer_id']}: {len(held['exports'])} rows of exports, {rows} rows made of them, "
        f"{spoken} messages. Read {index}; person.json beside it has the same."
    )
    typer.echo("It is personal data: hand it over safely, then delete it.")
