"""The dbt project as dbt compiled it, kept until a file of it, a variable or a version changes.

dbt needs seconds of a processor to read 550 nodes that are the same on every tick. What it makes of them depends on
nothing but the key of the folder it is kept in, so all data folders of a checkout share it.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from stammis.core.files import whole_folder
from stammis.core.settings import Settings
from stammis.core.yaml_files import YamlFault, read_mapping

KEPT = 8  # compiled projects beside each other: branches, tests and journeys that somebody edits
MATERIALISED = {"table", "view", "seed", "test"}
# what a model says of the time to come (macros/moments.sql)
UNTIL = re.compile(r"/\* (known|holds|decides) until \[(.*?)\](?: for \[(\d+)\])?: (.*?) \*/", re.DOTALL)
# what a model may read without dbt's knowing: files, the machine's own clock and dice, relations by their bare names
UNSEEN = re.compile(
    r"\b(?:read_\w+|parquet_\w+|glob|sniff_csv|now|today|random|gen_random_uuid|uuid|get_current_timestamp)\s*\("
    r"|\bcurrent_(?:timestamp|date|time|localtime\w*)\b|\b(?:from|join)\s+'",
    re.IGNORECASE,
)
NAMED = re.compile(r'\b(?:from|join)\s+(?:"?\w+"?\.)?("?\w+"?\."?\w+"?)(?=[\s,()]|$)', re.IGNORECASE)
NO_RELATION = re.compile(r"\b(?:extract\s*\(\s*\w+|distinct|leading|trailing|both)\s+from\b", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
TEXT = re.compile(r"'(?:[^']|'')*'")
ANY_TIME = re.compile(r"/\* any time: (.*?) \*/")
DECIDES_NOTHING = "/* decides nothing: "
PROFILE = {"type", "path", "schema", "threads", "settings"}  # what the executor knows of an output of profiles.yml
SETTINGS = {"TimeZone": "UTC", "preserve_insertion_order": False}
CLOCK = '."run"."clock"'  # as compiled SQL reads it
EXECUTED = {"model", "seed", "test"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a contract: its name and its type in the words of the YAML."""

    name: str
    data_type: str


@dataclass(frozen=True, slots=True)
class Step:
    """One node to execute. `waits_for`: what skips it by failing; `columns`: those of its contract, if it has one.

    `reads`: the relations it is made of; `rows`: of a seed, the hash of the file that dbt loaded. What a model says of
    the time to come: `turns`: whether its rows change with the clock alone; `moments`: queries for the next moment at
    which they do, or a decision by it, and what then happens; `is_silent`: it says neither when nor that none does;
    `any_time`: columns that change with the hour.
    """

    unique_id: str
    name: str
    kind: str  # model | seed | test
    relation: str
    schema: str
    materialized: str  # table | view | seed | test
    file: str
    sql: str
    phase: int
    waits_for: tuple[str, ...]
    reads: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: str = ""
    turns: str = "never"  # never | at its moments | any time
    moments: tuple[tuple[str, str], ...] = ()
    is_silent: bool = False
    any_time: tuple[str, ...] = ()
    severity: str = "WARN"
    fail_calc: str = "count(*)"
    warn_if: str = "!= 0"
    error_if: str = "!= 0"
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """Steps in an order in which each comes after what it waits for, and the lineage that the gate reads.

    `refusal`: why only dbt can build it; then there are no steps.
    """

    folder: Path
    steps: tuple[Step, ...] = ()
    lineage: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""

    def seed_file(self, step: Step) -> Path:
        return self.folder / f"{step.name}.parquet"


def find(settings: Settings, key: str) -> Project | None:
    """What was kept under this key, in the checkout or in the data folder."""
    for place in _places(settings):
        kept = place / key / "project.json"
        if kept.exists():
            with suppress(OSError):  # a checkout that may only be read makes no room for others either
                os.utime(kept.parent)  # used lately
            try:
                return _read(kept)
            except (ValueError, KeyError, TypeError):  # damaged: it is made again
                shutil.rmtree(kept.parent, ignore_errors=True)
    return None


def _read(kept: Path) -> Project:
    saved = json.loads(kept.read_text(encoding="utf-8"))
    steps = tuple(Step(**{**step, **_tuples(step)}) for step in saved["steps"])
    return Project(kept.parent, steps, saved["lineage"], saved["refusal"])


def keep(settings: Settings, key: str, manifest: Mapping[str, Any], seeds: Mapping[str, Path]) -> Project:
    """Keep what dbt compiled. `seeds`: Parquet of each seed, as dbt loaded it."""
    rows = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in seeds.items()}
    steps = tuple(replace(step, rows=rows[step.name]) if step.name in rows else step for step in _in_order(manifest))
    return _keep(settings, key, Project(Path(), steps, lineage_of(manifest)), seeds)


