"""The operators' forms: what they ask for, what they refuse, and what the run they start says. No server here."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from flows import collect_events, operate, set_alerts
from stammis.core.errors import StammisError
from stammis.core.settings import Settings
from stammis.run import cycle as cycles
from stammis.run import report
from stammis.warehouse import build_lock
from tests.support.ledger import in_doubt
from tests.support.moments import AS_OF

FORMS = (operate.stop_sending, operate.resume, operate.release_hold, operate.why_not, operate.settle_doubt)
MESSAGE = "0a739961d400cb0a0fcac6aa544185ea"


def test_every_field_of_a_form_says_what_belongs_in_it_and_is_one_box() -> None:
    for form in FORMS:
        for name, field in form.parameters.properties.items():
            assert field.get("description"), (form.name, name)
            assert field["type"] == "string", (form.name, name)


def test_what_is_decided_comes_first_and_nothing_of_it_is_preset() -> None:
    asked = {form.name: form.parameters.required for form in FORMS}
    assert asked == {
        "stop-sending": ["what", "by"],
        "resume": ["what", "by"],
        "release-hold": ["journey", "by"],
        "why-not": ["customer_id"],
        "settle-doubt": ["message_id", "outcome", "by"],
    }


@pytest.mark.parametrize("typed", ["anna.berg@example.com", "+46701234567", "070-123 45 67", "L0000001"])
def test_an_address_typed_into_why_not_is_refused_before_it_is_kept(typed: str) -> None:
    from prefect.utilities.schema_tools.validation import ValidationError, validate

    schema = operate.why_not.parameters.model_dump()
    with pytest.raises(ValidationError, match="customer_id"):
        validate({"customer_id": typed}, schema, raise_on_error=True)
    validate({"customer_id": " 1cd901e6a39cde9f236f\n"}, schema, raise_on_error=True)


def test_a_form_ends_in_a_state_that_says_what_happens_now(settings: Settings) -> None:
    settings.data.mkdir(exist_ok=True)
    stopped = operate.stop_sending.fn("win_back ", "ops", str(settings.data))
    assert (stopped.name, stopped.is_completed()) == ("Stopped", True)
    assert "Stopped: journey win_back." in stopped.message
    resumed = operate.resume.fn("win_back", "ops", str(settings.data))
    assert (resumed.name, resumed.is_completed()) == ("Resumed", True)


def test_what_is_impossible_is_refused_with_the_remedy(settings: Settings) -> None:
    settings.data.mkdir(exist_ok=True)
    refused = operate.stop_sending.fn("winback", "ops", str(settings.data))
    assert (refused.name, refused.is_failed()) == ("Refused", True)
    assert "did you mean `win_back`" in refused.message


def test_a_doubt_is_settled_as_the_form_says_and_only_once(settings: Settings) -> None:
    in_doubt(settings, MESSAGE)
    settled = operate.settle_doubt.fn(MESSAGE, "not sent", "ops", str(settings.data))
    assert (
        settled.name,
        settled.message,
    ) == ("Settled", f"{MESSAGE} counts as not sent: the next run may send it, if it is not too old by then.")
    assert operate.settle_doubt.fn(MESSAGE, "sent", "ops", str(settings.data)).name == "Refused"


def test_a_doubt_is_listed_with_what_finds_it_in_the_providers_log_and_without_its_address(settings: Settings) -> None:
    doubt = in_doubt(settings, MESSAGE)
    row = collect_events.row_of(doubt)
    assert [row["message_id"], row["channel"], row["journey"]] == [MESSAGE, "email", "win_back"]
    assert "@" not in "".join(row.values())


def test_events_are_left_to_a_run_that_is_at_work(settings: Settings) -> None:
    with build_lock(settings):
        assert collect_events.ingest(settings, AS_OF) == "a run is at work and takes the files in"


def test_why_not_is_a_page_of_headings_and_lists_without_an_address(sent: cycles.Cycle) -> None:
    due = report.due(sent)[0]
    page = operate.page_about(sent.settings, str(due["customer_id"]), None)
    assert f"\n### {due['journey']}\n" in page
    assert f"\n- {due['step']}: accepted by {due['channel']}" in page
    assert str(due["address"]) not in page
    with pytest.raises(StammisError, match="nobody has this customer id"):
        operate.page_about(sent.settings, "0" * 20, None)
    with pytest.raises(StammisError, match="there is no journey called nothing"):
        operate.page_about(sent.settings, str(due["customer_id"]), "nothing")


def test_a_line_of_why_is_a_line_of_a_list_as_deep_as_it_was() -> None:
    assert operate.as_markdown("welcome") == "\n### welcome\n"
    assert operate.as_markdown("  gift: not sent, no_address") == "- gift: not sent, no_address"
    assert operate.as_markdown("    no  no_address: no address") == "  - **no** no_address: no address"
    assert operate.as_markdown("") == ""


def alert(**context: Any) -> str:
    """What a webhook is called with, rendered as a Prefect server renders it."""
    from prefect.server.events.jinja_filters import all_filters
    from prefect.server.utilities.user_templates import register_user_template_filters, render_user_template_sync

    register_user_template_filters(all_filters)
    return render_user_template_sync(set_alerts.AS_JSON, context)


def test_an_alert_is_json_that_names_the_run_and_what_is_wrong() -> None:
    run = SimpleNamespace(
        name="send due 2025-12-10 09:00 UTC", state=SimpleNamespace(name="Held", message='0 sent. Held: "win_back"')
    )
    said = alert(automation={"name": "stammis: a run needs somebody"}, event={"payload": {}}, flow_run=run)
    assert said == (
        r'{"text": "stammis: a run needs somebody: send due 2025-12-10 09:00 UTC ended as Held. '
        r'0 sent. Held: \"win_back\""}'
    )


def test_an_alert_says_its_own_message_and_silence_the_last_run_there_was() -> None:
    run = SimpleNamespace(name="the run", state=SimpleNamespace(name="Running", message=None))
    event = {"payload": {"message": "3 sends are in doubt"}}
    assert alert(automation={"name": "doubts"}, event=event, flow_run=run) == '{"text": "doubts: 3 sends are in doubt"}'
    assert alert(automation={"name": "no run"}, event={}, flow_run=run) == '{"text": "no run: the last was the run"}'
    assert alert(automation={"name": "no run"}, event=None) == '{"text": "no run"}'


def test_what_lasts_for_many_runs_is_told_once_and_again_after_six_hours() -> None:
    bad_end = set_alerts.TRIGGERS["stammis: a run needs somebody"]
    assert (bad_end.for_each, bad_end.within) == ({"prefect.state-message"}, timedelta(hours=6))
