"""A ledger from before a change is brought up to date with every row it had."""

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from stammis.ledger import LedgerReader, migrations, open_ledger
from tests.support.ledger import AS_OF, queued
from tests.support.places import settings_in

UNTIL = datetime.fromisoformat("2030-01-01")


def ledger_at(path: Path, revision: str) -> None:
    """A ledger as an earlier version made it."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if revision == "0003":
            connection.execute(text("insert into pauses values ('sms', '2030-01-01 00:00:00.000000')"))
            at = "2025-12-10 09:00:00.000000"
            connection.execute(text(f"insert into approvals values ('win_back', 'v1', 'crm@lindvall.example', '{at}')"))
            five = " ".join(f"2025-12-10T0{hour}:00:00" for hour in range(5))
            connection.execute(text(f"insert into pressure values ('anna', '{five}')"))
    engine.dispose()


def test_a_back_off_and_an_approval_keep_their_meaning_under_their_new_names(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.data.mkdir()
    ledger_at(settings.ledger, "0003")
    with open_ledger(settings) as ledger:
        assert ledger.backoff_until("sms") == UNTIL
        assert ledger.claim("sms") is None
        ledger.approve("win_back", "v1", "somebody later", AS_OF)
        ledger.export_changes(settings.ledger_export)
    import pyarrow.parquet as pq

    (approval,) = pq.read_table(settings.ledger_export / "approvals" / "all.parquet").to_pylist()
    assert (approval["version"], approval["approved_by"]) == ("v1", "crm@lindvall.example")


def test_sends_counted_before_the_table_was_renamed_still_count(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    settings.data.mkdir()
    ledger_at(settings.ledger, "0003")
    with open_ledger(settings) as ledger:
        ledger.commit_run("run-1", AS_OF, [queued("one_too_many", customer_id="anna"), queued("bo")])
        batch = ledger.claim("email")
        assert batch and list(ledger.intend(batch, ["one_too_many", "bo"])) == ["bo"]


def test_a_ledger_of_any_age_can_be_opened(tmp_path: Path) -> None:
    for revision in ("0001", "0002", "0003", "0004"):
        ledger_at(tmp_path / f"{revision}.sqlite", revision)
        with LedgerReader(tmp_path / f"{revision}.sqlite") as ledger:
            assert ledger.counts() == {}
