"""Who is known to every kind of source is forgotten in all of them, by whatever id each of them has."""

import json
import re
import shutil
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest

from stammis.core.settings import Settings
from stammis.core.tombstones import SALT, tombstone
from stammis.intake import Contract, ingest, read_contracts
from stammis.intake.person_keys import keys_of_row
from stammis.intake.store import manifest_of, relation_of
from stammis.ledger import open_ledger
from stammis.ledger.erasure import open_for_erasure
from stammis.privacy.erase_landing import erase_landed
from stammis.privacy.person import Person
from stammis.privacy.places import look_everywhere
from stammis.privacy.request import ErasureRequest, new_request
from tests.support.contracts import AS_OF, Staged
from tests.support.landing import land
from tests.support.places import DBT_PROJECT, settings_in

MOMENT = "2026-11-01T10:00:00"
NORA, BO = "nora@kanarie.example", "bo@x.example"
WORDS = re.compile(rb"kanarie|nora|20978399|7210448301999|70[ -]?174[ -]?07[ -]?77", re.IGNORECASE)
KEYS = {
    f"email|{NORA}",
    "phone|+46701740777",
    "shop_customer|7210448301999",
    "shop_customer|woocommerce:42",
    "contact|zendesk:20978399",
}
DATES = {"date_created_gmt": MOMENT, "date_modified_gmt": MOMENT}
NEWER = DATES | {"date_modified_gmt": "2026-11-02T10:00:00"}
STREET = {"first_name": "Nora", "address_1": "Kanariegatan 7", "country": "SE"}


def woo_order(order: int, customer: int, dates: Mapping[str, str] = DATES, **billing: str) -> dict[str, Any]:
    cup = {"sku": "C1", "name": "Cup", "quantity": 2, "total": "160.00", "total_tax": "40.00"}
    engraved = cup | {"meta_data": [{"key": "engraving", "value": billing.get("first_name", "Bo")}]}
    return {
        "id": order,
        "status": "completed",
        "currency": "SEK",
        "customer_id": customer,
        "billing": billing,
        "line_items": [engraved],
        "refunds": [{"id": 1, "reason": billing.get("first_name", "late"), "total": "-10.00"}],
        **dates,
    }


def rest_order(order: int, customer: int, engraved: str) -> dict[str, Any]:
    paid_back = {"kind": "refund", "status": "success", "amount": "25.00", "receipt": {"payer": engraved}}
    return {
        "id": order,
        "currency": "SEK",
        "subtotal_price": "450.00",
        "financial_status": "paid",
        "note": engraved,
        "fulfillment_status": "fulfilled",
        "created_at": f"{MOMENT}Z",
        "updated_at": f"{MOMENT}Z",
        "customer": {"id": customer},
        "discount_codes": [{"code": "HEJ", "amount": "10.00"}],
        "tags": f"VIP, {engraved}",
        "fulfillments": [{"created_at": "2026-11-02T09:00:00Z"}, {"created_at": "2026-11-03T09:00:00Z"}],
        "line_items": [
            {
                "sku": "C1",
                "name": "Cup",
                "quantity": 2,
                "price": "225.00",
                "properties": [{"name": "Engraving", "value": engraved}],
            }
        ],
        "refunds": [
            {"created_at": f"{MOMENT}Z", "note": engraved, "refund_line_items": [], "transactions": [paid_back]}
        ],
    }


def rest_checkout(checkout: int, customer: int, engraved: str) -> dict[str, Any]:
    properties = [{"name": "Engraving", "value": engraved}]
    return {
        "id": checkout,
        "currency": "SEK",
        "subtotal_price": "450.00",
        "note": engraved,
        "abandoned_checkout_url": f"https://shop.example/{checkout}?for={engraved}",
        "created_at": f"{MOMENT}Z",
        "updated_at": f"{MOMENT}Z",
        "customer": {"id": customer},
        "line_items": [{"sku": "C1", "title": "Cup", "quantity": 2, "price": "225.00", "properties": properties}],
    }


