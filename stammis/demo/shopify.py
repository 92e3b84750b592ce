"""The exports of the demo's web shop: orders, customers and products, each a query over tables_sql.py's tables."""

from stammis.demo.names import SHOPIFY_ORDER_COLUMNS

# columns on every line of an order, and those on its first line alone
ON_EVERY_LINE = {
    "Name": "name",
    "Email": "case when number % 25 = 0 then upper(email) else email end",
    "Created at": "shop_time(sold_at)",
    "Lineitem quantity": "quantity",
    "Lineitem name": "product_name",
    "Lineitem price": "money(price)",
    "Lineitem sku": "sku",
    "Lineitem requires shipping": "'true'",
    "Lineitem taxable": "'true'",
    "Lineitem fulfillment status": "case when sent_at > 0 then 'fulfilled' else 'pending' end",
}
PHONE = "case when has_phone and shows_phone then apostrophe(written(nsn, dial, code, number)) end"
ON_FIRST_LINE = {
    "Financial Status": "['paid', 'refunded', 'partially_refunded', 'voided', 'pending'][1 + status]",
    "Paid at": "case when status < 3 then shop_time(sold_at) end",
    "Fulfillment Status": "case when sent_at > 0 then 'fulfilled' else 'unfulfilled' end",
    "Fulfilled at": "case when sent_at > 0 then shop_time(sent_at) end",
    "Accepts Marketing": "case when email_flag then 'yes' else 'no' end",
    "Currency": "currency",
    "Subtotal": "money(subtotal)",
    "Shipping": "money(shipping)",
    "Taxes": "money(taxes)",
    "Total": "money(total)",
    "Discount Code": "case when has_code then 'HOSTMYS10' end",
    "Discount Amount": "money(discount)",
    "Billing Name": "coalesce(full_name, last_name)",
    "Billing Street": "address",
    "Billing Address1": "address",
    "Billing City": "city_name",
    "Billing Zip": "'''' || zip",
    "Billing Country": "code",
    "Billing Phone": PHONE,
    "Shipping Name": "coalesce(full_name, last_name)",
    "Shipping City": "city_name",
    "Shipping Zip": "'''' || zip",
    "Shipping Country": "code",
    "Cancelled at": "case when status = 3 then shop_time(sold_at + 3600) end",
    "Payment Method": "'Shopify Payments'",
    "Refunded Amount": "money(refunded)",
    "Id": "invoice",
    "Risk Level": "'Low'",
    "Source": "'web'",
    "Phone": PHONE,
}


def fill(column: str) -> str:
    """SQL of one of Shopify's order columns; empty if the shop has no value for it."""
    first = f"case when line_no = 1 then {ON_FIRST_LINE[column]} end" if column in ON_FIRST_LINE else "null"
    return f'{ON_EVERY_LINE.get(column, first)} as "{column}"'


SHOPIFY_ORDERS = f"""
select {", ".join(fill(column) for column in SHOPIFY_ORDER_COLUMNS.split("|"))}
from orders join people using (person) join lines using (number)
where not in_store
order by web_number, line_no
"""

SHOPIFY_CUSTOMERS = """
select
    '''' || shop_customer as "\ufeffCustomer ID",
    first_name as "First Name",
    last_name as "Last Name",
    email as "Email",
    case when email_flag then 'yes' else 'no' end as "Accepts Email Marketing",
    null as "Default Address Company",
    address as "Default Address Address1",
    null as "Default Address Address2",
    city_name as "Default Address City",
    null as "Default Address Province Code",
    code as "Default Address Country Code",
    '''' || zip as "Default Address Zip",
    null as "Default Address Phone",
    case when has_phone then '''' || phone end as "Phone",
    case when has_sms then 'yes' else 'no' end as "Accepts SMS Marketing",
    money(coalesce(ore, 0)::bigint) as "Total Spent",
    coalesce(many, 0) as "Total Orders",
    null as "Note",
    'no' as "Tax Exempt",
    case when many >= 6 then 'vip' end as "Tags",
from account_holders left join spent using (person)
order by person
"""


SHOPIFY_PRODUCTS = """
select
    regexp_replace(strip_accents(lower(product_name)), '[^a-z0-9]+', '-', 'g') as "Handle",
    product_name as "Title",
    null as "Body (HTML)",
    'Lindvall' as "Vendor",
    kind as "Type",
    null as "Tags",
    'true' as "Published",
    'Title' as "Option1 Name",
    'Default Title' as "Option1 Value",
    'LV-' || (1001 + product) as "Variant SKU",
    money(ore) as "Variant Price",
    'active' as "Status",
from products
order by product
"""
