"""One identifier has one spelling: whoever wrote it, with whatever in between, it is the same person's or nobody's."""

import json
from contextlib import closing
from datetime import datetime, timedelta

import duckdb
import pytest

from stammis.core.identifiers import fold_email, read_numbering
from stammis.core.settings import Settings
from stammis.intake import ingest
from stammis.privacy import erasure
from stammis.run import cycle as cycles
from stammis.warehouse import published
from tests.support.cases import land_case
from tests.support.cycles import run_cycle
from tests.support.landing import RECEIPTS, land, rows
from tests.support.moments import NOW
from tests.support.places import DBT_PROJECT, settings_in

ALVA = "+46701740611"
MEMBERS_OF_TWO = (
    "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined,country\n"
    "L1,Alva,Ek,,070-174 06 11,Alva@X.example,,,,01.02.2025,SE\nL2,Bo,Ek,,0701740612,,,,,01.02.2025,SE\n"
)


@pytest.mark.parametrize(
    "written",
    [
        "070-174 06 11",
        "070.174.06.11",
        "701740611",  # a spreadsheet took the zero
        "46701740611",
        "0046701740611",
        "+46 (0)70-174 06 11",
        "+460701740611",
        "070\u00a0174\u00a006\u00a011",
        "\u200b0701740611\ufeff",
        "０７０１７４０６１１",
        "'0701740611",
        "tel:+46701740611",
        '"0701740611"',
    ],
)
def test_a_number_is_read_in_any_notation(written: str) -> None:
    assert read_numbering(DBT_PROJECT).phone(written, "SE").e164 == ALVA


@pytest.mark.parametrize(
    ("written", "country", "why"),
    [
        ("4,67017E+10", "SE", "exponent"),
        ("4.67017E10", "SE", "exponent"),
        ("08-123 45 67 ankn 12", "SE", "extension"),
        ("+46701740611 x3", "SE", "extension"),
        ("070-174 06 11/070-174 06 12", "SE", "no country has"),
        ("+46701740611 +46701740612", "SE", "write one number"),
        ("0791234567", "CH", "no country of"),
        ("0791234567", None, "no country of"),
        ("46701740611", "", "no country of"),
        ("12345", "SE", "no country has"),
        ("070-174 06 1", "SE", "no country has"),
        ("-", "SE", "letters"),
    ],
)
def test_what_is_no_number_says_why(written: str, country: str | None, why: str) -> None:
    found = read_numbering(DBT_PROJECT).phone(written, country)
    assert found.e164 is None
    assert why in (found.fault or "")


def test_a_number_of_another_country_is_read_where_it_says_so() -> None:
    numbering = read_numbering(DBT_PROJECT)
    assert numbering.phone("+41 79 123 45 67", None).e164 == "+41791234567"
    assert numbering.phone("4791234567", "NO").e164 == "+4791234567"
    assert numbering.phone("07700 900123", "United Kingdom").e164 == "+447700900123"
    assert numbering.phone(" 46701740621", None, is_international=True).e164 == "+46701740621"
    assert numbering.phone("0701740621", None, is_international=True).e164 is None


@pytest.mark.parametrize(
    "written",
    [
        "Anna@Blåbär.SE",
        "anna@xn--blbr-noae.se",
        "ANNA@XN--BLBR-NOAE.SE",
        "an\u00adna@blåbär.se",
        "\u200banna@blåbär.se ",
        "<anna@blåbär.se>",
        "ａｎｎａ@blåbär.se",
        "anna@bla\u030abär.se",
    ],
)
def test_an_address_is_read_in_either_spelling(written: str) -> None:
    assert fold_email(written) == "anna@xn--blbr-noae.se"


@pytest.mark.parametrize(
    ("kind", "kept", "now"),
    [
        ("phone", "+4646701740611", ALVA),
        ("phone", "+44447700900123", "+447700900123"),
        ("phone", ALVA, None),
        ("phone", "+46462221234", None),  # Lund's own 046
        ("phone", "+4412345", None),
        ("email", "anna@blåbär.se", "anna@xn--blbr-noae.se"),
        ("email", "anna@xn--blbr-noae.se", None),
        ("member_card", "K0101", None),
    ],
)
def test_what_was_kept_in_another_spelling_is_found_again(kind: str, kept: str, now: str | None) -> None:
    assert read_numbering(DBT_PROJECT).respelt(kind, kept) == now


