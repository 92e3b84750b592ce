"""A run over the demo shop finds its people, and the score would notice if it did not."""

import csv
from pathlib import Path

import pytest

from stammis.demo.kinds.plant import KINDS as PLANTED
from stammis.demo.score import KINDS, compare_in_words, score_kinds, score_people
from stammis.intake.contracts import read_contracts
from stammis.run.cycle import Cycle
from stammis.warehouse import published


def test_people_are_found_as_they_were_planted(shop: Path, sent: Cycle) -> None:
    score = score_people(sent.settings, shop.parent / "truth")
    assert score.records > 300
    assert score.precision >= 0.995 and score.recall >= 0.95


def test_a_truth_of_other_people_scores_badly(shop: Path, sent: Cycle, tmp_path: Path) -> None:
    with (shop.parent / "truth/identity.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    with (tmp_path / "identity.csv").open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        # every third record is said to be somebody else's
        writer.writerows(row | {"person_id": f"{row['person_id']}{number % 3}"} for number, row in enumerate(rows))
    score = score_people(sent.settings, tmp_path)
    assert 0 < score.precision < 0.7
    assert score.recall == pytest.approx(1)


def test_every_kind_of_record_is_read_as_it_was_planted(shop: Path, sent: Cycle) -> None:
    assert score_kinds(sent.settings, shop.parent / "truth") == []
    assert f"All {len(PLANTED)} kinds" in compare_in_words(sent.settings, shop.parent / "truth")[1]


def test_a_kind_that_was_read_wrong_is_named_with_what_it_should_be(shop: Path, sent: Cycle, tmp_path: Path) -> None:
    known = (shop.parent / "truth" / KINDS).read_text(encoding="utf-8")
    (tmp_path / KINDS).write_text(known.replace("customers.net_total,160.00", "customers.net_total,240.00"))
    (line,) = score_kinds(sent.settings, tmp_path)
    assert line.startswith("returned_without_receipt: customers.net_total is 160.00, should be 240.00")
    assert {what for kind in PLANTED for what in kind.truth} >= {"people", "orders.net_total", "consents.state"}


def test_no_two_kinds_share_a_person_or_an_order() -> None:
    keys = [key for kind in PLANTED for key in kind.known_by()]
    assert len(keys) == len(set(keys))
    assert all(kind.known_by() and kind.truth and kind.why for kind in PLANTED)


def test_every_source_of_intake_lands_in_the_demo(sent: Cycle) -> None:
    landed = published.rows(sent.settings, "select source, sum(rows_loaded) as rows from {landing_report} group by all")
    known = {contract.source for contract in read_contracts(sent.settings.dbt_project)}
    assert {row["source"] for row in landed if row["rows"]} == known
