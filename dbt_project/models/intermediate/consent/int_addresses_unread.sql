-- Each address of which a word waits to be read, with one such word; address null, every address of the channel.
select channel, address, min(word_id) as word_id from {{ ref('int_words_unread') }} group by channel, address
