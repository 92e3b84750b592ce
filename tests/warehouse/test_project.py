"""A compiled project is kept until something changes that dbt would read, and refused where only dbt can build it."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stammis.core.settings import Settings
from stammis.warehouse import dbt_runner, project_files
from stammis.warehouse import project as projects
from tests.support.places import DBT_PROJECT

VARIABLES = {"journeys": ["win_back"], "branches": []}


def node(unique_id: str, *parents: str, **changes: Any) -> dict[str, Any]:
    kind, _, name = unique_id.split(".")
    config = {
        "materialized": "test" if kind == "test" else "table",
        "meta": {},
        "severity": "warn",
        "fail_calc": "count(*)",
        "warn_if": "!= 0",
        "error_if": "!= 0",
        "limit": None,
        "store_failures_as": "table",
        **changes.pop("config", {}),
    }
    return {
        "unique_id": unique_id,
        "name": name,
        "alias": name,
        "schema": "marts",
        "resource_type": kind,
        "original_file_path": f"models/{name}.sql",
        "compiled_code": "select 1",
        "depends_on": {"nodes": list(parents)},
        "columns": {},
        "meta": {},
        "tags": [],
        "config": config,
        **changes,
    }


def manifest(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"nodes": {each["unique_id"]: each for each in nodes}, "child_map": {}}


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """A project of one's own, with its cache."""
    shutil.copytree(DBT_PROJECT, tmp_path / "dbt_project")
    places = {"data": tmp_path / "data", "landing": tmp_path / "landing", "project": tmp_path}
    return Settings(**places, dbt_project=tmp_path / "dbt_project")


def test_the_key_changes_with_whatever_dbt_reads(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [project_files.key_of(own, VARIABLES)]

    def has_changed() -> bool:
        keys.append(project_files.key_of(own, VARIABLES))
        return len(set(keys)) == len(keys)

    (own.dbt_project / "seeds" / "caps.csv").write_text("changed")
    assert has_changed()
    (own.dbt_project / "models" / "marts" / "new.sql").touch()
    assert has_changed()
    (own.dbt_project / "models" / "marts" / "new.sql").rename(own.dbt_project / "models" / "marts" / "newer.sql")
    assert has_changed()
    monkeypatch.setattr(project_files, "version", lambda name: "2.0")
    assert has_changed()
    assert project_files.key_of(own, {**VARIABLES, "journeys": []}) not in keys
    (own.dbt_project / "models" / "marts" / "logs").mkdir()
    (own.dbt_project / "models" / "marts" / "logs" / "model.sql").write_text("select {{ env_var('SHOP', '') }}")
    assert has_changed()
    monkeypatch.setenv("SHOP", "lindvall")
    assert has_changed()
    (own.dbt_project / "macros" / "asked.sql").write_text("{{ env_var(name) }}")
    assert has_changed()
    monkeypatch.setenv("ANOTHER", "1")
    assert has_changed(), "a name made up on the way may be any"
    (own.dbt_project / "target").mkdir()
    (own.dbt_project / "target" / "manifest.json").touch()
    assert project_files.key_of(own, VARIABLES) == keys[-1], "what dbt writes is not what it reads"


def test_what_was_kept_is_found_by_every_data_folder_of_the_checkout(own: Settings) -> None:
    compiled = manifest(node("model.stammis.a"), node("test.stammis.check", "model.stammis.a"))
    kept = projects.keep(own, "key", compiled, {})
    found = projects.find(replace(own, data=own.project / "another"), "key")
    assert found == kept
    assert [step.name for step in kept.steps] == ["a", "check"]
    assert projects.find(own, "other key") is None


def test_a_checkout_nobody_may_write_keeps_it_in_the_data_folder(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own.project / ".stammis_cache").touch()  # a file in the way, since root may write everywhere
    kept = projects.keep(own, "key", manifest(node("model.stammis.a")), {})
    assert kept.folder.is_relative_to(own.data)
    assert projects.find(own, "key") == kept


def test_a_damaged_one_is_made_again(own: Settings) -> None:
    compiled = manifest(node("model.stammis.a"))
    kept = projects.keep(own, "key", compiled, {})
    for damaged in ("{", "{}", "[]", '{"steps": [{}], "lineage": {}, "refusal": ""}'):
        (kept.folder / "project.json").write_text(damaged)
        assert projects.find(own, "key") is None
        assert projects.keep(own, "key", compiled, {}) == projects.find(own, "key") == kept


def test_what_is_edited_while_dbt_compiles_is_not_kept_for_the_old_files(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = own.dbt_project / "seeds" / "caps.csv"
    read: list[str] = []

    def compiling(words: list[str]) -> Any:
        """Fails, which is kept, too."""
        folder = Path(words[words.index("--project-dir") + 1])
        seed.write_text("edited meanwhile")
        read.append((folder / "seeds" / "caps.csv").read_text())
        return SimpleNamespace(success=False, exception=None, result=[])

    monkeypatch.setattr(dbt_runner, "plain_dbt", lambda: compiling)
    before, key = seed.read_text(), project_files.key_of(own, VARIABLES)
    assert dbt_runner.compile_project(own, VARIABLES).refusal
    assert read == [before]
    assert projects.find(own, key) is not None
    assert projects.find(own, project_files.key_of(own, VARIABLES)) is None


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("dbt_project.yml", 'model-paths: ["../models"]', True),
        ("dbt_project.yml", "model-paths: [/srv/models]", True),
        ("packages.yml", "packages:\n  - local: ../ours", True),
        ("packages.yml", "packages:\n  - package: dbt-labs/dbt_utils", False),
        ("dbt_project.yml", "model-paths: [models]  # staging/ first", False),
    ],
)
def test_a_project_that_reads_outside_its_folder_is_known(own: Settings, file: str, text: str, expected: bool) -> None:
    (own.dbt_project / file).write_text(text)
    assert project_files.reads_elsewhere(own.dbt_project) == expected


