"""Orders as four systems export them, made up with dice, each with what is true of its money."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from stammis.demo.kinds.records import (
    Record,
    account,
    ago,
    api_order,
    card,
    page,
    receipt,
    refund,
    sheet,
    subscriber,
    thing,
    woo_order,
)

PEOPLE = 150
CURRENCIES = ("GBP", "GBP", "SEK", "EUR", "NOK")
TILLS = {"GB": "GBP", "SE": "SEK", "NO": "NOK", "DK": "DKK"}
PAID_OR_NOT = ("paid",) * 6 + ("pending", "authorized", "voided", "partially_paid", "expired")
CENT, NOTHING = Decimal("0.01"), Decimal("0.00")
Unit = tuple[Record, ...]  # records that stay in one file


@dataclass(frozen=True)
class Sale:
    """An order as it was made up, its own lines, and what of the goods was paid back."""

    order: str
    currency: str
    buyer: str
    days: int
    country: str
    lines: tuple[Decimal, ...]
    units: tuple[Unit, ...]
    off: Decimal = NOTHING  # the whole order
    back: Decimal = NOTHING
    is_paid: bool = True

    @property
    def net(self) -> Decimal:
        return sum(self.lines, -self.off) - self.back if self.is_paid else NOTHING

    def group(self, grouping: str) -> str:
        source, channel = self.order.partition(":")[0], "store" if self.order.startswith("pos:") else "web"
        day = f"{ago(self.days):%Y-%m-%d}"
        known = {"order": self.order, "source": source, "channel": channel, "day": day, "buyer": self.buyer}
        return (known | {"country": self.country, "nothing": "all"})[grouping]


def price_of(dice: random.Random) -> Decimal:
    return dice.randrange(100, 90_000) * CENT


def part_of(dice: random.Random, whole: Decimal) -> Decimal:
    """Nothing, some or all of it."""
    return dice.choice([NOTHING, NOTHING, (whole / 3).quantize(CENT), whole])


def text_of(amount: Decimal) -> str:
    return f"{amount:.2f}"


def of_a_sheet(dice: random.Random, number: int, buyer: str, days: int) -> Sale:
    """An order of Shopify's CSV: several rows, discounts of lines and of the whole, a refund that tells no day."""
    currency, state = dice.choice(CURRENCIES), dice.choice(PAID_OR_NOT)
    lines, cells = [], []
    for _ in range(dice.randrange(1, 4)):
        pieces, price, off = dice.randrange(1, 4), price_of(dice), dice.choice([0, 0, 50]) * CENT
        lines.append(pieces * price - off)
        cells.append({"Lineitem quantity": pieces, "Lineitem price": text_of(price), "Lineitem discount": text_of(off)})
    off = dice.choice([NOTHING, (sum(lines, NOTHING) / 10).quantize(CENT)])
    subtotal = sum(lines, -off)
    back = part_of(dice, subtotal) if state == "paid" else NOTHING
    file, order = sheet(
        number,
        buyer,
        days,
        text_of(subtotal),
        Currency=currency,
        Financial_Status="partially_refunded" if back else state,
        Discount_Amount=text_of(off),
        Refunded_Amount=text_of(back),
        Shipping="59.00",
        Total=text_of(subtotal + 59),
    )
    if state != "paid":
        order["Paid at"] = ""
    known = {name: order[name] for name in ("Name", "Email", "Created at", "Lineitem name", "Lineitem sku")}
    rows = ((file, row | each) for row, each in zip([order, *[known] * len(cells)], cells, strict=False))
    made = Sale(f"shopify:{number}", currency, buyer, days, "GB", tuple(lines), (tuple(rows),), off, back)
    return made if state == "paid" else replace(made, is_paid=False)


def of_the_api(dice: random.Random, number: int, buyer: str, days: int) -> Sale:
    """An order of Shopify's API: goods and a gift card, and dated refunds of goods and freight."""
    currency, state = dice.choice(CURRENCIES), dice.choice(PAID_OR_NOT)
    price, off, gift = price_of(dice), dice.choice([0, 50]) * CENT, dice.choice([0, 0, 50_000]) * CENT
    items = [thing(text_of(price), total_discount=text_of(off))]
    if gift:
        items.append(thing(text_of(gift), "Presentkort", id=2, gift_card=True))
    back = part_of(dice, price - off) if state == "paid" else NOTHING
    record = api_order(
        number,
        buyer,
        days,
        text_of(price - off + gift),
        currency=currency,
        financial_status="partially_refunded" if back else state,
        line_items=items,
        refunds=[refund(number, days - 2, text_of(back), dice.choice(["0.00", "59.00"]))] if back else [],
    )
    made = Sale(f"shopify:{number}", currency, buyer, days, "GB", (price - off,), ((record,),), NOTHING, back)
    return made if state == "paid" else replace(made, is_paid=False)


