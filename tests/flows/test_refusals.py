"""A flow that cannot begin ends in a state that says why, and not in a trace."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.collect_events import collect_events
from flows.erase import erase
from flows.fit_clv import fit_clv
from flows.land_files import land_files
from flows.operate import stop_sending
from flows.send_due import send_due


@pytest.mark.parametrize(
    ("flow", "parameters"),
    [
        (send_due, {}),
        (collect_events, {}),
        (fit_clv, {}),
        (land_files, {}),
        (erase, {"customer_id": "0" * 20}),
        (stop_sending, {"what": "all", "by": "ops"}),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_a_setting_that_cannot_be_is_said_in_the_state(
    flow: object, parameters: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAMMIS_MEMORY", "60s")
    monkeypatch.setenv("STAMMIS_DATA", str(tmp_path))
    state = flow.fn(**parameters)  # type: ignore[attr-defined]
    assert (state.name, state.is_failed()) == ("Refused", True)
    assert "STAMMIS_MEMORY" in state.message
    assert list(tmp_path.iterdir()) == []


def test_send_due_far_ahead_of_the_clock_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    state = send_due.fn(as_of=datetime(9999, 12, 31, 23, 59, tzinfo=UTC), data=tmp_path)
    assert (state.name, list(tmp_path.iterdir())) == ("Refused", [])
    assert "--as-of 9999-12-31T23:59:00Z is more than a year ahead" in state.message
