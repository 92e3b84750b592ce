"""`stammis dbt`: any dbt command, as the last run would give it, on a copy of its warehouse."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from stammis.core.errors import InputError, WarehouseError
from stammis.core.settings import Settings, read_existing


def dbt(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was tried: copy the warehouse anew.")] = False,
) -> None:
    """Run a dbt command with the last run's vars, profile and clock on a copy of its warehouse.

    Options of ours stand before dbt's words: `stammis dbt --data demo build --select customers`.
    """
    arguments = context.args
    if not arguments:
        raise InputError("Say what dbt shall do: stammis dbt build --select customers, say, or stammis dbt --help.")
    settings = read_existing(data)
    place = settings.data / "dbt_try"
    is_new = refresh_copy(settings, place, fresh)
    typer.echo(
        f"On a copy of the warehouse, {'made now' if is_new else 'with what was tried before (--fresh copies anew)'}: "
        f"{place / 'warehouse.duckdb'}",
        err=True,
    )
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *with_variables(settings, arguments)],
        env={**os.environ, **dbt_environment(settings, place)},
        check=False,
    )
    raise typer.Exit(ran.returncode)


def refresh_copy(settings: Settings, place: Path, fresh: bool) -> bool:
    """Copy the warehouse to `place`, unless the one there was made of the same; True if it was copied.

    Raises WarehouseError where no run has built one, or while a run is building.
    """
    from stammis.warehouse import build_lock
    from stammis.warehouse.data_folder import copy_warehouse

    if not settings.warehouse.exists():
        raise WarehouseError(f"there is no {settings.warehouse} yet. Run `stammis run {settings.options}` first.")
    place.mkdir(exist_ok=True)
    stamp = place / "copied_from.json"
    with build_lock(settings):
        found = settings.warehouse.stat()
        of_this = json.dumps({"size": found.st_size, "modified_ns": found.st_mtime_ns})
        if not fresh and stamp.exists() and stamp.read_text() == of_this:
            return False
        stamp.unlink(missing_ok=True)
        copy_warehouse(settings, place / "warehouse.duckdb")
    stamp.write_text(of_this)
    return True


def with_variables(settings: Settings, arguments: list[str]) -> list[str]:
    """dbt's words with the last run's vars; those of the caller's own `--vars` win."""
    if arguments[0].startswith("-"):
        return arguments  # `--help` or `--version`: nothing is built
    last = settings.data / "dbt" / "vars.json"
    variables: dict[str, Any] = json.loads(last.read_text()) if last.exists() else {}
    rest = list(arguments)
    if "--vars" in rest[:-1]:
        from ruamel.yaml import YAML

        spot = rest.index("--vars")
        variables |= YAML(typ="safe").load(rest[spot + 1]) or {}
        del rest[spot : spot + 2]
    return [*rest, "--vars", json.dumps(variables)]


def dbt_environment(settings: Settings, place: Path) -> dict[str, str]:
    """Where dbt finds the project and leaves what it makes, whichever its command."""
    return {
        "STAMMIS_WAREHOUSE": str(place / "warehouse.duckdb"),
        "STAMMIS_MEMORY": settings.memory_limit,
        "DBT_PROJECT_DIR": str(settings.dbt_project),
        "DBT_PROFILES_DIR": str(settings.dbt_project),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
    }


def register(app: typer.Typer) -> None:
    app.command(
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
    )(dbt)
