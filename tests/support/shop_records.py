"""Records in a shop's newest API fields, which the published samples are too old to have."""

PRESENTMENT = {"shop_money": {"amount": "450.00"}, "presentment_money": {"amount": "39.90", "currency_code": "EUR"}}
# The order of the CSV export, which the API reports again later: half of it has come back by now.
CHANGED = {
    "id": 6007,
    "email": "asa@post.example",
    "phone": None,
    "currency": "SEK",
    "presentment_currency": "EUR",
    "subtotal_price": "450.00",
    "current_subtotal_price": "250.00",
    "subtotal_price_set": PRESENTMENT,
    "financial_status": "partially_refunded",
    "fulfillment_status": "fulfilled",
    "source_name": "web",
    "created_at": "2026-10-01T10:00:00+02:00",
    "processed_at": "2026-10-01T10:00:00+02:00",
    "cancelled_at": None,
    "updated_at": "2026-11-10T10:00:00+01:00",
    "customer": {"id": 7210448301122},
    "test": False,
    "shipping_address": {"country_code": "SE"},
    "billing_address": {"phone": "070-174 06 05", "country_code": "SE"},
    "discount_codes": [{"code": "HEJ", "amount": "50.00", "type": "fixed_amount"}],
    "fulfillments": [{"created_at": "2026-10-02T09:00:00+02:00"}, {"created_at": "2026-10-03T09:00:00+02:00"}],
    "line_items": [
        {"sku": "C1", "name": "Cup", "quantity": 2, "price": "200.00", "total_discount": "50.00"},
        {"sku": "S1", "name": "Saucer", "quantity": 1, "price": "100.00", "total_discount": "0.00"},
    ],
    "refunds": [
        {
            "id": 901,
            "created_at": "2026-11-10T10:00:00+01:00",
            "refund_line_items": [{"quantity": 1, "subtotal": "175.00", "line_item": {"price": "200.00"}}],
            "transactions": [{"kind": "refund", "status": "success", "amount": "224.00"}],
        },
        {
            "id": 902,
            "created_at": "2026-11-10T11:00:00+01:00",
            "refund_line_items": [],
            "transactions": [
                {"kind": "refund", "status": "success", "amount": "25.00"},
                {"kind": "refund", "status": "failure", "amount": "25.00"},
            ],
        },
    ],
}
# Taken at the till of the same shop, not yet paid.
GUEST = {
    "id": 6008,
    "email": "",
    "phone": "+46701740999",
    "currency": "SEK",
    "subtotal_price": "80.00",
    "financial_status": "pending",
    "fulfillment_status": None,
    "source_name": "pos",
    "customer": None,
    "created_at": "2026-11-19T10:00:00+01:00",
    "updated_at": "2026-11-19T10:00:00+01:00",
    "line_items": [{"sku": "C1", "name": "Cup", "quantity": 1, "price": "80.00"}],
    "refunds": [],
}
IN_GRAPHQL = {
    "id": "gid://shopify/Order/6009",
    "email": "asa@post.example",
    "currencyCode": "SEK",
    "subtotalPriceSet": {"shopMoney": {"amount": "100.0"}},
    "displayFinancialStatus": "REFUNDED",
    "displayFulfillmentStatus": "UNFULFILLED",
    "createdAt": "2026-11-01T10:00:00Z",
    "updatedAt": "2026-11-02T10:00:00Z",
    "customer": {"id": "gid://shopify/Customer/7210448301122"},
    "discountCode": "HEJ",
    "sourceName": "web",
    "lineItems": {
        "nodes": [
            {"sku": "S1", "name": "Saucer", "quantity": 1, "originalUnitPriceSet": {"shopMoney": {"amount": "100.0"}}}
        ]
    },
    "refunds": [
        {
            "id": "gid://shopify/Refund/903",
            "createdAt": "2026-11-02T10:00:00Z",
            "refundLineItems": {"nodes": [{"quantity": 1, "subtotalSet": {"shopMoney": {"amount": "100.0"}}}]},
        }
    ],
}
# One webhook body on each line: a yes with its proof, a no, a yes by SMS that was never confirmed.
CONSENTING = [
    {
        "customer": {
            "id": 7210448301122,
            "email": "asa@post.example",
            "phone": "+46701740605",
            "first_name": "Åsa",
            "updated_at": "2026-11-05T10:00:00+01:00",
            "email_marketing_consent": {
                "state": "subscribed",
                "opt_in_level": "confirmed_opt_in",
                "consent_updated_at": "2026-03-01T12:00:00+01:00",
            },
            "sms_marketing_consent": {
                "state": "pending",
                "opt_in_level": "confirmed_opt_in",
                "consent_updated_at": "2026-03-01T12:00:00+01:00",
            },
        }
    },
    {
        "customer": {
            "id": 88,
            "email": "no@post.example",
            "updated_at": "2026-11-05T10:00:00+01:00",
            "accepts_marketing": False,
            "accepts_marketing_updated_at": "2026-04-01T12:00:00+02:00",
        }
    },
]
