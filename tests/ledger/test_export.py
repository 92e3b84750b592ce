"""The ledger's files: by month for the next build, one CSV for people; and its migrations."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from stammis.commands.ledger import COLUMNS, export, write_csv
from stammis.core.errors import InputError, LedgerError
from stammis.core.settings import Settings
from stammis.core.types import Outcome
from stammis.ledger import Ledger, LogEntry, migrations, open_ledger
from stammis.ledger import export as exporting
from stammis.ledger.export import exported
from stammis.ledger.migrations import copy_database
from stammis.ledger.tables import HEAD, metadata
from tests.support.ledger import queued
from tests.support.moments import AS_OF

NOVEMBER = datetime.fromisoformat("2025-11-30T23:00")


def read(folder: Path, table: str) -> pa.Table:
    """All rows of one exported table, as the build reads them."""
    return duckdb.sql(exported(folder, table).select).to_arrow_table()


def files(folder: Path) -> dict[str, bytes]:
    """The Parquet files; up to which change they go is told beside them."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "exported_to"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_an_empty_ledger_exports_its_schema(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.export_changes(tmp_path / "export") == 0
    columns = (
        "message_id send_id run_id journey step customer_id entry_key channel address purpose "
        "template_version state reason provider_id decided_at intended_at settled_at"
    )
    assert read(tmp_path / "export", "messages").schema.names == columns.split()
    log = read(tmp_path / "export", "journey_log").schema
    assert (log.field("entered_at").type, log.field("is_backlog").type) == (pa.timestamp("us"), pa.bool_())
    assert read(tmp_path / "export", "approvals").schema.names == [
        "journey",
        "version",
        "approved_by",
        "approved_at",
    ]
    switches = "scope name is_stopped changed_at changed_by"
    assert read(tmp_path / "export", "switches").schema.names == switches.split()
    assert read(tmp_path / "export", "audience_sizes").schema.field("size").type == pa.int64()


def test_the_files_hold_every_row_as_it_stands_now(ledger: Ledger, tmp_path: Path) -> None:
    entered = LogEntry("win_back", "anna", "order-1", "entered", "hash", AS_OF, arm="holdout", is_backlog=True)
    ledger.commit_run("run-1", AS_OF, [queued("anna"), queued("åsa", address="åsa@exempel.se")], [entered])
    ledger.export_changes(tmp_path / "export")
    batch = ledger.claim("email")
    assert batch
    send_ids = ledger.intend(batch, ["anna"])
    ledger.settle(batch, [Outcome("anna", "accepted", provider_id="p1"), Outcome("åsa", "failed", "template: x")])
    ledger.stop("journey", "win_back")
    ledger.approve("win_back", "hash", "crm@lindvall.example", AS_OF)
    ledger.approve("win_back", "hash", "somebody later", AS_OF)
    assert ledger.export_changes(tmp_path / "export") == 2
    rows = {row["message_id"]: row for row in read(tmp_path / "export", "messages").to_pylist()}
    assert tuple(rows["anna"][name] for name in ("state", "send_id", "decided_at")) == (
        "accepted",
        send_ids["anna"],
        AS_OF,
    )
    assert tuple(rows["åsa"][name] for name in ("state", "address", "intended_at")) == (
        "failed",
        "åsa@exempel.se",
        None,
    )
    (line,) = read(tmp_path / "export", "journey_log").to_pylist()
    assert (line["step"], line["arm"], line["is_backlog"]) == (None, "holdout", True)
    assert read(tmp_path / "export", "approvals")["approved_by"].to_pylist() == ["crm@lindvall.example"]
    assert read(tmp_path / "export", "switches")["is_stopped"].to_pylist() == [True]


