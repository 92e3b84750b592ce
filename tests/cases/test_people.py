"""Who is one person, when they were born, what they read, and when they bought: by whatever file tells it."""

import json
from datetime import timedelta

import pytest

from stammis.core.settings import Settings
from stammis.gate import Finding
from stammis.gate.gate import every_hold
from stammis.run import cycle as cycles
from stammis.warehouse import lineage, published
from tests.support.cases import land_case
from tests.support.cycles import run_cycle
from tests.support.landing import ORDERS, land
from tests.support.moments import NOW
from tests.support.places import settings_in

pytestmark = pytest.mark.xdist_group("cases")

CURRENT = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,"
    "Tags\n"
)
OLDER = (
    "First Name,Last Name,Email,Accepts Email Marketing,Company,Address1,Address2,City,Province,Province Code,Country,"
    "Country Code,Zip,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags,Note,Tax Exempt\n"
)
CARDS = "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country\n"
LIST = "Email Address,First Name,Last Name,Birthday,Language,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,CC,TAGS\n"
PROFILES = "Email,Phone Number,Locale,Email Marketing Consent,Email Marketing Consent Timestamp,Country\n"
USERS = "id,role,name,email,locale,created_at,updated_at\n"
PRODUCTS = "Handle,Title,Type,Variant SKU,Variant Price\npan,Pan,Kitchen,P1,20.00\nspade,Spade,Garden,S1,20.00\n"


def account(number: int, first: str, last: str, street: str, code: str) -> str:
    return f"'{number},{first},{last},a{number}@own.example,no,,{street},,York,,GB,{code},,,no,0.00,0,,no,\n"


def older(first: str, last: str, email: str, street: str, code: str) -> str:
    return f"{first},{last},{email},no,,{street},,York,,,United Kingdom,GB,{code},,no,0.00,0,,,no\n"


def card(number: str, name: str, born: str, joined: str = "01.02.2024", home: str = ",,") -> str:
    return f"{number},{name},{born},,{number}@own.example,{home},{joined},GB\n"


def member(email: str, birthday: str = "", language: str = "", country: str = "SE") -> str:
    moment = "2025-03-04 09:00:00"
    return f"{email},,,{birthday},{language},{moment},{moment},{moment},{country},\n"


def order(number: int, buyer: str, days_ago: float, sku: str = "P1", total: str = "20.00") -> str:
    moment = f"{NOW - timedelta(days=days_ago):%Y-%m-%d %H:%M:%S} +0000"
    paid = f"paid,{moment},fulfilled,{moment},GBP,{total},{total},,{moment}"
    return f"#{number},{buyer}@shop.example,{paid},1,Thing,{total},{sku},,0.00,'70{number}\n"


