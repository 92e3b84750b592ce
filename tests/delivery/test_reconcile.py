"""Without the shop's brand nothing can be written: what is queued and what is in doubt waits, and no run ends early."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stammis.core.settings import Settings
from stammis.delivery import reconcile
from stammis.ledger import open_ledger
from stammis.run import cycle as cycles
from stammis.run import report
from tests.support.ledger import in_doubt, queued
from tests.support.moments import AS_OF


def _broken(name: str) -> Callable[[Path], object]:
    return lambda shared: (shared / name).write_text((shared / name).read_text() + "x: [\n")


FAULTS = {
    "brand that is not YAML": _broken("brand.yaml"),
    "styles that are not YAML": _broken("styles.yaml"),
    "brand without a key": lambda shared: (shared / "brand.yaml").write_text("name: Lindvall\n"),
    "brand missing": lambda shared: (shared / "brand.yaml").unlink(),
    "brand in another encoding": lambda shared: (shared / "brand.yaml").write_bytes(b"name: G\xf6ran\n"),
}


@pytest.mark.parametrize("break_it", FAULTS.values(), ids=FAULTS)
def test_reconcile_and_deliver_name_the_fault_and_leave_everything_waiting(
    settings: Settings, templates: Path, break_it: Callable[[Path], object]
) -> None:
    break_it(templates / "_shared")
    cycle = cycles.Cycle(replace(settings, templates=templates), AS_OF, run_id="20251210T090000Z-2", has_outbox=False)
    in_doubt(settings, "anna")
    with open_ledger(settings) as ledger:
        ledger.commit_run("20251210T090000Z-2", AS_OF, [queued("berit")])
    settings.published.mkdir()
    assert "1 left; no provider was asked: " in cycles.reconcile(cycle)
    assert f"nothing can be sent: {templates / '_shared'}" in cycles.deliver(cycle)
    assert cycle.delivered and (cycle.delivered.left, cycle.delivered.in_doubt) == (1, 1)
    ending = report.ending(cycle)
    assert ending.name == "Stopped" and f"every channel cannot send, 1 wait: {templates / '_shared'}" in ending.message


def test_reconcile_settles_by_events_without_a_brand(settings: Settings, templates: Path) -> None:
    doubt = in_doubt(settings, "anna")
    (settings.intake / "sendgrid" / "events").mkdir(parents=True)
    event = {"send_id": doubt.send_id, "sg_message_id": "sg-1"}
    pq.write_table(pa.Table.from_pylist([event]), settings.intake / "sendgrid" / "events" / "one.parquet")
    (templates / "_shared" / "brand.yaml").unlink()
    found = reconcile.reconcile(replace(settings, templates=templates))
    assert (found.by_event, found.left) == (1, [])
