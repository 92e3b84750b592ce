"""A journey begun by the command is well from its first minute, and says nothing to anybody."""

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import Result

from stammis.core.yaml_files import read_mapping
from stammis.journeys import read_journeys
from stammis.rendering import lint
from tests.support.command_line import invoke
from tests.support.places import DBT_PROJECT, TEMPLATES


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    for part in ("models/audiences", "seeds"):
        shutil.copytree(DBT_PROJECT / part, tmp_path / "dbt_project" / part)
    return tmp_path


def begin(project: Path, name: str, *arguments: str) -> Result:
    return invoke("new", "journey", name, "--templates", project / "templates", *arguments)


def test_a_new_journey_is_well_and_switched_off(project: Path) -> None:
    ran = begin(project, "birthday", "--title", 'Wish: "happy" birthday')
    assert ran.exit_code == 0, ran.exception
    assert lint(project / "templates") == []
    journey = next(each for each in read_journeys(project / "templates")[0] if each.name == "birthday")
    assert (journey.title, journey.enabled) == ('Wish: "happy" birthday', False)
    for hint in ("audience_birthday.sql", "stammis preview birthday --watch", "stammis lint"):
        assert hint in ran.output
    assert ran.output.index("enabled: true") < ran.output.index("stammis plan")


def test_a_new_audience_follows_the_rules_of_audiences(project: Path) -> None:
    begin(project, "birthday")
    folder = project / "dbt_project" / "models" / "audiences"
    query = (folder / "audience_birthday.sql").read_text()
    assert "ref('rules_birthday')" in query
    assert "{{ ref('customers') }}" in (folder / "rules_birthday.sql").read_text()
    assert "\nselect customer_id, entry_key, entered_at\nfrom rules\nwhere " in query
    rules = re.search(r"\nwhere (.+)", query)
    assert rules is not None
    described = (folder / "audience_birthday.yml").read_text()
    assert {rule for rule in rules.group(1).split(" and ") if f"- name: {rule}\n" not in described} == set()
    model = read_mapping(folder / "audience_birthday.yml")["models"][0]
    assert (model["name"], all(each["description"] for each in model["columns"])) == ("audience_birthday", True)
    assert set(re.findall(r"^    model: (\w+)$", described, re.M)) == {"rules_birthday", "audience_birthday"}


@pytest.mark.parametrize("name", ["Birthday", "9_lives", "a b", "../up", "x" * 60, "_shared"])
def test_a_name_that_is_none_writes_nothing(project: Path, name: str) -> None:
    before = sorted(project.rglob("*"))
    assert "cannot name a journey" in str(begin(project, name).exception)
    assert sorted(project.rglob("*")) == before


def test_a_name_that_is_taken_writes_nothing(project: Path) -> None:
    (project / "dbt_project" / "models" / "audiences" / "audience_birthday.sql").touch()
    before = sorted(project.rglob("*"))
    for name in ("win_back", "birthday"):
        assert "is there already" in str(begin(project, name).exception)
    assert sorted(project.rglob("*")) == before
