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

from stammis.core import sql
from stammis.core.sql import FileView
from stammis.core.types import Node
from stammis.warehouse.project import Step
from stammis.warehouse.project_files import FORMAT

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
    "what": "varchar",
}
# What stands in the warehouse, by its name as a step has it: `table` or `view`.
STANDING = """
    select '"' || table_schema || '"."' || table_name || '"', case table_type when 'VIEW' then 'view' else 'table' end
    from information_schema.tables where table_catalog = current_database()
"""
# types whose values have no places that a hash could take for another's
FIXED = {"BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP"}
# what a step is besides the relation it makes: in which order it is made changes nothing
NO_PART_OF_IT = {"phase", "waits_for", "reads"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`made_of`: definition and contents read; `content`: the rows; the rest is what became of the node.

    `until`: for a model that says it, the next moment at which its rows, or a decision by it, change though no fact
    does; None: never. `what`: what happens then; None where it could not be asked.
    """

    relation: str
    made_of: str
    content: str
    status: str = "success"
    count: int = 0
    message: str = ""
    until: datetime | None = None
    what: str | None = ""


class Fingerprints:
    """The records of one warehouse, for the length of one build."""

    def __init__(self, warehouse: duckdb.DuckDBPyConnection) -> None:
        self._warehouse = warehouse
        _create(warehouse)
        self.standing: dict[str, str] = dict(warehouse.execute(STANDING).fetchall())
        self._known = records(warehouse)
        self._new: dict[str, Fingerprint] = {}
        self._contents = {name: known.content for name, known in self._known.items()}
        clock = warehouse.execute("select as_of, salt from run.clock").fetchone() if CLOCK in self.standing else None
        self._as_of, self._salt = clock or (None, "")

    def made_of(self, step: Step) -> str:
        """Of what the step would be made now; "" where something it reads has no known content."""
        timeless = {} if step.turns == "any time" else {CLOCK: f"salt {self._salt}"}
        contents = [timeless.get(relation) or self._content(relation) for relation in step.reads]
        if not all(contents):
            return ""
        return hashlib.sha256("\n".join((_definition(step), *contents)).encode()).hexdigest()[:32]

    def left(self, step: Step, made_of: str) -> Node | None:
        """What became of the step when it was last made, if it would be made of the same now and still stands."""
        known = self._known.get(step.relation)
        if not known or not made_of or known.made_of != made_of:
            return None
        if step.turns == "at its moments" and not self._holds(known):
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
        content = self._content_of(step, made_of)
        self._contents[step.relation] = content
        if made_of:
            outcome = (node.status, node.count, node.message)
            self._new[step.relation] = Fingerprint(step.relation, made_of, content, *outcome, *self._until(step))

    def save(self) -> None:
        """Write what was kept, in one statement."""
        write(self._warehouse, self._new.values())
        self._known |= self._new
        self._new = {}

    def _content_of(self, step: Step, made_of: str) -> str:
        if step.materialized == "view":
            # it shows other rows once a moment of its has come, which is why it is made anew
            return made_of and f"{made_of} {self._as_of if step.turns == 'at its moments' else ''}"
        if step.materialized == "test":
            return made_of
        return step.rows or self._rows(step.relation)

    def _content(self, relation: str) -> str:
        if relation not in self._contents:
            # a view that nobody has made or noted: what it shows may be another thing every time
            self._contents[relation] = self._rows(relation) if self.standing.get(relation) == "table" else ""
        return self._contents[relation]

    def _rows(self, relation: str) -> str:
        return rows_fingerprint(self._warehouse, relation)

    def _holds(self, known: Fingerprint) -> bool:
        return known.what is not None and (known.until is None or self._as_of is None or self._as_of < known.until)

    def _until(self, step: Step) -> tuple[datetime | None, str | None]:
        """The next of the step's moments, and what happens then."""
        try:
            answers = [(self._warehouse.execute(query).fetchall()[0][0], what) for query, what in step.moments]
        except duckdb.Error:
            return None, None
        return min((answer for answer in answers if answer[0]), default=(None, ""))


def records(warehouse: duckdb.DuckDBPyConnection) -> dict[str, Fingerprint]:
    """Every record, by relation."""
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    return {row[0]: Fingerprint(*row) for row in warehouse.execute(f"select {columns} from {TABLE}").fetchall()}


def rows_fingerprint(warehouse: duckdb.DuckDBPyConnection, relation: str) -> str:
    """A text that changes with any row, column name or type of a relation, but not with the order of its rows.

    Each row's hash is hashed again before they are summed: otherwise two cells that trade places could cancel out. And
    the engine's hash() gives texts that differ in two places, eight apart, the same number (docs/decisions.md); so
    there is a second of texts that begin one place later, where those two differ again.
    """
    columns = warehouse.execute(f"from {relation} limit 0").description
    shape = hashlib.sha256(repr([(name, str(kind)) for name, kind, *_ in columns]).encode()).hexdigest()[:16]
    shifted = [f"'|' || cast({sql.name(name)} as varchar)" for name, kind, *_ in columns if str(kind) not in FIXED]
    query = f"""
        select count(*), coalesce(sum(hash(hash(line))), 0), coalesce(sum(hash(hash({", ".join(shifted) or "0"}))), 0)
        from {relation} as line
    """
    return "-".join(map(str, (shape, *warehouse.execute(query).fetchall()[0])))


def lay_views(warehouse: duckdb.DuckDBPyConnection, views: Mapping[tuple[str, str], FileView]) -> None:
    """Lay views on files, by (schema, table), and note their contents: the files say it, without a look at a row.

    A view that stands with the same text is left.
    """
    _create(warehouse)
    before, standing = records(warehouse), dict(warehouse.execute(STANDING).fetchall())
    for schema in sorted({schema for schema, _ in views}):
        warehouse.execute(f"create schema if not exists {schema}")
    found = []
    for (schema, table), view in views.items():
        relation = f'"{schema}"."{table}"'
        text = hashlib.sha256(view.select.encode()).hexdigest()[:32]
        known = before.get(relation)
        if known is None or known.made_of != text or standing.get(relation) != "view":
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
    """Begin the table of records, anew where another version has left one of other columns."""
    warehouse.execute("create schema if not exists run")
    there = warehouse.execute(
        "select column_name from information_schema.columns "
        "where table_schema = 'run' and table_name = 'fingerprints' and table_catalog = current_database() "
        "order by ordinal_position"
    ).fetchall()
    if [name for (name,) in there] != list(COLUMNS):
        columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
        warehouse.execute(f"create or replace table {TABLE} ({columns})")


def _definition(step: Step) -> str:
    parts = {name: value for name, value in asdict(step).items() if name not in NO_PART_OF_IT}
    return json.dumps([FORMAT, duckdb.__version__, parts])


def _stands_as(step: Step, status: str) -> str | None:
    if step.materialized == "test":
        return "table" if status in ("warn", "fail") else None
    return "view" if step.materialized == "view" else "table"
