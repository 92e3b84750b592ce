"""Every column that sounds like a person's is declared `personal`: what is not, an erasure would leave standing."""

import re
from pathlib import Path

import pytest

from stammis.core.yaml_files import YamlFault
from stammis.intake import Contract, read_contracts
from stammis.intake.contracts import PERSONAL, Column
from tests.support.places import DBT_PROJECT

CONTRACTS = read_contracts(DBT_PROJECT)
TELLING = re.compile(
    r"e-?mail|phone|(^|[._ ])(from|to)(_number)?$|(first|last|given|billing|shipping|reviewer|display)[_ ]?name|surname"
    r"|birth|dob|street|address|city|zip|postcode|card|cookie|anonymous|user_?id|body|title|note|comment|^text$|^ip",
    re.IGNORECASE,
)
# what only sounds like it: `column` or `source.entity.column`
HARMLESS = {
    "inbound.to_number",  # the shop's own number
    "accepts_marketing",
    "accepts_email_marketing",
    "accepts_sms_marketing",  # flags
    "messages.valid_from",  # a price's day
    "products.title",
    "products_api.title",  # an article's
}
# what somebody agreed to or is blocked for, when, and in which country: words of a list, the same for many
STATE = re.compile(r"_(consent|suppressions|state|opt_in_level|at)$|(^|_)country(_code)?$")


def sounds_personal(column: Column) -> bool:
    return not STATE.search(column.name) and any(TELLING.search(word) for word in (column.name, *column.headers))


def named(contract: Contract, column: Column) -> set[str]:
    return {column.name, f"{contract.entity}.{column.name}", f"{contract.source}.{contract.entity}.{column.name}"}


def test_every_column_that_sounds_personal_is_declared() -> None:
    forgotten = [
        f"{contract.source}.{contract.entity}.{column.name}"
        for contract in CONTRACTS
        for column in contract.columns
        if sounds_personal(column) and not column.personal and not named(contract, column) & HARMLESS
    ]
    assert forgotten == []


def test_a_row_that_needs_its_person_must_be_said_to_go_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "staging" / "spa"
    folder.mkdir(parents=True)
    text = """version: 2
sources:
  - name: spa
    tables:
      - name: visits
        config: {meta: {landing: {files: [visits*]}}}
        columns:
          - {name: email, config: {meta: {required: true, personal: email}}}
"""
    (folder / "_spa__sources.yml").write_text(text)
    with pytest.raises(YamlFault, match="say `about: person`"):
        read_contracts(tmp_path)
    (folder / "_spa__sources.yml").write_text(text.replace("[visits*]", "[visits*], about: person"))
    assert [contract.about for contract in read_contracts(tmp_path)] == ["person"]


def test_every_kind_of_personal_is_in_use() -> None:
    assert {column.personal for contract in CONTRACTS for column in contract.columns} - {None} == set(PERSONAL)
