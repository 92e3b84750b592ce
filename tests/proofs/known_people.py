"""Issue 5: people whose truth is known, mapped as a source, are recognised by the models as they stand.

The mapping, of FEBRL 1, 2 and 3 and of fake_1000, is a source like any other: a folder of models/staging and its
name in the list of sources, in a copy of the project. The files land as they are and go through intake and the models.
    given_name, surname (first_name, surname) → first and last name;   date_of_birth (dob) → birthday and birth year
    street_number and address_1 → street;   postcode;   email → email;   rec_id (unique_id) → the record
soc_sec_id, suburb, address_2, state and city have no place in the contract and are not read.
"""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb

from stammis import intake, warehouse
from stammis.core.settings import Settings
from stammis.ledger import open_ledger
from tests.proofs.commands import MOMENT
from tests.support.places import DBT_PROJECT, SAMPLES

MODELS = "+int_identifiers_linked"
# file: (recall, precision) at least
FLOORS = {
    "dataset1": (0.85, 0.995),
    "dataset2": (0.82, 0.995),
    "dataset3": (0.80, 0.995),
    "fake_1000": (0.50, 0.99),
}
# column → (its headers in either export, its type)
COLUMNS = {
    "id": ("rec_id, unique_id", "varchar"),
    "first_name": ("given_name, first_name", "varchar"),
    "last_name": ("surname", "varchar"),
    "born": ("date_of_birth, dob", "date"),
    "house": ("street_number", "varchar"),
    "road": ("address_1", "varchar"),
    "postcode": ("postcode", "varchar"),
    "email": ("email", "varchar"),
}
SOURCE = """version: 2
sources:
  - name: known
    schema: intake_known
    tables:
      - name: people
        config: {{meta: {{landing: {{files: ["*"], unit: [id], rows_per_unit: many}}}}}}
        columns:
{columns}
"""
CONTACTS = """select
    'known:' || id as record_id,
    cast(null as varchar) as shop_customer, cast(null as varchar) as member_card,
    email_folded as email,
    cast(null as varchar) as phone, first_name, last_name,
    substr({{ iso_date('born') }}, 6) as birthday, cast(extract(year from born) as integer) as birth_year,
    house || ' ' || road as street, postcode,
    cast(null as varchar) as country, cast(null as varchar) as joined_by,
    cast(null as boolean) as is_email_opted_in, cast(null as boolean) as is_sms_opted_in,
    cast(null as timestamp) as happened_at, cast(null as timestamp) as changed_at,
    received_at, file_name, file_hash, line
from {{ source('known', 'people') }}
"""


def write_source(project: Path) -> None:
    """A copy of the models with one source more: its folder, and its name in the list."""
    shutil.copytree(DBT_PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    folder = project / "models" / "staging" / "known"
    folder.mkdir()
    columns = [_column(name, header, kind) for name, (header, kind) in COLUMNS.items()]
    (folder / "_known__sources.yml").write_text(SOURCE.format(columns="\n".join(columns)))
    (folder / "stg_known__contacts.sql").write_text(CONTACTS)
    listed = (project / "dbt_project.yml").read_text()
    (project / "dbt_project.yml").write_text(listed.replace("    contacts: [", "    contacts: [known, ", 1))


def recognise(project: Path, data: Path, landing: Path) -> Settings:
    """Take in what has landed and build the models up to who is one person."""
    settings = Settings(data=data, landing=landing, dbt_project=project)
    intake.ingest(settings, MOMENT)
    with open_ledger(settings) as ledger:
        ledger.export_changes(settings.ledger_export)
    warehouse.prepare_inputs(settings, MOMENT, "known-people", [])
    words = ["build", "--quiet", "--select", MODELS, "--exclude-resource-type", "unit_test", "test"]
    place = ["--project-dir", project, "--profiles-dir", project, "--target-path", data / "target"]
    ran = subprocess.run(
        [Path(sys.executable).with_name("dbt"), *words, *place, "--log-path", data / "logs"],
        env={**os.environ, "STAMMIS_WAREHOUSE": str(settings.warehouse)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    return settings


def score(settings: Settings, truth: dict[str, str]) -> tuple[float, float]:
    """(recall, precision) over pairs of records; `truth`: record id → person."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as reader:
        found = dict(reader.execute("select record_id, component from intermediate.int_identifiers_linked").fetchall())
    assert found.keys() == truth.keys(), "not every record came through intake"
    ours = _pairs(Counter(found.values()))
    true = _pairs(Counter(truth.values()))
    both = _pairs(Counter((found[record], truth[record]) for record in truth))
    return both / true, both / ours


def truth_of(file: Path) -> dict[str, str]:
    """record id → person, by the file's own rec-N-… or cluster."""
    lines = [[cell.strip() for cell in line.split(",")] for line in file.read_text().splitlines()[1:]]
    if file.stem == "fake_1000":
        return {f"known:{line[0]}": line[-1] for line in lines}
    return {f"known:{line[0]}": line[0].split("-")[1] for line in lines}


def known_people_are_recognised(work: Path, samples: Path) -> str:
    """Issue 5: FEBRL 1, 2, 3 mapped as a source, without soc_sec_id, and fake_1000: recall and precision."""
    project = work / "known_project"
    write_source(project)
    lines = []
    for name, (least_recall, least_precision) in FLOORS.items():
        file = SAMPLES / "identity" / f"{name}.csv"
        landing = work / name / "landing"
        (landing / "known").mkdir(parents=True)
        shutil.copy(file, landing / "known")
        recall, precision = score(recognise(project, work / name / "data", landing), truth_of(file))
        assert recall >= least_recall and precision >= least_precision, (name, recall, precision)
        lines.append(f"{name} recall {recall:.3f} precision {precision:.4f}")
    return "; ".join(lines)


def _pairs(sizes: Counter[object] | Counter[str] | Counter[tuple[str, str]]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _column(name: str, headers: str, kind: str) -> str:
    known = f"header: [{headers}]"
    if kind == "date":
        known += ', format: ["%Y%m%d", "%Y-%m-%d"], unreadable: empty'
    if name == "email":
        known += ", personal: email"
    return f"          - {{name: {name}, data_type: {kind}, config: {{meta: {{{known}}}}}}}"
