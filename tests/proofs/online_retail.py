"""Online Retail, a real shop's year of 541,909 lines, through intake, models and gate as they are.

The mapping: its lines are a till's receipts, `landing/pos/receipts_*.csv`. InvoiceNo is the receipt, CustomerID the
card, StockCode the article, Quantity times UnitPrice the line's total; an invoice that begins with C is a return. The
set has no addresses, so each card gets one of example.org. The shop's own numbers stay the customers' ids, by a
registry file laid before the first run, as for any shop that moves in: the published counts break ties by them.
"""

import shutil
from pathlib import Path

import duckdb

from tests.proofs.commands import project_with, query, run
from tests.support.places import SAMPLES

AS_OF = "2011-12-11T00:00:00Z"


def comma(amount: str) -> str:
    """SQL of an amount as the tills write it."""
    return f"replace(cast({amount} as varchar), '.', ',')"


LINES = "read_parquet('{parquet}', file_row_number = true)"
RECEIPTS = f"""
copy (
    select
        InvoiceNo as receipt_no, 'online' as store, '1' as till,
        strftime(InvoiceDate + to_years({{years}}), '%d.%m.%Y %H:%M') as sold_at,
        null as member_phone, 'customer' || CustomerID || '@example.org' as member_email, CustomerID as member_card,
        StockCode as sku, Description as item,
        {comma("Quantity")} as qty, {comma("UnitPrice")} as unit_price, {comma("Quantity * UnitPrice")} as line_total,
        case when InvoiceNo like 'C%' or Quantity < 0 then 'return' else 'sale' end as kind,
        row_number() over (partition by InvoiceNo order by file_row_number) as line_no,
        'GB' as country
    from {LINES} where {{part}} order by file_row_number
) to '{{target}}' (header, delimiter ',')
"""
NUMBERS = f"""
copy (
    select
        'member_card' as identifier_type, cast(CustomerID as varchar) as identifier,
        cast(CustomerID as varchar) as customer_id, min(InvoiceDate) as assigned_at, min(InvoiceDate) as identified_at
    from {LINES} where CustomerID is not null group by CustomerID
) to '{{target}}' (format parquet)
"""
# The published figures leave out returns, and lines without a price or a customer.
REVENUE = """
select sum(lines.line_total)
from {order_lines} as lines inner join {orders} as orders on lines.order_id = orders.order_id
where orders.is_kept and orders.customer_id is not null and lines.line_total > 0
"""
SEGMENTS = "select rfm_segment, count(*) from {customers} where rfm_segment is not null group by rfm_segment"
PUBLISHED = {
    "about_to_sleep": 352,
    "at_risk": 593,
    "cant_loose": 63,
    "champions": 633,
    "hibernating": 1071,
    "loyal": 819,
    "need_attention": 187,
    "new": 42,
    "potential_loyalists": 484,
    "promising": 94,
}
STABLE = ("customers", "identifiers", "orders", "order_lines")


def online_retail_is_as_published(work: Path, samples: Path) -> str:
    """Issue 5: Online Retail's ten RFM counts and its revenue are exact."""
    move_in(samples, work / "retail_data")
    land(samples, work / "retail", "receipts_2011-12-10.csv")
    said = run(work / "retail_data", work / "retail", as_counted(work), AS_OF)
    assert "541,909 loaded" in said and "Nothing due" in said, said
    return f"{figures(work / 'retail_data')} of {sum(PUBLISHED.values()):,} customers in {len(PUBLISHED)} segments"


def online_retail_twice_or_in_halves_is_the_same(work: Path, samples: Path) -> str:
    """Issue 5: Online Retail landed twice, or in halves that overlap by a month, changes nothing."""
    first = fingerprints(work / "retail_data")
    shutil.copy(work / "retail/pos/receipts_2011-12-10.csv", work / "retail/pos/receipts_2011-12-10_again.csv")
    again = run(work / "retail_data", work / "retail", as_counted(work), AS_OF)
    assert "0 loaded, 541,909 duplicate" in again, again
    assert fingerprints(work / "retail_data") == first, "landing it twice changed a mart"
    move_in(samples, work / "halves_data")
    land(samples, work / "halves", "receipts_2011-07-15.csv", "InvoiceDate < timestamp '2011-07-15'")
    land(samples, work / "halves", "receipts_2011-12-10.csv", "InvoiceDate >= timestamp '2011-06-15'")
    run(work / "halves_data", work / "halves", as_counted(work), AS_OF)
    assert fingerprints(work / "halves_data") == first, "landing it in halves changed a mart"
    return f"{', '.join(STABLE)}: equal hashes, three ways; {figures(work / 'halves_data')}"


def online_retail_shifted_is_held(work: Path, samples: Path) -> str:
    """Issue 5: a copy of Online Retail whose dates are shifted by 12 years is held, and counts nowhere."""
    land(samples, work / "retail", "receipts_2011-12-10_shifted.csv", years=12)
    said = run(work / "retail_data", work / "retail", as_counted(work), AS_OF)
    held = next(line for line in said.splitlines() if line.startswith("Held"))
    assert "welcome, win_back by not_dated_ahead_stg_pos__order_lines" in held, said
    return f"{held.partition(':')[0]}: {held[held.index('by ') : held.index(')') + 1]}; {figures(work / 'retail_data')}"


def as_counted(work: Path) -> Path:
    """A project that counts as the published figures do: a purchase stays one, whatever comes back of it."""
    place = work / "as_counted"
    if not place.exists():
        project_with(place, "dbt_project/seeds/limits.csv", "till_return_days,90", "till_return_days,0")
    return place


def land(samples: Path, folder: Path, name: str, part: str = "true", years: int = 0) -> None:
    """Write a part of the year as a till's export."""
    (folder / "pos").mkdir(parents=True, exist_ok=True)
    target = folder / "pos" / name
    duckdb.sql(RECEIPTS.format(parquet=year(samples), part=part, years=years, target=target))


def move_in(samples: Path, data: Path) -> None:
    """An empty data folder that knows the shop's own customer numbers."""
    (data / "registry").mkdir(parents=True)
    duckdb.sql(NUMBERS.format(parquet=year(samples), target=data / "registry" / "moved_in.parquet"))


def year(samples: Path) -> Path:
    return SAMPLES / "uci_online_retail" / "online_retail.parquet"


def figures(data: Path) -> str:
    """The revenue, in words. Fails where it or one of the ten counts is another."""
    counts, ((revenue,),) = dict(query(data, SEGMENTS)), query(data, REVENUE)
    assert counts == PUBLISHED, counts
    assert str(revenue).rstrip("0") == "8911407.904", revenue
    return f"revenue {revenue:,}"


def fingerprints(data: Path) -> dict[str, str]:
    """A hash of each mart; but for received_at, which is the file's."""
    text = (
        "select md5(string_agg(cast(line as varchar), chr(10) order by cast(line as varchar))) "
        "from (select columns(lambda name: name <> 'received_at') from {%s}) as line"
    )
    return {table: str(query(data, text % table)[0][0]) for table in STABLE}
