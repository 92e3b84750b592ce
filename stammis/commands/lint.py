"""stammis lint: can every journey be read and every message rendered?"""

from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("lint")(lint)


Templates = Annotated[Path | None, typer.Option(help="The templates folder; by default the project's own.")]


def lint(templates: Templates = None) -> None:
    """Check journeys and messages: seconds, no warehouse. Exit code 1 when something must be mended."""
    from stammis.core.settings import PROJECT, read_settings
    from stammis.rendering.linting import lint_and_count

    folder = read_settings(templates=templates).templates
    problems, linted = lint_and_count(folder, PROJECT / "dbt_project")
    if not problems:
        typer.echo(
            f"All is well: {linted.journeys} journeys, {linted.messages} messages, "
            f"each written to {linted.samples} made-up people."
        )
        return
    for journey, found in groupby(sorted(problems, key=_by_journey), key=lambda problem: problem.journey):
        typer.echo(f"{journey} is held:" if journey else "Every journey is held:")
        for problem in found:
            line = f":{problem.line}" if problem.line else ""
            typer.echo(f"  {_near(problem.file)}{line}: {problem.message}")
    typer.echo(f"{len(problems)} to mend.")
    raise typer.Exit(1)


def _by_journey(problem: object) -> str:
    return getattr(problem, "journey", None) or ""


def _near(file: Path) -> Path:
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
