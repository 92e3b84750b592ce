"""An error about a wrong declaration says where it is and how to mend it; a right declaration is all a source needs."""

from pathlib import Path

import pytest

from stammis.core.errors import ConfigurationError
from stammis.core.settings import Settings
from stammis.intake import Contract, ingest, read_contracts
from tests.support.moments import AS_OF
from tests.support.places import DBT_PROJECT

DECLARED = """version: 2
sources:
  - name: cafe
    schema: intake_cafe
    tables:
      - name: visits
        config:
          meta:
            landing:
              files: [visits*]
              unit: [ticket]
              rows_per_unit: one
        columns:
          - name: ticket
            config: {meta: {header: [Ticket, Bon], required: true}}
          - name: paid_at
            data_type: timestamp
            config: {meta: {format: iso, happened: true}}
"""
MISTAKES = {
    "an_unknown_key": ("required: true", "requierd: true", ":15: `requierd` is not a key here"),
    "an_unknown_type": ("timestamp", "moment", ":16: column paid_at: intake has no type `moment`"),
    "a_time_without_a_format": ("format: iso, ", "", ":16: column paid_at needs a `format`"),
    "no_files": ("files: [visits*]", "fill_down: {}", ":10: `files` is missing"),
    "one_row_of_what": ("unit: [ticket]\n", "fill_down: {}\n", ":12: `rows_per_unit: one` needs a `unit`"),
    "a_unit_of_nothing": ("[ticket]", "[tiket]", ":11: `unit` has tiket, which names no column"),
    "a_column_of_ours": ("name: paid_at", "name: received_at", ":16: column received_at is there already"),
    "filling_down_nothing": ("rows_per_unit: one", "fill_down: {ticket: table}", ":12: `fill_down` names table"),
    "broken_yaml": ("unit: [ticket]", "unit: [ticket", "is not YAML here"),
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "dbt/models/staging/cafe"
    folder.mkdir(parents=True)
    (folder / "_cafe__sources.yml").write_text(DECLARED)
    return tmp_path / "dbt"


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_a_declaration_is_named_with_its_line(case: str, project: Path) -> None:
    right, wrong, message = MISTAKES[case]
    path = project / "models/staging/cafe/_cafe__sources.yml"
    path.write_text(DECLARED.replace(right, wrong, 1))
    with pytest.raises(ConfigurationError) as raised:
        read_contracts(project)
    assert f"{path}:" in str(raised.value)
    assert message in str(raised.value)


def test_a_new_source_is_one_declaration(project: Path, tmp_path: Path) -> None:
    landed = tmp_path / "landing/cafe/visits_2025-12-01.csv"
    landed.parent.mkdir(parents=True)
    landed.write_text("Bon,paid_at\n1,2025-12-01T10:00:00+01:00\n1,\n")
    settings = Settings(data=tmp_path / "data", landing=tmp_path / "landing", dbt_project=project)
    (entry,) = ingest(settings, AS_OF).files
    assert (entry.rows_in, entry.rows_loaded, entry.rows_duplicate, entry.rows_quarantined) == (2, 1, 1, 0)


def test_every_shipped_source_says_what_it_is() -> None:
    contracts = read_contracts(DBT_PROJECT)
    assert {"newsletter", "pos", "reviews", "sendgrid", "shopify", "twilio"} <= {each.source for each in contracts}
    assert [each.expected for each in contracts if not each.unit] == []


def test_a_fingerprint_changes_with_what_is_read_and_with_nothing_else() -> None:
    plain = Contract("cafe", "visits", ("visits*",), ())
    assert plain.fingerprint == Contract("cafe", "visits", ("visits*",), ()).fingerprint
    assert plain.fingerprint != Contract("cafe", "visits", ("visits*",), (), unit=("ticket",)).fingerprint