def test_nobody_gets_a_new_id_by_a_new_spelling(settings: Settings) -> None:
    land(settings, "klaviyo/list_2025-12-01.csv", "Email,Phone Number,Email Marketing Consent\n,+46701740611,\n")
    first = run_cycle(settings, NOW)
    (before,) = published.rows(settings, "select customer_id from {identifiers} where identifier_type = 'phone'")
    (file,) = settings.registry.glob("*.parquet")
    assert file.stem == first.run_id
    with closing(duckdb.connect()) as database:
        database.execute(f"create table kept as from read_parquet('{file}')")
        database.execute("update kept set identifier = '+4646701740611', customer_id = 'as_it_was'")
        database.execute(f"copy kept to '{file}' (format parquet)")
    run_cycle(settings, NOW + timedelta(minutes=10))
    (after,) = published.rows(settings, "select customer_id from {identifiers} where identifier_type = 'phone'")
    assert (before["customer_id"] != "as_it_was", after["customer_id"]) == (True, "as_it_was")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> cycles.Cycle:
    settings = settings_in(tmp_path_factory.mktemp("identifiers"))
    for case in ("01", "03"):
        land_case(settings, case)
    return run_cycle(settings, NOW)


def test_people_are_known_by_their_numbers(run: cycles.Cycle) -> None:
    query = "select first_name, phone from {customers} where last_name like 'Ek%' order by first_name"
    assert {row["first_name"]: row["phone"] for row in published.rows(run.settings, query)} == {
        "Alva": ALVA,
        "Bror": None,
        "Cia": None,
        "Dag": "+4791234567",
        "Eir": None,
    }
    counted = published.rows(run.settings, "select count(*) as people from {customers} where first_name = 'Alva'")
    assert counted == [{"people": 1}]


def test_a_stop_closes_the_number_it_came_from(run: cycles.Cycle) -> None:
    query = "select address, state, source from {consents} where address like '+4670174062%' order by address"
    assert [tuple(row.values()) for row in published.rows(run.settings, query)] == [
        (f"+4670174062{last}", "opted_out", "twilio") for last in range(1, 5)
    ]


def test_what_is_no_number_is_counted_with_its_reason(settings: Settings) -> None:
    land_case(settings, "01")
    (note,) = [each.text for each in ingest(settings, NOW).remarks if "members" in each.file and "pos" in each.file]
    assert note.startswith("column 'phone' is no telephone number on 3 rows: ")
    assert "written as an exponent" in note


def test_nobody_comes_back_from_erasure_by_another_spelling(settings: Settings) -> None:
    land_case(settings, "19")
    run_cycle(settings, NOW)
    erasure.erase(settings, "bodil@nord19.example")
    land_case(settings, "19", part="later")
    lists = "Email,First Name,Last Name,Phone Number,Email Marketing Consent"
    for number, (phone, country) in enumerate(
        [("+46 (0)70-174 06 51", ""), ("0701740651", "SE"), ("４６７０１７４０６５１", "SE"), ("+4646701740651", "")]
    ):
        rows = f"{lists},Country\n,Bodil,Uggla,{phone},NEVER_SUBSCRIBED,{country}\n"
        land(settings, f"klaviyo/list_{number}_2025-12-13.csv", rows)
    run_cycle(settings, datetime(2025, 12, 13, 10))  # noqa: DTZ001 - naive UTC, as every stored time
    found = published.rows(settings, "select first_name, email, phone from {customers} where last_name = 'Uggla'")
    assert found == []


@pytest.mark.parametrize("is_gone", [True, False])  # else its first contents are, overwritten
def test_what_was_read_of_a_file_that_is_gone_is_derived_again(settings: Settings, is_gone: bool) -> None:
    for contents in (MEMBERS_OF_TWO, MEMBERS_OF_TWO.replace("Alva", "Siv")):
        path = land(settings, "pos/members_1.csv", contents)
        ingest(settings, NOW)
    before = rows(settings, "pos", "members", "member_card, phone_e164, email_folded, line, file_name")
    assert len(before) == 4
    if is_gone:
        path.unlink()
    manifest = settings.intake / "manifest.jsonl"
    entries = [json.loads(line) for line in manifest.read_text().splitlines()]
    for entry in entries:  # as a version left it that derived nothing
        del entry["derived_by"]
        parquet = settings.intake / entry["source"] / entry["entity"] / f"{entry['file_hash']}.parquet"
        with closing(duckdb.connect()) as database:
            kept = f"select * exclude (phone_e164, phone_fault, email_folded) from '{parquet}'"
            database.execute(f"create table kept as {kept}; copy kept to '{parquet}' (format parquet)")
    manifest.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert all(
        row[1:3] == (None, None) for row in rows(settings, "pos", "members", "member_card, phone_e164, email_folded")
    )
    land(settings, "pos/receipts_1.csv", RECEIPTS)
    for _ in range(2):
        ingest(settings, NOW)
        assert rows(settings, "pos", "members", "member_card, phone_e164, email_folded, line, file_name") == before
    assert "derived_by" in manifest.read_text()
