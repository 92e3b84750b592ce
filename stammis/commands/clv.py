"""`stammis fit-clv`: what customers are expected to bring in the next year, fitted on the shop's own orders."""

from pathlib import Path
from typing import Annotated

import typer

from stammis.core.settings import read_existing


def fit_clv(
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
) -> None:
    """Fit how often customers buy and what they spend, score everybody, and say how well it foretells."""
    from stammis.commands.console import open_console
    from stammis.customers.valuation import value_customers

    console = open_console()
    settings = read_existing(data)
    with console.status("Fitting on the published orders …"):
        fit = value_customers(settings)
    console.print(f"As of {fit.fitted_at:%Y-%m-%d %H:%M} UTC: {fit}.")
    console.print(f"  how often they buy    r {fit.r:.4g}, alpha {fit.alpha:.4g} weeks", style="dim")
    console.print(f"  how likely they leave a {fit.a:.4g}, b {fit.b:.4g}", style="dim")
    console.print(f"  what they spend       p {fit.p:.4g}, q {fit.q:.4g}, v {fit.v:.4g} usual orders", style="dim")
    console.print(f"Kept in {settings.valuations}; the next run puts it into the marts.")


def register(app: typer.Typer) -> None:
    app.command("fit-clv")(fit_clv)
