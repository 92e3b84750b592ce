"""What docs/operators.md calls a backup is enough: ledger, run history, exports."""

import shutil
from pathlib import Path

from stammis.core.settings import Settings
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import published
from stammis.warehouse.tables import RUN_HISTORY
from tests.support.command_line import invoke
from tests.support.cycles import run_cycle

IDS = "select customer_id from {customers} order by 1"


def test_a_restored_backup_keeps_every_id_and_sends_nothing_again(
    sent: cycles.Cycle, shop: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "ledger-copy.sqlite"
    backup = ["ledger", "backup", copy, "--data", sent.settings.data]
    assert invoke(*backup).exit_code == 0
    assert "is there already" in str(invoke(*backup).exception)
    restored = Settings(data=tmp_path / "data", landing=shop)
    restored.data.mkdir()
    shutil.move(copy, restored.ledger)
    for name in RUN_HISTORY:
        shutil.copytree(sent.settings.history(name), restored.history(name))
    cycle = run_cycle(restored, sent.as_of)
    assert published.rows(sent.settings, IDS, run_id=sent.run_id) == published.rows(restored, IDS)
    assert cycle.delivered is not None
    assert (cycle.delivered.accepted, report.ending(cycle).name) == (0, "Nothing due")
