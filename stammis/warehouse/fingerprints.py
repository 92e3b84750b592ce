"""What each relation of the warehouse was made of, so that a run leaves what cannot have changed.

A relation is made of its definition and of the contents of what it reads; its content is known by a sum over its rows.
The records lie in the warehouse, so that an emptied one forgets them. The transaction that replaces a relation deletes
its record, and a run writes the new ones at its end: one that was killed has forgotten what it made, and never
remembers what no longer stands.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from datetime import datetime

import duckdb

from stammis.core.sql import FileView
from stammis.core.types import Node
from stammis.warehouse.project import FORMAT, Step

CLOCK = '"run"."clock"'
TABLE = "run.fingerprints"
COLUMNS = {
    "relation": "varchar",
    "made_of": "varchar",
    "content": "varchar",
    "status": "varchar",
    "count": "bigint",
    "message": "varchar",
    "holds_until": "timestamp",
}
# What stands in the warehouse, by its name as a step has it: `table` or `view`.
STANDING = """
    select '"' || table_schema || '"."' || table_name || '"', case table_type when 'VIEW' then 'view' else 'table' end
    from information_schema.tables where table_catalog = current_database()
"""
# what a step is besides the relation it makes: in which order it is made changes nothing
NO_PART_OF_IT = {"phase", "waits_for", "reads"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`made_of`: definition and contents read; `content`: the rows; the rest is what became of the node.

    `holds_until`: for one that says so itself, the next moment at which its rows change, though no fact does; None:
    never.
    """

    relation: str
    made_of: str
    content: str
    status: str = "success"
    count: int = 0
    message: str = ""
    holds_until: datetime | None = None


class Fingerprints:
    """The records of one warehouse, for the length of one build."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection) -> None:
        self._warehouse = warehouse
        _create(warehouse)
        self.standing: dict[str, str] = dict(warehouse.execute(STANDING).fetchall())
        rows = warehouse.execute(f"select {', '.join(COLUMNS)} from {TABLE}").fetchall()
        self._known = {row[0]: Fingerprint(*row) for row in rows}
        self._new: dict[str, Fingerprint] = {}
        self._contents = {name: known.content for name, known in self._known.items()}
        clock = warehouse.execute("select as_of from run.clock").fetchone() if CLOCK in self.standing else None
        self._as_of: datetime | None = clock[0] if clock else None

    def made_of(self, step: Step) -> str:
        """Of what the step would be made now; "" where something it reads has no known content."""
        contents = [self._content(relation) for relation in step.reads if not (step.holds_until and relation == CLOCK)]
        if not all(contents):
            return ""
        return hashlib.sha256("\n".join((_definition(step), *contents)).encode()).hexdigest()[:32]

    def left(self, step: Step, made_of: str) -> Node | None:
        """What became of the step when it was last made, if it would be made of the same now and still stands."""
        known = self._known.get(step.relation)
        if not known or not made_of or known.made_of != made_of:
            return None
        if known.holds_until and self._as_of and self._as_of >= known.holds_until:
            return None
        if self.standing.get(step.relation) != _stands_as(step, known.status):
            return None
        return Node(step.unique_id, step.name, known.status, known.count, known.message, is_left=True)

    def forget(self, relation: str) -> None:
        """Forget a relation that is being replaced, in the transaction that replaces it."""
        if self._known.pop(relation, None):
            self._warehouse.execute(f"delete from {TABLE} where relation = ?", [relation])
        self._contents.pop(relation, None)

    def keep(self, step: Step, made_of: str, node: Node) -> None:
        """Remember what was made, until `save` writes it. What failed is made again by the next run."""
        if node.status in ("error", "skipped"):
            return
        content = made_of if step.materialized in ("view", "test") else step.rows or self._rows(step.relation)
        self._contents[step.relation] = content
        holds, until = self._holds_until(step) if step.holds_until else (True, None)
        if made_of and holds:
            outcome = (node.status, node.count, node.message)
            self._new[step.relation] = Fingerprint(step.relation, made_of, content, *outcome, until)

    def save(self) -> None:
        """Write what was kept, in one statement."""
        write(self._warehouse, self._new.values())
        self._known |= self._new
        self._new = {}

    def _content(self, relation: str) -> str:
        if relation not in self._contents:
            # a view that nobody has made or noted: what it shows may be another thing every time
            self._contents[relation] = self._rows(relation) if self.standing.get(relation) == "table" else ""
        return self._contents[relation]

    def _rows(self, relation: str) -> str:
        return rows_fingerprint(self._warehouse, relation)

    def _holds_until(self, step: Step) -> tuple[bool, datetime | None]:
        """(whether that can be asked, the moment)."""
        try:
            row = self._warehouse.execute(step.holds_until).fetchone()
        except duckdb.Error:
            return False, None
        return True, row[0] if row else None


def rows_fingerprint(warehouse: duckdb.DuckDBPyConnection, relation: str) -> str:
    """A text that changes with any row of a relation, but not with the order of its rows.

    Each row's hash is hashed again before they are summed: otherwise two cells that trade places could cancel out.
    """
    query = f"select count(*) || '-' || coalesce(sum(hash(hash(line))), 0) from {relation} as line"
    return str(warehouse.execute(query).fetchall()[0][0])


def lay_views(warehouse: duckdb.DuckDBPyConnection, views: Mapping[tuple[str, str], FileView]) -> None:
    """Lay views on files, by (schema, table), and note their contents: the files say it, without a look at a row.

    A view that stands with the same text is left.
    """
    _create(warehouse)
    rows = warehouse.execute(f"select relation, made_of from {TABLE}").fetchall()
    before, standing = dict(rows), dict(warehouse.execute(STANDING).fetchall())
    for schema in sorted({schema for schema, _ in views}):
        warehouse.execute(f"create schema if not exists {schema}")
    found = []
    for (schema, table), view in views.items():
        relation = f'"{schema}"."{table}"'
        text = hashlib.sha256(view.select.encode()).hexdigest()[:32]
        if before.get(relation) != text or standing.get(relation) != "view":
            warehouse.execute(f"create or replace view {schema}.{table} as {view.select}")
        found.append(Fingerprint(relation, text, view.content))
    write(warehouse, found)


def forget(warehouse: duckdb.DuckDBPyConnection, *relations: str) -> None:
    """Forget relations that were overwritten; all where none is named, as after a build by dbt."""
    _create(warehouse)
    where = " where list_contains(?, relation)" if relations else ""
    warehouse.execute(f"delete from {TABLE}{where}", [list(relations)] if relations else [])


def write(warehouse: duckdb.DuckDBPyConnection, fingerprints: Iterable[Fingerprint]) -> None:
    """Write records, each in the place of an earlier one of its relation."""
    values = [list(column) for column in zip(*map(astuple, fingerprints), strict=True)]
    if not values:
        return
    columns = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in COLUMNS.values())
    warehouse.execute("begin")
    warehouse.execute(f"delete from {TABLE} where list_contains(?, relation)", [values[0]])
    warehouse.execute(f"insert into {TABLE} select {columns}", values)
    warehouse.execute("commit")


def _create(warehouse: duckdb.DuckDBPyConnection) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    warehouse.execute(f"create schema if not exists run; create table if not exists {TABLE} ({columns})")


def _definition(step: Step) -> str:
    parts = {name: value for name, value in asdict(step).items() if name not in NO_PART_OF_IT}
    return json.dumps([FORMAT, duckdb.__version__, parts])


def _stands_as(step: Step, status: str) -> str | None:
    if step.materialized == "test":
        return "table" if status in ("warn", "fail") else None
    return "view" if step.materialized == "view" else "table"
