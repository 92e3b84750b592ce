select
    word_id,
    source,
    channel,
    address,
    text,
    said_at
from {{ ref('int_words_unread') }}
