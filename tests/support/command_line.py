"""The command line inside this process, as typer's own runner types it."""

from typing import Any

from typer.testing import CliRunner, Result

from stammis.commands import typer_app


def invoke(*words: object, **options: Any) -> Result:
    """One command; an error of it is the result's `exception`, or is raised with `catch_exceptions=False`."""
    return CliRunner().invoke(typer_app, [str(word) for word in words], **options)