def of_the_outlet(dice: random.Random, number: int, buyer: str, days: int) -> Sale:
    """An order of WooCommerce's, with tax in its prices or beside them, and money back for goods and freight."""
    currency, is_taxed, is_paid = dice.choice(CURRENCIES), dice.random() < 0.5, dice.random() < 0.7
    total, tax, freight = price_of(dice), dice.randrange(900) * CENT, Decimal("49.00")
    goods = total + (tax if is_taxed else 0)
    back = part_of(dice, goods) if is_paid else NOTHING
    line = {"sku": "LV-1004", "name": "Skål", "quantity": 2, "total": text_of(total), "total_tax": text_of(tax)}
    order = woo_order(
        number,
        buyer,
        days,
        text_of(total),
        currency=currency,
        status="completed" if is_paid else dice.choice(["pending", "on-hold", "cancelled", "failed"]),
        prices_include_tax=is_taxed,
        line_items=[line],
        shipping_total=text_of(freight),
        refunds=[{"total": f"-{text_of(back + freight)}"}] if back else [],
    )
    units: list[Unit] = [(order,), (woo_refund(number, days - 3, back, freight),)]
    return Sale(
        f"woocommerce:{number}",
        currency,
        buyer,
        days,
        "GB",
        (goods,),
        tuple(units[: 2 if back else 1]),
        NOTHING,
        back,
        is_paid,
    )


def woo_refund(number: int, days: int, back: Decimal, freight: Decimal) -> Record:
    return page("woocommerce/woo_order-refunds"), {
        "id": number + 500_000,
        "parent_id": number,
        "amount": text_of(back + freight),
        "line_items": [{"total": f"-{text_of(back)}", "total_tax": "0.00"}],
        "shipping_lines": [{"total": f"-{text_of(freight)}", "total_tax": "0.00"}],
        "date_created_gmt": f"{ago(days):%Y-%m-%dT%H:%M:%S}",
    }


def of_a_till(dice: random.Random, number: int, buyer: str, days: int) -> Sale:
    """A receipt: goods and a discount, and beside them what is no sale; a line of it may come back by its receipt."""
    country = dice.choice([*TILLS])
    pieces, price, off = dice.randrange(1, 4), price_of(dice), dice.choice([0, 50]) * CENT
    lines = [("LV-1002", "Mugg 30 cl Björkö", pieces, text_of(pieces * price), "sale")]
    lines += [("", "Medlemsrabatt", 1, f"-{text_of(off)}", "discount")] if off else []
    beside = [
        ("", "Öresavrundning", 1, "0.40", "sale"),
        ("", "Pant PET", 2, "2.00", "sale"),
        ("", "Dricks", 1, "20.00", "tip"),
        ("GIFT_10", "Presentkort", 1, "100.00", "sale"),
        ("", "Gift card paid", 1, "-100.00", "payment"),
    ]
    lines += dice.sample(beside, dice.randrange(len(beside)))
    dice.shuffle(lines)
    about = {"member_email": buyer, "country": country}
    units: list[Unit] = [tuple(receipt(f"R{number}", days, *lines, **about))]
    back = price if dice.random() < 0.3 else NOTHING
    if back:
        line = ("LV-1002", "Mugg 30 cl Björkö", -1, f"-{text_of(price)}", "return")
        units.append(tuple(receipt(f"B{number}", days - 5, line, return_of=f"R{number}", **about)))
    amounts = (pieces * price, -off) if off else (pieces * price,)
    order = f"pos:S8/1/R{number}/{ago(days):%Y-%m-%d}"
    return Sale(
        order,
        TILLS[country],
        buyer,
        days,
        country,
        amounts,
        tuple(units),
        back=min(back, sum(amounts, NOTHING)),  # nobody keeps less than nothing of an order
    )


MAKERS: tuple[Callable[[random.Random, int, str, int], Sale], ...] = (
    of_a_sheet,
    of_the_api,
    of_the_outlet,
    of_a_till,
)


def sales_of(dice: random.Random, count: int) -> list[Sale]:
    return [
        dice.choice(MAKERS)(dice, 810_000 + number, buyer_of(dice.randrange(PEOPLE)), dice.randrange(10, 700))
        for number in range(count)
    ]


def buyer_of(number: int) -> str:
    return f"buyer{number}@sums.example"


def people() -> list[Unit]:
    """Everybody has an account, most a card, and some get the newsletter."""
    people: list[Unit] = []
    for number in range(PEOPLE):
        name = f"Kim{number} Kund{number}"
        people.append((account(810_000 + number, buyer_of(number), name),))
        if number % 3:
            people.append((card(f"SUM{number:04d}", name, email=buyer_of(number)),))
        if number % 2:
            people.append((subscriber(buyer_of(number), name),))
    return people
