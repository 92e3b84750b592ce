"""What an SMS costs before anybody has sent it: its parts, counted as operators do, times the country's price.

A provider's own count is 0 until it has chosen a sender, and its price comes days later.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from stammis.core.errors import ConfigurationError
from stammis.rendering.wording import sms_parts


@dataclass(frozen=True, slots=True)
class Price:
    """An amount of money; `currency` in three letters."""

    amount: Decimal
    currency: str


def read_prices(seeds: Path) -> dict[str, Price]:
    """Calling code ("+46") -> the price of one part. `seeds` holds countries.csv and message_prices.csv.

    Raises ConfigurationError for a price that is no number.
    """
    codes = {row["country"]: f"+{row['calling_code']}" for row in _rows(seeds / "countries.csv")}
    prices = {}
    for row in _rows(seeds / "message_prices.csv"):
        try:
            price = Price(Decimal(row["price"]), row["currency"])
        except InvalidOperation:
            raise ConfigurationError(f"message_prices.csv: the price for {row['country']} is no number") from None
        if row["channel"] == "sms" and row["country"] in codes:
            prices[codes[row["country"]]] = price
    return prices


def cost_of(text: str, number: str, prices: Mapping[str, Price]) -> Price | None:
    """What this text to this number (E.164) costs; None where no price is known."""
    code = max((code for code in prices if number.startswith(code)), key=len, default=None)
    if code is None:
        return None
    return Price(prices[code].amount * sms_parts(text), prices[code].currency)


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
