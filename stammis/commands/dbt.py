"""`stammis dbt`: any dbt command with the last run's vars and clock, on a copy of the warehouse it built."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from stammis.core.damage import read_json
from stammis.core.errors import InputError, WarehouseError
from stammis.core.settings import Settings, read_existing


def dbt(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="The run's data folder. Default: data/.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Copy the warehouse again, without what dbt built.")] = False,
) -> None:
    """Run a dbt command with the last run's vars, profile and clock on a copy of its warehouse.

    Stammis's own options come before the dbt command: `stammis dbt --data demo build --select customers`.
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
    """Copy the warehouse to `place`, unless the copy there was made of the same version. Returns whether it copied.

    The same version has the same size and time of change; `fresh` copies in any case. Raises WarehouseError where no
    run has built a warehouse, or while a run is building.
    """
    from stammis.warehouse import build_lock
    from stammis.warehouse.data_folder import copy_warehouse

    if not settings.warehouse.exists():
        raise WarehouseError(f"there is no {settings.warehouse} yet. Run `stammis run {settings.options}` first.")
    place.mkdir(exist_ok=True)
    stamp = place / "copied_from.json"
    with build_lock(settings):
        found = settings.warehouse.stat()
        version = json.dumps({"size": found.st_size, "modified_ns": found.st_mtime_ns})
        if not fresh and stamp.exists() and stamp.read_text() == version:
            return False
        stamp.unlink(missing_ok=True)  # a copy cut short must not pass for a whole one
        copy_warehouse(settings, place / "warehouse.duckdb")
    stamp.write_text(version)
    return True


def with_variables(settings: Settings, arguments: list[str]) -> list[str]:
    """Return dbt's arguments with the last run's vars as `--vars`; a value in the caller's own `--vars` wins."""
    if arguments[0].startswith("-"):
        return arguments  # `--help` or `--version`: without a subcommand dbt takes no --vars
    last = "dbt/vars.json"
    variables: dict[str, Any] = read_json(settings.data, last) if (settings.data / last).exists() else {}
    others = list(arguments)
    others = [part for each in others for part in (each.split("=", 1) if each.startswith("--vars=") else [each])]
    if "--vars" in others[:-1]:
        from ruamel.yaml import YAML

        at = others.index("--vars")
        variables |= YAML(typ="safe").load(others[at + 1]) or {}
        del others[at : at + 2]
    return [*others, "--vars", json.dumps(variables)]


def dbt_environment(settings: Settings, place: Path) -> dict[str, str]:
    """Return the variables that tell dbt, whatever its command, where the project is and where to write."""
    return {
        "STAMMIS_WAREHOUSE": str(place / "warehouse.duckdb"),
        "STAMMIS_MEMORY": settings.memory_limit,
        "DBT_PROJECT_DIR": str(settings.dbt_project),
        "DBT_PROFILES_DIR": str(settings.dbt_project),
        "DBT_TARGET_PATH": str(place / "target"),
        "DBT_LOG_PATH": str(place / "logs"),
    }


def register(app: typer.Typer) -> None:
    """Add the command. Everything from dbt's subcommand on is left to dbt, options too."""
    app.command(
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
    )(dbt)
