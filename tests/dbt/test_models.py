"""The models: each rule means what its description says, and each model is built in its phase."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from stammis import warehouse
from stammis.core.settings import PROJECT, Settings
from stammis.journeys import read_journeys
from stammis.ledger import open_ledger
from tests.support.moments import NOW
from tests.support.places import DBT_PROJECT, TEMPLATES

PHASE_2 = {
    "int_audiences_unioned",
    "int_branches_taken",
    "int_caps_used",
    "int_channels_chosen",
    "int_customers_reachable",
    "int_entries_found",
    "int_entries_logged",
    "int_goals_reached",
    "int_journey_entries",
    "int_messages_counted",
    "int_steps_ended",
    "int_steps_timed",
    "journey_log_changes",
    "outbox",
    "outbox_candidates",
    "outbox_compared",
    "outbox_verdicts",
}
in_one_dbt = pytest.mark.xdist_group("models")  # two tests ask one dbt


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], dict[str, Any]]:
    """What dbt's unit tests said, and the manifest it read them from."""
    folder = tmp_path_factory.mktemp("rules")
    settings = Settings(data=folder, landing=folder / "landing")
    journeys, _ = read_journeys(settings.templates)
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    warehouse.prepare_inputs(settings, NOW, "20251210T100000Z-1", journeys)
    nodes = warehouse.run_unit_tests(settings, warehouse.variables(warehouse.audience_names(settings), journeys))
    return nodes, warehouse.lineage(settings)


@in_one_dbt
def test_every_rule_means_what_it_says(tested: tuple[list[Any], dict[str, Any]]) -> None:
    nodes, _ = tested
    failed = {node.name: node.message for node in nodes if node.status not in ("success", "pass")}
    assert failed == {}
    rules = [node.name for node in nodes if node.unique_id.startswith("unit_test.")]
    assert len(rules) >= 11


@in_one_dbt
def test_phase_2_builds_what_is_decided_after_the_gate(tested: tuple[list[Any], dict[str, Any]]) -> None:
    """Nothing of phase 1 may read it: the first build has no table of phase 2, and a later one has yesterday's."""
    _, manifest = tested
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    decided = {name for name, node in models.items() if "phase_2" in node["tags"]}
    assert {models[name]["name"] for name in decided} == PHASE_2
    early = {
        node["name"]: sorted(decided & set(node["depends_on"]["nodes"]))
        for name, node in models.items()
        if name not in decided and decided & set(node["depends_on"]["nodes"])
    }
    assert early == {}


def test_no_folder_of_models_grows_beyond_36_files() -> None:
    """A folder is a noun; with more files than can be taken in at a glance it is several."""
    counts = Counter(
        str(path.parent.relative_to(PROJECT))
        for kind in ("*.sql", "*.yml")
        for path in (PROJECT / "dbt_project").rglob(kind)
    )
    assert {folder: count for folder, count in counts.items() if count > 36} == {}


def test_every_journey_has_rules_an_audience_of_them_tests_of_both_and_an_exposure() -> None:
    for name in warehouse.audience_names(Settings(data=Path("data"), landing=Path("data"))):
        described = YAML(typ="safe").load((DBT_PROJECT / f"models/audiences/audience_{name}.yml").read_text())
        both = {f"audience_{name}", f"rules_{name}"}
        assert {model["name"] for model in described["models"]} == both
        assert {test["model"] for test in described["unit_tests"]} == both
        journey = YAML(typ="safe").load((TEMPLATES / name / "journey.yaml").read_text())
        (exposure,) = described["exposures"]
        assert exposure["name"] == name
        assert exposure["label"] == journey["title"]
        assert exposure["owner"] == {"email": journey["owner"]}


def test_an_audience_is_a_where_over_its_rules() -> None:
    for model in sorted((DBT_PROJECT / "models/audiences").glob("audience_*.sql")):
        text = model.read_text()
        assert f"ref('{model.stem.replace('audience', 'rules')}')" in text
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
        described = model.with_name(model.name.replace("rules_", "audience_")).with_suffix(".yml")
        assert f"  - name: {model.stem}\n" in described.read_text(), f"{model.stem} is not described beside it"
