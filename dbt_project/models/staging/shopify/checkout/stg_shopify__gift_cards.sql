with

source as (

    {{ last_in_file(source('shopify', 'gift_cards_api'), 'id', 'updated_at') }}

),

renamed as (

    select
        ---------- ids
        'shopify:' || {{ regex_remove('id', '^.*/') }} as gift_card_id,
        'shopify:' || {{ regex_remove('order_id', '^.*/') }} as order_id,
        {{ regex_remove('customer_id', '^.*/') }} as shop_customer,

        ---------- strings
        -- a shop's own export may have the whole code here, and that is money
        right(last_characters, 4) as last_characters,
        upper(currency) as currency,

        ---------- numerics
        cast(initial_value as decimal(18, 2)) as initial_value,
        cast(balance as decimal(18, 2)) as balance,

        ---------- timestamps
        created_at as happened_at,
        expires_on as expires_date,
        disabled_at,
        updated_at as changed_at,
        received_at,
        file_name,
        file_hash,
        line

    from source

)

select * from renamed