# two cards of one name: nothing but this date of birth could tie them
NAMESAKES = {
    "19700101": ("Lena,Holm", "Lena,Holm"),
    "19000101": ("Rolf,Berg", "Rolf,Berg"),
    "19850101": ("Siri,Dahl", "Dahl,Siri"),
    "20310504": ("Knut,Moe", "Knut,Moe"),
    "18900505": ("Elsa,Frost", "Elsa,Frost"),
    "19840201": ("Jon,Vik", "Jon,Vik"),  # 1 February, the day both cards were given
    "19691231": ("Ida,Lind", "Ida,Lind"),
}
REAL = {"19840203": ("Tor,Ness", "Ness,Tor")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    settings = settings_in(tmp_path_factory.mktemp("people"))
    land_case(settings, "data_4_shopify_street")
    land_homes(settings)
    cards = CARDS
    for at, (born, names) in enumerate((NAMESAKES | REAL).items()):
        cards += card(f"K{at}1", names[0], born) + card(f"K{at}2", names[1], born)
    land(settings, "pos/members_2025-12-01.csv", cards)
    land_languages(settings)
    land_orders(settings)
    return run_cycle(settings, NOW)


def land_homes(settings: Settings) -> None:
    land(
        settings,
        "shopify/customers_export_own_2025-12-01.csv",
        CURRENT
        + account(8001, "Åke", "Sund", "Storgatan 1", "'SE1 9AA")
        + account(8002, "Mia", "Ros", "Mill Lane 4", "YO2 1AB")
        + account(8003, "Mia", "Ros", "Mill Lane 5", "YO2 1AB")
        + account(8004, "Ulla", "Krok", "1 Quay St.", "'yo3 1aa"),
    )
    land(
        settings,
        "shopify/customers_export_older.csv",
        OLDER
        + older("Pia", "Strand", "pia@own.example", "9 Bay Road", "'BN1 1AA")
        + older("Strand", "Pia", "strand@own.example", "9 Bay  Road", "BN1 1AA")
        + older("Krok", "Ulla", "ulla@own.example", "1 Quay St", "YO3 1AA"),
    )
    land(
        settings,
        "pos/members_home_2025-12-01.csv",
        CARDS + card("H1", "Sund,Ake", "", home="storgatan 1,London,SE1 9AA"),
    )
    address = {"address1": "7 High Street", "zip": "LS1 1AA", "country_code": "GB"}
    listed = {"first_name": "Nia", "last_name": "Owen", "created_at": "2025-01-01T10:00:00Z"}
    rest = [
        {"id": 9001, "email": "nia@own.example", "default_address": address, **listed},
        {"id": 9002, "email": "owen@own.example", "addresses": [address], **listed},
    ]
    for each in rest:
        each["updated_at"] = "2025-01-02T10:00:00Z"
    land(settings, "shopify/customers_2025-12-02.json", json.dumps({"customers": rest}))


def land_languages(settings: Settings) -> None:
    land(
        settings,
        "newsletter/subscribed_members_export_2025-12-01.csv",
        LIST
        + member("finn@read.example", language="fi")
        + member("nora@read.example", language="no_NO")
        + member("dieter@read.example", language="de", country="DK")
        + member("ella@read.example", birthday="05/07", language="English")
        + member("olle@read.example", birthday="01/01")
        + member("tove@read.example", birthday="03/04")  # the day she filled in the form
        + member("vera@read.example", birthday="2/29"),
    )
    land(
        settings,
        "klaviyo/klaviyo_list_2025-12-01.csv",
        PROFILES
        + "kim@read.example,,en-GB,SUBSCRIBED,2025-05-01T10:00:00Z,SE\n"
        + "ella@read.example,,sv-SE,SUBSCRIBED,2025-05-01T10:00:00Z,SE\n",
    )
    moments = "2025-05-01T10:00:00Z,2025-05-02T10:00:00Z"
    land(settings, "zendesk/users_2025-12-01.csv", USERS + f"77,end-user,Zoe Zed,zoe@read.example,da,{moments}\n")
    account = {
        "id": 9100,
        "email": "gq@read.example",
        "firstName": "Gia",
        "locale": "sv-SE",
        "updatedAt": "2025-05-02T10:00:00Z",
    }
    land(
        settings, "shopify/graphql_customers_2025-12-03.json", json.dumps({"data": {"customers": {"nodes": [account]}}})
    )
    bought = {
        "id": 9200,
        "name": "#9200",
        "email": "rest@read.example",
        "customer_locale": "sv",
        "created_at": "2025-06-01T10:00:00Z",
        "updated_at": "2025-06-01T10:00:00Z",
        "financial_status": "paid",
        "currency": "GBP",
        "subtotal_price": "20.00",
        "total_price": "20.00",
        "line_items": [{"id": 1, "sku": "P1", "title": "Pan", "quantity": 1, "price": "20.00"}],
    }
    land(settings, "shopify/orders_2025-12-03.json", json.dumps({"orders": [bought]}))


def land_orders(settings: Settings) -> None:
    """Twenty who come back for the kitchen after 40 days, twenty-one for the garden after 100, and single buyers."""
    lines, number = ORDERS, 1000
    for who in range(41):
        sku, gap = ("P1", 40) if who < 20 else ("S1", 100)
        for days_ago in (gap + 3, 3):
            number += 1
            lines += order(number, f"regular{who}", days_ago, sku)
    singles: dict[str, list[tuple[float, str]]] = {
        "kitchen": [(25, "P1")],  # due: 24 days are six tenths of 40
        "kitchen_early": [(23, "P1")],
        "garden": [(25, "S1")],
        "garden_due": [(61, "S1")],
        "twice_in_a_day": [(25, "P1"), (25.1, "P1")],
        "three_in_a_day": [(25, "P1"), (25.05, "P1"), (25.1, "P1")],
        "two_days_running": [(25, "P1"), (25.5, "P1")],  # 22:00 the evening before
        "around_midnight": [(25.41, "P1"), (25.42, "P1")],  # 00:10 and 23:55
    }
    for buyer, orders in singles.items():
        for days_ago, sku in orders:
            number += 1
            lines += order(number, buyer, days_ago, sku)
    land(settings, "shopify/orders_export_2025-12-10.csv", lines)
    land(settings, "shopify/products_export_2025-12-10.csv", PRODUCTS)


def customers_of(run: cycles.Cycle, *addresses: str) -> list[str]:
    """The different customers behind these identifiers."""
    query = "select distinct customer_id from {identifiers} where identifier in (select unnest(cast(? as varchar[])))"
    return [
        str(row["customer_id"]) for row in published.rows(run.settings, query, [list(addresses)], run_id=run.run_id)
    ]


def person(run: cycles.Cycle, email: str) -> dict[str, object]:
    query = (
        "select * from {customers} where customer_id in (select customer_id from {identifiers} where identifier = ?)"
    )
    (found,) = published.rows(run.settings, query, [email], run_id=run.run_id)
    return found


@pytest.mark.parametrize(
    "pair",
    [
        ("nils.m@example.com", "matsson_3@example.org"),
        ("a8001@own.example", "h1@own.example"),
        ("pia@own.example", "strand@own.example"),
        ("a8004@own.example", "ulla@own.example"),
        ("nia@own.example", "owen@own.example"),
    ],
)
def test_two_accounts_of_one_name_at_one_home_are_one_person(run: cycles.Cycle, pair: tuple[str, str]) -> None:
    assert len(customers_of(run, *pair)) == 1


def test_another_house_of_the_same_postcode_is_another_home(run: cycles.Cycle) -> None:
    assert len(customers_of(run, "a8002@own.example", "a8003@own.example")) == 2


@pytest.mark.parametrize("at", range(len(NAMESAKES)), ids=NAMESAKES)
def test_a_placeholder_ties_no_namesakes_and_is_no_birthday(run: cycles.Cycle, at: int) -> None:
    assert len(customers_of(run, f"k{at}1@own.example", f"k{at}2@own.example")) == 2
    assert (person(run, f"k{at}1@own.example")["birthday"], person(run, f"k{at}1@own.example")["birth_year"]) == (
        None,
        None,
    )


def test_a_real_birth_date_ties_them(run: cycles.Cycle) -> None:
    at = len(NAMESAKES)
    assert len(customers_of(run, f"k{at}1@own.example", f"k{at}2@own.example")) == 1
    found = person(run, f"k{at}1@own.example")
    assert (found["birthday"], found["birth_year"]) == ("02-03", 1984)


@pytest.mark.parametrize(
    ("who", "birthday"), [("ella", "05-07"), ("olle", None), ("tove", None), ("vera", "02-29"), ("finn", None)]
)
def test_a_list_tells_day_and_month(run: cycles.Cycle, who: str, birthday: str | None) -> None:
    found = person(run, f"{who}@read.example")
    assert (found["birthday"], found["birth_year"]) == (birthday, None)


@pytest.mark.parametrize(
    ("who", "language"),
    [
        ("finn", "fi"),
        ("nora", "nb"),
        ("dieter", "da"),  # nobody writes German: his country's
        ("ella", "en"),  # the list is trusted before the profile
        ("kim", "en"),
        ("zoe", "da"),
        ("gq", "sv"),
        ("rest", "sv"),
        ("olle", "sv"),  # nobody says: Sweden's
    ],
)
def test_messages_are_asked_for_in_the_language_a_person_reads(run: cycles.Cycle, who: str, language: str) -> None:
    found = person(run, f"{who}@read.example")
    assert (found["language"], found["locale"]) == (language, language)


@pytest.mark.parametrize(
    ("who", "days", "gap", "of"),
    [
        ("kitchen", 1, 40, "category"),
        ("garden", 1, 100, "category"),
        ("twice_in_a_day", 1, 40, "category"),
        ("two_days_running", 2, 1, "own"),
        ("around_midnight", 2, 1, "own"),
        ("regular0", 2, 40, "own"),
    ],
)
def test_a_gap_lies_between_days(run: cycles.Cycle, who: str, days: int, gap: int, of: str) -> None:
    customer_id = person(run, f"{who}@shop.example")["customer_id"]
    query = (
        "select order_day_count, expected_gap_days, expected_by from {customers} as customers "
        "inner join {customer_profiles} as profiles using (customer_id) where customer_id = ?"
    )
    (found,) = published.rows(run.settings, query, [customer_id], run_id=run.run_id)
    assert tuple(found.values()) == (days, gap, of)


def test_a_second_purchase_is_hoped_for_by_the_gap_of_the_category(run: cycles.Cycle) -> None:
    query = (
        "select distinct split_part(identifier, '@', 1) as who from {audience_second_purchase} "
        "inner join {identifiers} using (customer_id) where identifier like '%@shop.example' order by 1"
    )
    inside = [row["who"] for row in published.rows(run.settings, query, run_id=run.run_id)]
    assert inside == ["garden_due", "kitchen", "three_in_a_day", "twice_in_a_day"]


@pytest.mark.parametrize(
    ("late", "is_held"),
    [("shopify.products", True), ("shopify.products_api", True), ("programme.points_movements", False)],
)
def test_a_second_purchase_waits_for_its_own_sources_alone(run: cycles.Cycle, late: str, is_held: bool) -> None:
    late_source = Finding(f"freshness_{late}", "stale", relation=f"source.stammis.{late}")
    journeys = [journey.name for journey in run.journeys]
    holds = every_hold(run.nodes, lineage(run.settings), journeys, [], [late_source])
    held = {hold.journey for hold in holds if hold.check_name == late_source.check_name}
    assert ("second_purchase" in held) == is_held
    assert "win_back" not in held