def test_only_months_that_changed_are_written_again(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    ledger.commit_run("run-1", NOVEMBER, [queued("anna")])
    ledger.export_changes(folder)
    before = files(folder)
    assert (ledger.export_changes(folder), files(folder)) == (0, before)
    ledger.commit_run("run-2", AS_OF, [queued("bo")])
    assert ledger.export_changes(folder) == 1
    assert set(files(folder)) - set(before) == {"messages/2025-12.parquet", "messages/changes/2025-12.parquet"}
    assert before.items() <= files(folder).items()


def test_a_changed_row_rewrites_no_month_until_changes_are_many(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "export"
    month, changed = folder / "messages" / "2025-12.parquet", folder / "messages" / "changes" / "2025-12.parquet"
    monkeypatch.setattr(exporting, "FEW_CHANGES", 2)
    ledger.commit_run("run-1", AS_OF, [queued(f"m{number}") for number in range(16)])
    ledger.export_changes(folder)
    before, sizes = month.read_bytes(), []
    for number in range(16):
        batch = ledger.claim("email", limit=1)
        assert batch
        ledger.settle(batch, [Outcome(batch.rows[0].message_id, "failed", "template: x")])
        assert ledger.export_changes(folder) == 1
        sizes.append(len(duckdb.read_parquet(str(changed))))
        assert read(folder, "messages")["state"].to_pylist().count("failed") == number + 1
        assert len(read(folder, "messages")) == 16
        assert (month.read_bytes() == before) == (number < 4)
    assert sizes == [1, 2, 3, 4, 0] * 3 + [1]


def test_a_kill_while_changes_are_folded_into_their_month_loses_none(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "FEW_CHANGES", 0)
    folder = tmp_path / "export"
    ledger.commit_run("run-1", AS_OF, [queued("anna"), queued("bo")])
    ledger.export_changes(folder)
    changed = folder / "messages" / "changes" / "2025-12.parquet"
    ledger.withdraw_unclaimed()
    copies: list[bytes] = []
    original = exporting._Place._copy

    def copied(place: exporting._Place, query: str, path: Path) -> None:
        if path == changed and "where false" in query:
            copies.append(changed.read_bytes())
        original(place, query, path)

    monkeypatch.setattr(exporting._Place, "_copy", copied)
    ledger.export_changes(folder)
    after = read(folder, "messages").sort_by("message_id")
    changed.write_bytes(copies[-1])  # as it was when the kill came
    assert read(folder, "messages").sort_by("message_id") == after
    assert after["state"].to_pylist() == ["withdrawn", "withdrawn"]


def test_whole_months_keep_nothing_of_what_a_row_said(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "export"

    def of_month() -> list[list[tuple[object, ...]]]:
        """The rows of the month, and of its changes."""
        files = sorted(folder.rglob("2025-12.parquet"))
        return [duckdb.read_parquet(str(path)).fetchall() for path in files]

    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    ledger.export_changes(folder)
    ledger.withdraw_unclaimed()
    ledger.export_changes(folder)
    assert [len(each) for each in of_month()] == [1, 1]
    assert "anna@exempel.se" in str(of_month())
    ledger.commit_run("run-2", AS_OF, [queued("anna", address="annan@exempel.se")])
    ledger.export_changes(folder, whole_months=True)
    rows = of_month()
    assert [len(each) for each in rows] == [1, 0]
    assert "anna@exempel.se" not in str(rows)


def test_a_message_decided_again_next_month_is_in_one_file(ledger: Ledger, tmp_path: Path) -> None:
    for day in (NOVEMBER, AS_OF):
        ledger.withdraw_unclaimed()
        ledger.commit_run(f"run {day}", day, [queued("anna")])
        ledger.export_changes(tmp_path / "export")
    assert read(tmp_path / "export", "messages")["decided_at"].to_pylist() == [AS_OF]


def test_a_lost_file_is_written_again_and_a_strange_one_removed(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    ledger.export_changes(folder)
    before = files(folder)
    (folder / "messages" / "2025-12.parquet").rename(folder / "messages" / "2019-01.parquet")
    (folder / "messages" / "2025-12.unfinished").write_bytes(b"killed here")
    ledger.export_changes(folder)
    assert files(folder) == before


def test_an_older_ledger_put_back_is_mirrored_too(settings: Settings, tmp_path: Path) -> None:
    folder = settings.ledger_export
    for number, who in enumerate(("anna", "bo")):
        with open_ledger(settings) as ledger:
            ledger.commit_run(f"run-{number}", AS_OF, [queued(who)])
            ledger.export_changes(folder)
        if who == "anna":
            shutil.copy(settings.ledger, tmp_path / "older.sqlite")
    assert read(folder, "messages").num_rows == 2
    for file in settings.data.glob("ledger.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "older.sqlite", settings.ledger)
    with open_ledger(settings) as ledger:
        ledger.export_changes(folder)
        assert read(folder, "messages").num_rows == 1
        before = files(folder)
        ledger.export_changes(folder)
        assert files(folder) == before


def test_the_csv_is_safe_for_a_spreadsheet_and_keeps_phone_numbers(tmp_path: Path) -> None:
    def row(address: str, customer_id: str) -> tuple[object, ...]:
        known = {"address": address, "customer_id": customer_id, "decided_at": AS_OF}
        return tuple(known.get(name) for name in COLUMNS)

    rows = [row("+46701234567", "+46701234567"), row("=cmd@exempel.se", "-1"), row("åsa@exempel.se", "@x")]
    assert write_csv(tmp_path / "sent.csv", rows) == 3
    lines = [line.split(",") for line in (tmp_path / "sent.csv").read_text(encoding="utf-8").splitlines()]
    assert lines[0] == list(COLUMNS)
    addresses, people = ([line[COLUMNS.index(name)] for line in lines[1:]] for name in ("address", "customer_id"))
    assert addresses == ["+46701234567", "'=cmd@exempel.se", "åsa@exempel.se"]
    assert people == ["'+46701234567", "'-1", "'@x"]
    assert lines[1][COLUMNS.index("decided_at")] == "2025-12-10T09:00:00Z"


def test_the_export_command_says_what_is_missing(ledger: Ledger, tmp_path: Path) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    data = tmp_path / "data"
    data.mkdir()
    with pytest.raises(LedgerError, match=r"no ledger at .*data"):
        export(tmp_path / "sent.csv", data)
    copy_database(ledger.path, data / ledger.path.name)
    export(tmp_path / "sent.csv", data)
    assert len((tmp_path / "sent.csv").read_text().splitlines()) == 2
    with pytest.raises(InputError, match=r"no data folder .*nowhere"):
        export(tmp_path / "sent.csv", tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no folder .*nowhere"):
        export(tmp_path / "nowhere" / "sent.csv", data)


def test_the_migrations_end_in_the_tables_as_declared(ledger: Ledger) -> None:
    with create_engine(f"sqlite:///{ledger.path}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head() == HEAD


def test_a_month_is_fixed_though_the_decision_moves(ledger: Ledger) -> None:
    ledger.commit_run("run-1", AS_OF, [queued("anna")])
    ledger.withdraw_unclaimed()
    ledger.commit_run("run-2", AS_OF + timedelta(days=30), [queued("anna")])
    assert tuple(ledger.messages_of("customer of anna")[0][name] for name in ("month", "attempt")) == (
        "2025-12",
        2,
    )