def gift_card(card: int, customer: int, order: int | None, note: str) -> dict[str, Any]:
    return {
        "id": card,
        "last_characters": "c293",
        "initial_value": "500.00",
        "balance": "120.00",
        "currency": "SEK",
        "customer_id": customer,
        "order_id": order,
        "note": note,
        "created_at": f"{MOMENT}Z",
        "updated_at": f"{MOMENT}Z",
    }


IN_GRAPHQL = {
    "id": "gid://shopify/Order/6009",
    "currencyCode": "SEK",
    "subtotalPriceSet": {"shopMoney": {"amount": "100.0"}},
    "displayFinancialStatus": "PAID",
    "createdAt": f"{MOMENT}Z",
    "updatedAt": f"{MOMENT}Z",
    "customer": {"id": "gid://shopify/Customer/7210448301999"},
    "billingAddress": {"name": "Nora"},
    "lineItems": {
        "nodes": [
            {
                "sku": "S1",
                "quantity": 1,
                "originalUnitPriceSet": {"shopMoney": {"amount": "100.0"}},
                "customAttributes": [{"key": "for", "value": "Nora"}],
            }
        ]
    },
}
ACCOUNT = {
    "id": "gid://shopify/Customer/7210448301999",
    "firstName": "Nora",
    "updatedAt": f"{MOMENT}Z",
    "defaultEmailAddress": {"emailAddress": "Nora@Kanarie.example"},
}
FILES = {
    "woocommerce/woo_customers.json": [
        {
            "id": 42,
            "email": "Nora@Kanarie.example",
            "first_name": "Nora",
            "last_name": "Hansen",
            "billing": STREET | {"phone": "070-174 07 77"},
            **DATES,
        },
        {"id": 421, "email": BO, "first_name": "Bo", "billing": {"country": "SE"}, **DATES},
    ],
    "woocommerce/woo_orders.json": [
        woo_order(501, 0, **STREET),  # before she signed in
        woo_order(501, 42, NEWER, **STREET),
        woo_order(502, 421, email=BO),
        woo_order(503, 0, email=BO),
        woo_order(504, 0),
    ],
    "woocommerce/woo_order-refunds.json": [
        {"id": 901, "parent_id": 501, "amount": "10.00", "reason": "Nora called", **DATES},
        {
            "id": 902,
            "amount": "5.00",
            "reason": "Kanarie",
            "_links": {"up": [{"href": "https://x/orders/501"}]},
            **DATES,
        },
        {"id": 903, "parent_id": 502, "amount": "7.00", "reason": "Bo called", **DATES},
    ],
    "shopify/graphql_customers_1.json": {"data": {"customers": {"nodes": [ACCOUNT]}}},
    "shopify/orders_1.json": {
        "orders": [rest_order(6007, 7210448301999, "Nora"), rest_order(6008, 7210448301100, f"for {NORA} from Bo")]
    },
    "shopify/graphql_orders_1.json": {"data": {"orders": {"edges": [{"node": IN_GRAPHQL}]}}},
    "shopify/refund_1.json": {"refund": {"id": 9, "order_id": 6009, "note": "Kanarie", "created_at": f"{MOMENT}Z"}},
    "shopify/checkouts_1.json": {
        "checkouts": [
            rest_checkout(31, 7210448301999, "Nora"),
            rest_checkout(32, 7210448301100, "Bo"),
            rest_checkout(33, 7210448301100, f"for {NORA} from Bo"),
        ]
    },
    "shopify/gift_cards_1.json": {
        "gift_cards": [
            gift_card(41, 7210448301999, None, "Nora"),
            gift_card(42, 7210448301100, 6007, "from Nora"),  # she bought it, for somebody else
            gift_card(43, 7210448301100, 6008, "Bo"),
        ]
    },
    "zendesk/tickets_1.json": [
        {
            "id": 1,
            "requester_id": 20978399,
            "status": "open",
            "subject": "Nora asks",
            "tags": ["nora", "retur"],
            "created_at": f"{MOMENT}Z",
            "updated_at": f"{MOMENT}Z",
        },
        {
            "id": 2,
            "requester_id": 20978400,
            "status": "open",
            "subject": "Bo asks",
            "created_at": f"{MOMENT}Z",
            "updated_at": f"{MOMENT}Z",
        },
    ],
    "zendesk/users_1.csv": "id,role,email,phone,name,notes,created_at,updated_at\n"
    f"20978399,end-user,{NORA},,Nora Hansen,Kanariegatan,{MOMENT}Z,{MOMENT}Z\n"
    f"20978400,end-user,{BO},,Bo Ek,,{MOMENT}Z,{MOMENT}Z\n111222333,agent,ag@x.example,,Ag Ent,,{MOMENT}Z,{MOMENT}Z\n",
    "zendesk/ticket_comments_1.csv": "id,ticket_id,user_id,public,created,body\n"
    f"11,1,20978399,TRUE,{MOMENT}Z,I live in Kanariegatan\n12,1,111222333,TRUE,{MOMENT}Z,Dear Nora\n"
    f"13,2,20978400,TRUE,{MOMENT}Z,I am Bo\n14,2,111222333,TRUE,{MOMENT}Z,Dear Bo\n"
    f"15,2,20978399,TRUE,{MOMENT}Z,I am Nora and know Bo\n",
    "klaviyo/profiles_1.csv": "Email,Phone Number,First Name,Address,Country,Email Marketing Consent\n"
    f"{NORA},+46701740777,Nora,Kanariegatan 7,SE,SUBSCRIBED\n{BO},,Bo,Storgatan 1,SE,SUBSCRIBED\n",
    "yotpo/yotpo_1.csv": "review_content,review_score,date,product_id,display_name,email\n"
    f"From Kanariegatan,5,2026-05-02,77,Nora H.,{NORA}\nFine,4,2026-05-02,77,Bo,{BO}\n",
    "surveys/answers_1.csv": "survey,question,answer,score,customer,email,phone,answered_at\n"
    f"nps,why,I am Nora,9,7210448301999,,,{MOMENT}Z\nnps,why,Ask {NORA},8,,{BO},,{MOMENT}Z\n"
    f"nps,recommend,,3,,,,{MOMENT}Z\n",
    "manual/merges_1.csv": "decided_at,one,other,decided_by,reason\n"
    f"{MOMENT}Z,{NORA.upper()},woocommerce:42,desk,Nora called\n{MOMENT}Z,{BO},woocommerce:421,desk,Bo called\n",
    "manual/splits_1.csv": f"decided_at,one,other,decided_by,reason\n{MOMENT}Z,{BO},{NORA},desk,Bo is not Nora\n",
}
# what of a table is summed: none of it may change, whoever is gone
SUMMED = {
    "woocommerce.orders": ("id", "line_items", "refunds", "date_created_gmt"),
    "woocommerce.refunds": ("id", "parent_id", "order_link", "amount"),
    "shopify.gift_cards_api": ("id", "last_characters", "initial_value", "balance", "currency", "order_id"),
    "shopify.orders_api": (
        "id",
        "subtotal",
        "discount_code",
        "discount_codes",
        "line_items",
        "refunds",
        "fulfilled_at",
    ),
    "shopify.refunds_api": ("id", "order_id"),
    "zendesk.tickets": ("id", "status", "created_at"),
    "yotpo.reviews": ("review_score", "product_id", "date"),
    "surveys.answers": ("survey", "question", "score"),
}
NUMBERS = ("sku", "quantity", "price", "total", "total_tax", "amount", "transactions", "originalUnitPriceSet")
Table = dict[tuple[str, int], dict[str, Any]]


