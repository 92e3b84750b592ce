"""What an SMS costs is known before it is sent."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from stammis.channels.prices import Price, cost_of, read_prices
from stammis.core.errors import ConfigurationError
from stammis.rendering.wording import sms_parts
from tests.support.places import SEEDS


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("åäöÅÄÖæøÆØ" * 16, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("’" + "x" * 69, 1),
        ("’" + "x" * 70, 2),
        ("’" + "x" * 133, 2),
        ("’" + "x" * 134, 3),
    ],
)
def test_parts_are_counted_as_operators_do(text: str, segments: int) -> None:
    assert sms_parts(text) == segments


def test_each_part_costs_what_the_readers_country_does() -> None:
    prices = read_prices(SEEDS)
    swedish = prices["+46"]
    assert cost_of("x" * 161, "+46701740605", prices) == Price(swedish.amount * 2, swedish.currency)
    assert cost_of("x", "+358491000001", prices) == prices["+358"]
    assert cost_of("x", "+15005550006", prices) is None


def test_there_is_a_price_for_every_country_we_sell_to() -> None:
    assert set(read_prices(SEEDS)) == {"+46", "+47", "+45", "+358", "+44"}
    assert all(Decimal(0) < price.amount < 1 for price in read_prices(SEEDS).values())


def test_a_price_that_is_no_number_is_named(tmp_path: Path) -> None:
    shutil.copytree(SEEDS, tmp_path / "seeds")
    (tmp_path / "seeds" / "message_prices.csv").write_text("country,channel,price,currency\nSE,sms,cheap,EUR\n")
    with pytest.raises(ConfigurationError, match="the price for SE is no number"):
        read_prices(tmp_path / "seeds")
