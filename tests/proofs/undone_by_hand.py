"""Issue 5: what is merged or split by hand wins over the keys, and undone gives everybody their id back."""

from pathlib import Path

from tests.proofs.commands import query, run, stammis

MANUAL = "decided_at,one,other,undo,decided_by,reason\n"
CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Phone,"
    "Accepts SMS Marketing,Tags\n"
    "'7001,Eva,Ek,eva@example.com,yes,SE,,no,\n"
    "'7002,Eva,Alm,eva.alm@example.com,yes,SE,,no,\n"
    "'7003,Jan,Holm,jan@example.com,yes,SE,+46701740605,no,\n"
)
MEMBERS = (
    "member_card,given_name,surname,dob,phone,email,street,city,postcode,joined\n"
    "M0001,Jan,Holm,,+46 70-174 06 05,jan.holm@example.com,,,,01.02.2025\n"
)
RECEIPTS = (
    "receipt_no,store,till,sold_at,member_phone,member_email,member_card,sku,item,qty,unit_price,line_total,kind,line_no\n"
    '1,S1,1,01.12.2025 12:00,,,M0001,20725,Lunch bag,1,"9,50","9,50",sale,1\n'
)


def land(landing: Path, place: str, text: str) -> None:
    (landing / place).parent.mkdir(parents=True, exist_ok=True)
    (landing / place).write_text(text, encoding="utf-8")


def ids(data: Path) -> dict[object, object]:
    """identifier → customer id, of e-mail addresses and cards."""
    wanted = "select identifier, customer_id from {identifiers} where identifier_type in ('email', 'member_card')"
    return dict(query(data, wanted))


def by_hand_wins_and_is_undone(work: Path, samples: Path) -> str:
    """Issue 5: a merge and a split by hand win over every key; undone, each has the id back that they had."""
    landing, data = work / "by_hand" / "landing", work / "by_hand" / "data"
    land(landing, "shopify/customers_export_2025-12-08.csv", CUSTOMERS)
    land(landing, "pos/members_2025-12-08.csv", MEMBERS)
    land(landing, "pos/receipts_2025-12-08.csv", RECEIPTS)
    run(data, landing, as_of="2025-12-10T10:00:00Z")
    before = ids(data)
    assert before["eva@example.com"] != before["eva.alm@example.com"], before
    assert before["jan@example.com"] == before["M0001"] == before["jan.holm@example.com"], before
    jan = stammis("customer", "M0001", "--data", data)
    assert "member:M0001, joined by phone and names" in jan, jan

    merge, split = "eva@example.com,7002", "jan@example.com,m0001"
    land(landing, "manual/merges_2025-12-11.csv", MANUAL + f"2025-12-11T08:00:00Z,{merge},,eva,she married\n")
    land(landing, "manual/splits_2025-12-11.csv", MANUAL + f"2025-12-11T08:00:00Z,{split},,eva,father and son\n")
    run(data, landing, as_of="2025-12-11T10:00:00Z")
    decided = ids(data)
    assert decided["eva@example.com"] == decided["eva.alm@example.com"] in before.values(), decided
    stays, leaves = decided["jan@example.com"], decided["M0001"]
    assert stays != leaves == decided["jan.holm@example.com"], decided
    assert before["M0001"] in (stays, leaves), decided
    receipts = query(data, "select customer_id from {orders}")
    assert receipts == [(leaves,)], receipts
    said = stammis("identity", "--data", data)
    for words in (
        "Became one person in this run: 1",
        "Parted in this run: 1",
        "Held together by hand: 1",
        "Held apart by hand: 1",
        "jan@example.com = M0001, by eva",
    ):
        assert words in said, said

    undo = "2025-12-12T08:00:00Z,{},yes,eva,not so\n"
    land(landing, "manual/merges_2025-12-12.csv", MANUAL + undo.format(merge))
    land(landing, "manual/splits_2025-12-12.csv", MANUAL + undo.format(split))
    run(data, landing, as_of="2025-12-12T10:00:00Z")
    assert ids(data) == before, (before, ids(data))
    aliases = dict(query(data, "select alias_id, customer_id from {customer_aliases}"))
    assert aliases[stays] == aliases[leaves] == before["M0001"], aliases
    return f"{len(before)} identifiers, {len(set(before.values()))} people; merged, parted, and as they were"