def rows_of(settings: Settings) -> dict[str, Table]:
    """Every row as it was taken in, by table, file and line."""
    found: dict[str, Table] = {}
    manifest = manifest_of(settings)
    for contract in read_contracts(settings.dbt_project):
        with closing(duckdb.connect()) as database:
            result = database.execute(str(relation_of(settings, contract, manifest.of(contract))))
            names = [column[0] for column in result.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        found[f"{contract.source}.{contract.entity}"] = {(row.pop("file_hash"), row["line"]): row for row in rows}
    return found


def numbers(value: Any) -> Any:
    """A cell; of a list, what is counted."""
    if isinstance(value, str) and value.startswith("["):
        value = json.loads(value)
    if isinstance(value, dict):
        return {key: numbers(inner) for key, inner in value.items() if key in NUMBERS}
    return [numbers(inner) for inner in value] if isinstance(value, list) else value


def summed(rows: Mapping[str, Table], table: str) -> list[str]:
    return sorted(str([numbers(row[column]) for column in SUMMED[table]]) for row in rows[table].values())


def land_all(settings: Settings, ending: str = "") -> None:
    for place, content in FILES.items():
        again = place.replace("_1.", f"_1{ending}.").replace(".json", f"{ending}.json")
        land(settings, again, content if isinstance(content, str) else json.dumps(content))


def hits(settings: Settings) -> list[str]:
    return sorted(hit.file for hit in look_everywhere(settings, WORDS) if hit)


@dataclass
class Forgotten:
    settings: Settings
    request: ErasureRequest
    before: dict[str, Table]


@pytest.fixture(scope="module")
def forgotten(tmp_path_factory: pytest.TempPathFactory) -> Forgotten:
    """Everything landed, taken in, and Nora taken out of it, of whom the address and the name are known."""
    folder = tmp_path_factory.mktemp("sources")
    settings = settings_in(folder)
    land_all(settings)
    ingest(settings, AS_OF)
    before = rows_of(settings)
    person = Person(("c1",), frozenset({f"email|{NORA}"}), names=("nora", "hansen"))
    request = new_request(settings, person)
    erase_landed(settings, request, lambda _: None)
    request.path.unlink()
    return Forgotten(settings, request, before)


def test_every_row_was_taken_in(forgotten: Forgotten) -> None:
    assert {table: len(rows) for table, rows in forgotten.before.items() if rows} == {
        "klaviyo.profiles": 2,
        "manual.merges": 2,
        "manual.splits": 1,
        "shopify.checkouts_api": 3,
        "shopify.customers_api": 1,
        "shopify.gift_cards_api": 3,
        "shopify.orders_api": 3,
        "shopify.refunds_api": 1,
        "surveys.answers": 3,
        "woocommerce.customers": 2,
        "woocommerce.orders": 5,
        "woocommerce.refunds": 3,
        "yotpo.reviews": 2,
        "zendesk.comments": 5,
        "zendesk.tickets": 2,
        "zendesk.users": 3,
    }


def test_the_ids_of_all_systems_are_found_by_the_accounts(forgotten: Forgotten) -> None:
    assert forgotten.request.person.own == KEYS


def test_nothing_of_them_is_left(forgotten: Forgotten) -> None:
    assert hits(forgotten.settings) == []
    after = rows_of(forgotten.settings)
    assert [row["customer_id"] for row in after["woocommerce.orders"].values()] == [None, None, "421", "0", "0"]


def test_sums_stay(forgotten: Forgotten) -> None:
    after = rows_of(forgotten.settings)
    for table in SUMMED:
        assert summed(forgotten.before, table) == summed(after, table), table


def test_who_wrote_to_somebody_elses_ticket_takes_their_own_words_only(forgotten: Forgotten) -> None:
    after = rows_of(forgotten.settings)
    assert sorted(str(row["id"]) for row in after["zendesk.comments"].values()) == ["13", "14"]
    assert {str(row["id"]): row["requester_id"] for row in after["zendesk.tickets"].values()} == {
        "1": None,
        "2": "20978400",
    }


def test_a_checkout_goes_with_its_person_and_a_gift_card_stays_without(forgotten: Forgotten) -> None:
    after = rows_of(forgotten.settings)
    assert sorted(str(row["id"]) for row in after["shopify.checkouts_api"].values()) == ["32", "33"]
    assert {str(row["id"]): row["customer_id"] for row in after["shopify.gift_cards_api"].values()} == {
        "41": None,
        "42": None,
        "43": "7210448301100",
    }


def test_tags_go_with_whom_they_are_about(forgotten: Forgotten) -> None:
    after = rows_of(forgotten.settings)
    tags = {str(row["id"]): row["tags"] for row in after["shopify.orders_api"].values()}
    assert tags == {"6007": None, "6008": "VIP, for  from Bo", "gid://shopify/Order/6009": None}
    assert {str(row["id"]): row["tags"] for row in after["zendesk.tickets"].values()} == {"1": None, "2": None}


def test_rows_of_others_stay_as_they_are(forgotten: Forgotten) -> None:
    after = rows_of(forgotten.settings)
    theirs = {(".".join(key[:2]), key[2], line) for key, lines in forgotten.request.rows.items() for line in lines}
    for table, rows in forgotten.before.items():
        left = [{**row, "line": 0} for row in after[table].values()]
        others = [row for (hash, line), row in rows.items() if (table, hash, line) not in theirs]
        changed = [row for row in others if {**row, "line": 0} not in left]
        # these named her address, which is cut out
        assert len(changed) == {"surveys.answers": 1, "shopify.orders_api": 1, "shopify.checkouts_api": 1}.get(
            table, 0
        ), table


def test_exports_that_land_again_are_rid_of_them(forgotten: Forgotten, settings: Settings) -> None:
    shutil.copytree(forgotten.settings.data, settings.data)
    shutil.copytree(forgotten.settings.landing, settings.landing)
    secret, request = settings.derived_key(SALT), forgotten.request
    with open_ledger(settings):
        pass
    with open_for_erasure(settings) as ledger:
        own, parents = ({tombstone(secret, key) for key in keys} for keys in (request.person.own, request.parent_keys))
        ledger.request(["c1"], own, parents)
    land_all(settings, "_again")
    said = ingest(settings, AS_OF)
    # also what carries no key of theirs: notes of refunds, our answers, a version from before they signed in
    assert hits(settings) == []
    assert {place for place in FILES} <= {note.file.replace("_again", "") for note in said.remarks}
    assert not ingest(settings, AS_OF).remarks


def test_what_was_emptied_is_read_again_as_it_is(forgotten: Forgotten, settings: Settings) -> None:
    shutil.copytree(forgotten.settings.landing, settings.landing)
    secret = settings.derived_key(SALT)
    with open_ledger(settings):
        pass
    with open_for_erasure(settings) as ledger:
        ledger.request(["c1"], set(), {tombstone(secret, key) for key in forgotten.request.parent_keys})
    files = {path: path.read_bytes() for path in settings.landing.rglob("*") if path.is_file()}
    said = ingest(settings, AS_OF)
    assert not [note for note in said.remarks if "erased" in note.text]
    assert files == {path: path.read_bytes() for path in files}
    assert rows_of(settings).keys() == rows_of(forgotten.settings).keys()


def keys_read(staged: Staged, contract: Contract) -> set[str]:
    entries = manifest_of(staged.settings).of(contract)
    rows = str(relation_of(staged.settings, contract, entries))
    keys = keys_of_row(contract)
    with closing(duckdb.connect()) as database:
        found = database.execute(f"select distinct unnest({keys}) from ({rows})").fetchall()
    return {key for (key,) in found if key.startswith("shop_customer|")}


@pytest.mark.xdist_group("contracts")
@pytest.mark.parametrize(
    ("table", "model"),
    [
        ("woocommerce.customers", "stg_woocommerce__contacts"),
        ("woocommerce.orders", "stg_woocommerce__orders"),
        ("shopify.customers_api", "stg_shopify__contacts_api"),
        ("shopify.orders_api", "stg_shopify__orders_api"),
        ("shopify.checkouts_api", "stg_shopify__checkouts"),
        ("shopify.gift_cards_api", "stg_shopify__gift_cards"),
        ("surveys.answers", "stg_surveys__survey_answers"),
    ],
)
def test_a_key_read_off_a_landed_row_is_the_one_that_staging_makes(staged: Staged, table: str, model: str) -> None:
    (contract,) = [each for each in read_contracts(DBT_PROJECT) if f"{each.source}.{each.entity}" == table]
    made = staged.rows(f"select distinct 'shop_customer|' || shop_customer from staging.{model}")
    assert {key for (key,) in made if key} == keys_read(staged, contract)
