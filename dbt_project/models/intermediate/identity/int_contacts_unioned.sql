-- Who the sources say there is: accounts, cards, list members, as each knew them last.
{{ from_sources('contacts', unit='record_id', is_one_row=true, columns=[
    'record_id', 'shop_customer', 'member_card', 'email', 'phone', 'first_name', 'last_name', 'birthday', 'birth_year',
    'street', 'postcode', 'country', 'joined_by', 'is_email_opted_in', 'is_sms_opted_in', 'happened_at', 'received_at',
]) }}
