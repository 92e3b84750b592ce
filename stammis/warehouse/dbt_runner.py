"""The only home of dbt: it compiles the project for ticks, and builds where it is asked to or must."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from stammis.core.errors import WarehouseError
from stammis.core.settings import Settings
from stammis.core.sql import copy_to
from stammis.core.types import Node
from stammis.warehouse import project as projects
from stammis.warehouse.project import Project
from stammis.warehouse.project_files import copied, key_of, reads_elsewhere

Dbt = Callable[[list[str]], Any]  # whoever runs dbt for us: plain in a command, Prefect's runner in a flow
COMPILED_ONLY = ("--no-populate-cache", "--no-introspect")  # compiling asks no warehouse anything


def plain_dbt() -> Dbt:
    """dbt in this process; importing it costs seconds, so it waits until a build begins."""
    from dbt.cli.main import dbtRunner

    runner = dbtRunner()
    return lambda words: runner.invoke(["--log-level", "none", "--log-level-file", "info", *words])


def build(settings: Settings, dbt: Dbt, variables: Mapping[str, Any], selection: list[str]) -> list[Node]:
    """What became of each node of a `dbt build`. Raises WarehouseError where dbt cannot begin."""
    words = [*selection, *_places(settings), "--vars", json.dumps(variables)]
    with _environment(settings, settings.warehouse):
        outcome = dbt(["--quiet", "--no-use-colors", "build", *words])
        _close_connections()
    if outcome.exception is not None:
        raise WarehouseError(f"dbt could not start: {outcome.exception}. See {settings.data / 'dbt' / 'logs'}.")
    return [_node(result) for result in outcome.result]


def compile_project(settings: Settings, variables: Mapping[str, Any]) -> Project:
    """The project ready to execute, compiled now unless that was done before.

    It has a refusal instead where only dbt can build it: a node that does not compile, which `dbt build` contains and
    `dbt compile` does not, or one that is materialised in a way the executor does not know.
    """
    if reads_elsewhere(settings.dbt_project):
        return Project(Path(), refusal="it reads files outside its folder, of whose changes nobody would know")
    known = projects.find(settings, key_of(settings, variables))
    if known:
        return known
    dbt = plain_dbt()
    # a thread of dbt may still be writing a file when dbt gives up
    with tempfile.TemporaryDirectory(prefix="stammis-compile-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        settings = copied(settings, place / "project")  # what is kept under the key is what the key is of
        key = key_of(settings, variables)
        words = [*_places(settings, place), "--vars", json.dumps(variables)]
        file = place / settings.warehouse.name  # the database is named after the file, and compiled SQL names it
        with _environment(settings, file):
            compiled = dbt(["--quiet", "--no-use-colors", "compile", *COMPILED_ONLY, *words])
            if not compiled.success:
                return projects.keep_refusal(settings, key, f"dbt could not compile it: {_first_line(compiled)}")
            manifest = json.loads((place / "target" / "manifest.json").read_text(encoding="utf-8"))
            profile = projects.refusal_of_profile(settings.dbt_project / "profiles.yml")
            if refusal := projects.refusal_of(manifest) or profile:
                return projects.keep_refusal(settings, key, refusal)
            seeded = dbt(["--quiet", "--no-use-colors", "seed", *words])
            _close_connections()
        if not seeded.success:
            return projects.keep_refusal(settings, key, f"dbt could not load a seed: {_first_line(seeded)}")
        return projects.keep(settings, key, manifest, _seeds(file, manifest, place))


def _first_line(outcome: Any) -> str:
    failed = [result.message for result in outcome.result or () if str(result.status) not in ("success", "pass")]
    return " ".join(str(outcome.exception or (failed or [""])[0]).split())[:300]


def _seeds(file: Path, manifest: Mapping[str, Any], place: Path) -> dict[str, Path]:
    """Each seed as Parquet, with the types that dbt gave its columns."""
    seeds = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "seed"}
    with duckdb.connect(str(file), read_only=True) as database:
        for name, node in seeds.items():
            relation = f'"{node["schema"]}"."{node["alias"]}"'
            database.execute(copy_to(f"select * from {relation}", place / f"{name}.parquet"))
    return {name: place / f"{name}.parquet" for name in seeds}


def _places(settings: Settings, place: Path | None = None) -> list[str]:
    place = place or settings.data / "dbt"
    project = ["--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project)]
    return [*project, "--target-path", str(place / "target"), "--log-path", str(place / "logs")]


@contextmanager
def _environment(settings: Settings, warehouse: Path) -> Iterator[None]:
    """What profiles.yml reads; what stood there before stands there afterwards."""
    ours = {"STAMMIS_WAREHOUSE": str(warehouse), "STAMMIS_MEMORY": settings.memory_limit}
    before = {name: os.environ.get(name) for name in ours}
    os.environ |= ours
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _close_connections() -> None:
    """dbt keeps the file open for a next command; the next to open it may be somebody else."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


def _node(result: Any) -> Node:
    return Node(
        unique_id=result.node.unique_id,
        name=result.node.name,
        status=str(result.status),
        count=int(result.failures or 0),
        message=str(result.message or ""),
    )
