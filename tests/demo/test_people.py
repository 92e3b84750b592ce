"""The people of the demo shop do not exist, and the truth knows each of them."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from stammis.demo import write_shop
from tests.support.demo_shop import lines, rows

FICTION = re.compile(r"701740(60[5-9]|6[1-9]\d)|78\d{7}|49\d{6}|83\d{6}|491\d{6}|7700(900\d{3}|8\d{5})")
RESERVED = re.compile(r"[a-z.]+\d*@(example\.(com|org|net)|(post|mail|epost)\.example)")
LISTS = [f"landing/newsletter/{state}_members_export.csv" for state in ("subscribed", "unsubscribed", "cleaned")]
ADDRESSES = {
    "landing/shopify/customers_export.csv": ("Email", "Phone"),
    "landing/shopify/orders_export_1.csv": ("Email", "Billing Phone"),
    "landing/pos/members.csv": ("email", "phone"),
    "landing/pos/receipts.csv": ("member_email", "member_phone"),
    **dict.fromkeys(LISTS, ("Email Address", "Phone Number")),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    write_shop(folder, customers=5000, plain=True)
    return folder


def national(text: str) -> str:
    """A phone number's digits without what comes before the country's own part."""
    digits = re.sub(r"\D", "", text).lstrip("0")
    return re.sub(r"^(46(?=7)|47(?=49)|45(?=83)|358(?=49)|44(?=77))", "", digits)


def addresses(shop: Path) -> tuple[set[str], set[str]]:
    """Every e-mail address and every phone number of the exports."""
    found = [(row[mail], row[phone]) for name, (mail, phone) in ADDRESSES.items() for row in rows(shop, name)]
    mails = {mail.lower() for mail, _ in found} | {event["email"] for event in lines(shop, "sendgrid/events.jsonl")}
    texts = {text["form"]["From"] for text in lines(shop, "twilio/inbound.jsonl")}
    return mails - {""}, {national(phone) for phone in texts | {phone for _, phone in found}} - {""}


def test_every_identifier_of_the_truth_is_in_an_export(demo_shop: Path) -> None:
    mails, phones = addresses(demo_shop)
    cards = {row["member_card"] for row in rows(demo_shop, "landing/pos/members.csv")}
    accounts = {row["Customer ID"].lstrip("'") for row in rows(demo_shop, "landing/shopify/customers_export.csv")}
    shown = {"email": mails, "phone": phones, "member_card": cards, "shopify_customer": accounts}
    truth = defaultdict(set)
    for row in rows(demo_shop, "truth/identity.csv"):
        truth[row["key_type"]].add(national(row["key"]) if row["key_type"] == "phone" else row["key"])
    assert truth == shown


def test_nobody_real_can_be_reached(demo_shop: Path, plain: Path) -> None:
    for folder in (demo_shop, plain):
        mails, phones = addresses(folder)
        assert len(mails) > 200 and len(phones) > 100
        assert [mail for mail in mails if not RESERVED.fullmatch(mail)] == []
        assert [phone for phone in phones if not FICTION.fullmatch(phone)] == []


def test_only_households_share_a_number(demo_shop: Path) -> None:
    owners = defaultdict(set)
    for row in rows(demo_shop, "truth/identity.csv"):
        owners[row["key_type"], row["key"]].add(row["person_id"])
    shared = {frozenset(people) for people in owners.values() if len(people) > 1}
    households = {frozenset(row.values()) for row in rows(demo_shop, "truth/households.csv")}
    assert len(households) == 4
    assert shared == households


def test_a_newsletter_address_has_one_state(demo_shop: Path) -> None:
    found = Counter(row["Email Address"].lower() for name in LISTS for row in rows(demo_shop, name))
    assert set(found.values()) == {1}


def test_five_countries_have_their_shares(plain: Path) -> None:
    found = Counter(row["Default Address Country Code"] for row in rows(plain, "landing/shopify/customers_export.csv"))
    shares = {code: found[code] / found.total() for code in found}
    assert shares == pytest.approx({"SE": 0.55, "NO": 0.12, "DK": 0.12, "FI": 0.11, "GB": 0.10}, abs=0.02)


def test_six_in_ten_have_not_come_back(plain: Path) -> None:
    bought = Counter(row["person_id"] for row in rows(plain, "truth/orders.csv") if row["channel"] != "pos_return")
    assert len(bought) == 5000
    zero_repeat = sum(count == 1 for count in bought.values()) / len(bought)
    assert zero_repeat == pytest.approx(0.60, abs=0.05)
