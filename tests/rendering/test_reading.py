"""Whose messages or branches read the membership is known, so that they wait where it could not be built."""

import shutil
from pathlib import Path

import pytest

from stammis.journeys import read_journeys
from stammis.rendering import membership_readers
from tests.support.places import TEMPLATES


def readers(templates: Path) -> list[str]:
    return membership_readers(templates, read_journeys(templates)[0])


def test_ours_are_the_gift_to_newcomers_and_the_nudge() -> None:
    assert sorted(readers(TEMPLATES)) == ["tier_nudge", "welcome"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("win_back/your_code.sms.sv.txt", "\n{{ membership.tier }}"),
        ("_shared/blocks.html", "\n{% macro points() %}{{ membership.points_balance }}{% endmacro %}"),
    ],
)
def test_a_message_that_begins_to_read_it_is_found_also_through_what_is_shared(
    tmp_path: Path, file: str, text: str
) -> None:
    shutil.copytree(TEMPLATES, tmp_path / "templates")
    with (tmp_path / "templates" / file).open("a") as page:
        page.write(text)
    assert "win_back" in readers(tmp_path / "templates")
