"""`stammis why`: why somebody got a message, or did not, rule by rule."""

from pathlib import Path
from typing import Annotated

import typer

from stammis.core.settings import read_existing


def why(
    customer: Annotated[str, typer.Argument(help="A customer id, e-mail address, phone number, card or shop id.")],
    journey: Annotated[str | None, typer.Option(help="Only this journey.")] = None,
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
) -> None:
    """Say for each journey whether this customer got it, and every rule with its value."""
    from stammis.commands.console import bold, open_console
    from stammis.customers import explain, find_customer
    from stammis.customers.explanation import summary

    console = open_console()
    settings = read_existing(data)
    person = find_customer(settings, customer)
    name = " ".join(part for part in (person["first_name"], person["last_name"]) if part) or "no name known"
    console.print(bold(person["customer_id"], f" ({name})"))
    console.print(summary(settings, person))
    for line in explain(settings, person, journey):
        console.print(line)


def register(app: typer.Typer) -> None:
    app.command()(why)