def keep_refusal(settings: Settings, key: str, refusal: str) -> Project:
    """Keep that only dbt can build the project, so that no tick compiles it in vain."""
    return _keep(settings, key, Project(Path(), refusal=refusal), {})


def refusal_of(manifest: Mapping[str, Any]) -> str:
    """Why the executor cannot build a compiled project; "" where it can."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "analysis":
            continue
        if node["resource_type"] == "operation":
            return "it has a hook (on-run-start or on-run-end)"
        config, name = node["config"], f"{node['resource_type']} {node['name']}"
        if config["materialized"] not in MATERIALISED:
            return f"{name} is materialised as {config['materialized']}"
        if node.get("language", "sql") != "sql":
            return f"{name} is written in {node['language']}"
        if config.get("pre-hook") or config.get("post-hook") or config.get("sql_header"):
            return f"{name} has a hook or a header"
        if node["resource_type"] == "test" and config["store_failures_as"] != "table":
            return f"{name} keeps no failures in a table"
        if node.get("constraints") or any(
            column.get("constraints") or column.get("quote") for column in node["columns"].values()
        ):
            return f"{name} has constraints or quoted columns"
    return ""


def refusal_of_profile(file: Path) -> str:
    """Why the executor cannot stand in for a profile: it sets what only dbt does; "" where it can."""
    try:
        profiles = read_mapping(file)
        outputs = [output for name, each in profiles.items() if name != "config" for output in each["outputs"].values()]
        found = {key for output in outputs for key in output} - PROFILE
        found |= {
            key for output in outputs for key, value in (output.get("settings") or {}).items() if _is_own(key, value)
        }
    except (YamlFault, TypeError, KeyError, AttributeError):
        return ""  # dbt says what is wrong with it
    return f"{file.name} sets {', '.join(sorted(found))}" if found else ""


def _is_own(key: str, value: object) -> bool:
    """Whether a setting of a profile is another than those that every build has."""
    return key != "memory_limit" and SETTINGS.get(key) != value


def lineage_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Of dbt's manifest, what is asked of it: who stands on whom, what a check holds, what a column means."""
    nodes = {
        unique_id: {
            **{part: node[part] for part in ("name", "resource_type", "columns", "meta", "tags")},
            "depends_on": {"nodes": node["depends_on"].get("nodes", [])},
            "config": {"meta": node["config"]["meta"]},
        }
        for unique_id, node in manifest["nodes"].items()
    }
    return {"nodes": nodes, "child_map": manifest["child_map"]}


