"""A run over the demo shop finds its people, and the score would notice if it did not."""

import csv
from pathlib import Path

import pytest

from stammis.demo.score import score_people
from stammis.run.cycle import Cycle


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
