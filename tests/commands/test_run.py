"""`stammis run` has a last word for what could not be read, since it ends green all the same."""

from pathlib import Path

from stammis.commands.run import new_in_quarantine, quarantined_count
from stammis.core.errors import InputError
from stammis.core.settings import Settings
from stammis.intake import ingest
from tests.support.command_line import invoke
from tests.support.landing import RECEIPTS, land, receipt, receipts
from tests.support.moments import AS_OF


def test_rows_that_a_run_quarantines_are_counted_and_those_of_earlier_runs_are_not(settings: Settings) -> None:
    land(settings, "pos/receipts_1.csv", RECEIPTS + receipt(1) + receipt(2, price="free"))
    ingest(settings, AS_OF)
    assert new_in_quarantine(settings, rows_before=0) == "1 row"
    assert new_in_quarantine(settings, rows_before=quarantined_count(settings)) == ""
    land(settings, "pos/receipts_2.csv", receipts(*range(3, 7)).replace("sold_at", "sold_on"))  # quarantined whole
    land(settings, "pos/sales.csv", receipts(1))
    ingest(settings, AS_OF)
    assert new_in_quarantine(settings, rows_before=1) == "4 rows and 1 file"


def test_run_far_ahead_of_the_clock_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    refused = invoke("run", "--data", tmp_path, "--as-of", "9999-12-31T23:59Z").exception
    assert isinstance(refused, InputError) and "is more than a year ahead of this machine's clock" in str(refused)
    assert list(tmp_path.iterdir()) == []
