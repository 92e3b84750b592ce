"""dbt's unit tests: each rule means what its description says."""

import re
from pathlib import Path

from stammis import warehouse
from stammis.core.settings import PROJECT, Settings
from stammis.journeys import read_journeys
from stammis.ledger import open_ledger
from tests.support.moments import NOW
from tests.support.places import DBT_PROJECT, TEMPLATES


def test_every_rule_means_what_it_says(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, landing=tmp_path / "landing")
    journeys, _ = read_journeys(settings.templates)
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    warehouse.lay_ready(settings, NOW, "20251210T100000Z-1", journeys)
    nodes = warehouse.test_rules(
        settings, warehouse.plain_dbt(), warehouse.variables(warehouse.audience_names(settings), journeys)
    )
    failed = {node.name: node.message for node in nodes if node.status not in ("success", "pass")}
    assert failed == {}
    tested = [node.name for node in nodes if node.unique_id.startswith("unit_test.")]
    assert len(tested) >= 11


def test_every_audience_has_a_unit_test_and_a_journey() -> None:
    for name in warehouse.audience_names(Settings(data=Path("data"), landing=Path("data"))):
        described = (DBT_PROJECT / f"models/audiences/audience_{name}.yml").read_text()
        assert "unit_tests:" in described
        assert (TEMPLATES / name / "journey.yaml").exists()


def test_an_audience_keeps_its_rules_visible() -> None:
    for model in sorted((DBT_PROJECT / "models/audiences").glob("audience_*.sql")):
        text = model.read_text()
        assert "rules as (" in text
        assert "\nselect customer_id, entry_key, entered_at\nfrom rules\nwhere " in text


def test_nothing_that_decides_reads_a_profile() -> None:
    """Profiles are for people and reports: a score that fails must stop nobody's message."""
    models = DBT_PROJECT / "models"
    profiles = {path.stem for path in (models / "profiles").glob("*.sql")}
    assert {"customer_profiles", "recommendations"} <= profiles
    readers = {
        str(path.relative_to(models)): sorted(read)
        for path in sorted(models.rglob("*.sql"))
        if path.parent.name not in ("profiles", "reports")
        and (read := profiles & set(re.findall(r"ref\('(\w+)'\)", path.read_text())))
    }
    assert readers == {}


def test_models_keep_their_size() -> None:
    too_long = {
        str(path.relative_to(PROJECT)): lines
        for path in sorted((DBT_PROJECT / "models").rglob("*.sql"))
        if (lines := len(path.read_text().splitlines())) > (48 if "staging" in path.parts else 105)
    }
    assert too_long == {}


def test_every_model_is_described() -> None:
    for model in sorted((DBT_PROJECT / "models").rglob("*.sql")):
        assert model.with_suffix(".yml").exists(), f"{model.stem} has no YAML beside it"