def test_the_project_of_ours_reads_nothing_outside() -> None:
    assert not project_files.reads_elsewhere(DBT_PROJECT)


def test_two_who_compile_the_same_at_once_both_have_it(own: Settings) -> None:
    compiled = manifest(node("model.stammis.a"))
    assert projects.keep(own, "key", compiled, {}) == projects.keep(own, "key", compiled, {})
    cache = own.project / ".stammis_cache" / "compiled"
    assert [path.name for path in cache.iterdir()] == ["key"], "the second leaves nothing behind"


def test_only_the_projects_used_lately_are_kept(own: Settings) -> None:
    for number in range(projects.KEPT + 3):
        projects.keep_refusal(own, f"key_{number}", "why")
        assert projects.find(own, "key_0") is not None, "it is asked for again and again"
    assert projects.find(own, "key_1") is None


def test_a_node_waits_for_its_parents_and_for_the_checks_on_all_above_it() -> None:
    nodes = (
        node("model.stammis.c", "model.stammis.b", tags=["phase_2"]),
        node("model.stammis.b", "model.stammis.a", "model.stammis.other"),
        node("test.stammis.of_a", "model.stammis.a"),
        node("test.stammis.of_both", "model.stammis.a", "model.stammis.other"),
        node("test.stammis.of_nothing"),
        node("test.stammis.of_c", "model.stammis.c"),
        node("model.stammis.other"),
        node("model.stammis.a"),
    )
    steps = {step.name: step for step in projects._in_order(manifest(*nodes))}
    assert set(steps["b"].waits_for) == {
        "model.stammis.a",
        "model.stammis.other",
        "test.stammis.of_a",
        "test.stammis.of_both",
    }
    assert steps["of_both"].waits_for == ("model.stammis.a", "model.stammis.other")
    done: set[str] = set()
    for step in steps.values():
        assert done.issuperset(step.waits_for), step.name
        done.add(step.unique_id)
    assert {name for name, step in steps.items() if step.phase == 2} == {"c", "of_c"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config": {"materialized": "incremental"}}, "model a is materialised as incremental"),
        ({"config": {"materialized": "ephemeral"}}, "model a is materialised as ephemeral"),
        ({"config": {"post-hook": [{"sql": "grant"}]}}, "model a has a hook or a header"),
        ({"language": "python"}, "model a is written in python"),
        ({"constraints": [{"type": "primary_key"}]}, "model a has constraints or quoted columns"),
        ({}, ""),
    ],
    ids=str,
)
def test_what_only_dbt_can_build_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    assert projects.refusal_of(manifest(node("model.stammis.a", **changes))) == said