def _keep(settings: Settings, key: str, project: Project, seeds: Mapping[str, Path]) -> Project:
    """In the checkout if it can be written, else in the data folder; the oldest make room."""
    place = next(each for each in _places(settings) if _is_writable(each))
    steps = [asdict(step) for step in project.steps]
    saved = {"steps": steps, "lineage": project.lineage, "refusal": project.refusal}
    try:
        with whole_folder(place / key, owner=str(os.getpid())) as folder:
            (folder / "project.json").write_text(json.dumps(saved), encoding="utf-8")
            for name, file in seeds.items():
                shutil.copyfile(file, folder / f"{name}.parquet")
    except OSError:
        if not (place / key / "project.json").exists():  # else somebody else was quicker
            raise
    by_use = sorted((each for each in place.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
    for each in by_use[:-KEPT]:
        shutil.rmtree(each, ignore_errors=True)
    return replace(project, folder=place / key)


def _places(settings: Settings) -> tuple[Path, Path]:
    return settings.project / ".stammis_cache" / "compiled", settings.data / "dbt" / "compiled"


def _is_writable(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK)


def _tuples(step: Mapping[str, Any]) -> dict[str, Any]:
    lists = {name: tuple(step[name]) for name in ("waits_for", "reads", "any_time")}
    moments = tuple((query, what) for query, what in step["moments"])
    return {**lists, "columns": tuple(Column(**column) for column in step["columns"]), "moments": moments}


def _in_order(manifest: Mapping[str, Any]) -> list[Step]:
    """Each node after its parents, and after the checks on all that stands above it, as `dbt build` has it."""
    nodes = {each: node for each, node in manifest["nodes"].items() if node["resource_type"] in EXECUTED}
    above: dict[str, set[str]] = {}

    def ancestors(unique_id: str) -> set[str]:
        if unique_id not in above:
            parents = set(nodes[unique_id]["depends_on"].get("nodes", ())) if unique_id in nodes else set()
            above[unique_id] = parents.union(*(ancestors(parent) for parent in parents))
        return above[unique_id]

    parents = {each: set(nodes[each]["depends_on"].get("nodes", ())) for each in nodes}
    checks = [each for each in nodes if nodes[each]["resource_type"] == "test"]
    waits_for = {
        each: (parents[each] & set(nodes))
        | (
            set()
            if each in checks
            else {check for check in checks if parents[check] and parents[check] <= ancestors(each)}
        )
        for each in nodes
    }
    decided = {each for each in nodes if "phase_2" in nodes[each]["tags"]}
    decided |= {check for check in checks if parents[check] & decided}
    relations = {each: _relation(node) for each, node in [*nodes.items(), *manifest.get("sources", {}).items()]}
    # a model may loop over what is declared, which dbt does not count as reading it
    landed = {_bare(relations[each]): relations[each] for each in manifest.get("sources", {})}
    return [
        _step(
            nodes[each],
            phase=2 if each in decided else 1,
            waits_for=sorted(waits_for[each]),
            reads=sorted(
                {relations[parent] for parent in parents[each] if parent in relations}
                | {landed[name] for name in _named(nodes[each].get("compiled_code") or "") if name in landed}
            ),
        )
        for each in TopologicalSorter({each: sorted(waits_for[each]) for each in nodes}).static_order()
    ]


def _relation(node: Mapping[str, Any]) -> str:
    name = node.get("identifier") or node.get("alias") or node["name"]
    return f'"{node["schema"]}"."{name}"'


def said_of_time(sql: str) -> dict[str, Any]:
    """What compiled SQL says of the time to come, as a Step has it.

    It holds until its moments if it says so for each of its looks at the clock: for is_known by known_until, for any
    other by holds_until. A look for the salt is none.
    """
    said = [(kind, what, query) for kind, what, _, query in UNTIL.findall(sql)]
    kinds = [kind for kind, _, _ in said]
    looks = sql.count(CLOCK) - sum(query.count(CLOCK) for _, _, query in said) - sql.count(f"{CLOCK} as salted")
    held = sum(int(count) for *_, count, _ in UNTIL.findall(sql) if count)
    of_is_known = sql.count(f"{CLOCK} as known")
    # is_known looks twice, at when a fact happened and at when it was received
    is_said = of_is_known <= 2 * kinds.count("known") and looks - of_is_known <= held
    any_time = ANY_TIME.search(sql)
    return {
        "turns": "never" if not looks else "at its moments" if is_said else "any time",
        "moments": tuple((query, what) for _, what, query in said),
        "is_silent": bool(looks) and not is_said and "decides" not in kinds and DECIDES_NOTHING not in sql,
        "any_time": tuple(any_time.group(1).split(", ")) if any_time else (),
    }


def reads_unseen(sql: str, known: Collection[str]) -> bool:
    """Whether SQL reads what dbt does not know of: a file, the machine's clock or dice, a relation not in `known`."""
    bare = COMMENT.sub(" ", sql)
    is_clock_spelled = len(re.findall(r'\brun"?\."?clock\b', bare, re.IGNORECASE)) == bare.count(CLOCK)
    return bool(UNSEEN.search(bare)) or not is_clock_spelled or bool(_named(sql) - {_bare(each) for each in known})


def _named(sql: str) -> set[str]:
    """The relations that SQL names with their schema."""
    return {_bare(name) for name in NAMED.findall(NO_RELATION.sub(" ", TEXT.sub("''", COMMENT.sub(" ", sql))))}


def _bare(relation: str) -> str:
    return relation.replace('"', "").lower()


def _step(node: Mapping[str, Any], phase: int, waits_for: list[str], reads: list[str]) -> Step:
    config = node["config"]
    sql = node.get("compiled_code") or ""
    is_agreed = node.get("contract", {}).get("enforced")
    step = Step(
        unique_id=node["unique_id"],
        name=node["name"],
        kind=node["resource_type"],
        relation=_relation(node),
        schema=node["schema"],
        materialized=config["materialized"],
        file=node["original_file_path"],
        sql=sql,
        phase=phase,
        waits_for=tuple(waits_for),
        reads=tuple(reads),
        columns=tuple(Column(name, each["data_type"]) for name, each in node["columns"].items()) if is_agreed else (),
        **said_of_time(sql),
    )
    if reads_unseen(sql, [*reads, step.relation]):  # it may change at any time, and nothing tells when
        step = replace(step, turns="any time", is_silent=True)
    if step.kind != "test":
        return step
    thresholds = {name: config[name] for name in ("fail_calc", "warn_if", "error_if", "limit")}
    return replace(step, **thresholds, severity=config["severity"].upper())