def test_a_hook_of_the_project_is_refused_and_an_analysis_is_not_built() -> None:
    hook = node("operation.stammis.hook")
    assert projects.refusal_of(manifest(hook)) == "it has a hook (on-run-start or on-run-end)"
    analysis = node("analysis.stammis.look", "model.stammis.a", config={"materialized": "view"})
    compiled = manifest(node("model.stammis.a"), analysis)
    assert projects.refusal_of(compiled) == ""
    assert [step.name for step in projects._in_order(compiled)] == ["a"]


CLOCK = '"shop"."run"."clock"'
KNOWN_AT = f"(select known.as_of from {CLOCK} as known)"
KNOWN = f"happened_at <= {KNOWN_AT} and received_at <= {KNOWN_AT}"
LOOK = f"(select clock.as_of from {CLOCK} as clock)"


def said(kind: str, query: str = "select a") -> str:
    looks = " for [1]" if kind == "holds" else ""
    return f"/* {kind} until [it turns]{looks}: {query} where moment > {LOOK} */"


@pytest.mark.parametrize(
    ("sql", "turns", "is_silent"),
    [
        ("select 1", "never", False),
        (f"select (select salted.salt from {CLOCK} as salted)", "never", False),
        (f"select {LOOK}", "any time", True),
        (f"select {LOOK}, (select salted.salt from {CLOCK} as salted)", "any time", True),
        (f"select * from f where {KNOWN}", "any time", True),
        (f"{said('known')} select * from f where {KNOWN}", "at its moments", False),
        (f"{said('known')} select {LOOK} from f where {KNOWN}", "any time", True),
        (f"{said('holds')} select {LOOK} from f where {KNOWN}", "any time", True),
        (f"{said('holds')} select {LOOK} from f", "at its moments", False),
        (f"{said('holds')} select {LOOK}, {LOOK} from f", "any time", True),  # one of them tells no moment
        (f"{said('known')} {said('holds')} select {LOOK} from f where {KNOWN}", "at its moments", False),
        (f"{said('known')} select * from f where {KNOWN} union all select * from g where {KNOWN}", "any time", True),
        (f"{said('decides')} select {LOOK} from f", "any time", False),
        (f"/* decides nothing: why */ select {LOOK} from f", "any time", False),
    ],
)
def test_a_model_is_left_standing_only_if_it_says_until_when_for_each_look_at_the_clock(
    sql: str, turns: str, is_silent: bool
) -> None:
    known = projects.said_of_time(sql)
    assert (known["turns"], known["is_silent"]) == (turns, is_silent)


@pytest.mark.parametrize(
    ("sql", "is_unseen"),
    [
        ('select * from "w"."marts"."orders"', False),
        ("select * from marts.orders as orders where name = 'from marts.secrets'", False),
        ("with o as (select 1 as a) select extract(hour from o.a), a is distinct from o.a from o", False),
        ("select * from seeds.caps", True),
        ("select * from read_csv('/elsewhere.csv')", True),
        ("select * from '/elsewhere.parquet'", True),
        ("select now(), 1", True),
        ("select current_date", True),
        ("select random()", True),
        ("select (select as_of from run.clock)", True),
        ("-- from seeds.caps\nselect 1 /* random() */", False),
    ],
)
def test_what_dbt_does_not_know_of_is_seen(sql: str, is_unseen: bool) -> None:
    assert projects.reads_unseen(sql, ['"marts"."orders"']) == is_unseen


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("settings: {TimeZone: UTC, memory_limit: 2GB, preserve_insertion_order: false}", ""),
        ("settings: {integer_division: true}", "profiles.yml sets integer_division"),
        ("settings: {TimeZone: Europe/Stockholm}", "profiles.yml sets TimeZone"),
        ("extensions: [spatial]", "profiles.yml sets extensions"),
    ],
)
def test_a_profile_that_sets_more_goes_through_dbt(tmp_path: Path, output: str, said: str) -> None:
    file = tmp_path / "profiles.yml"
    file.write_text(f"stammis:\n  target: duckdb\n  outputs:\n    duckdb:\n      type: duckdb\n      {output}\n")
    assert projects.refusal_of_profile(file) == said


def test_no_shipped_model_reads_what_dbt_does_not_know_of(tmp_path: Path) -> None:
    steps = dbt_runner.compile_project(Settings(data=tmp_path, landing=tmp_path), VARIABLES).steps
    assert len(steps) > 300
    assert [step.name for step in steps if projects.reads_unseen(step.sql, [*step.reads, step.relation])] == []
