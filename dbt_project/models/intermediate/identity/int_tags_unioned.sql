-- What each system labels its records with, of the newest version of each record.
with

tags as (

    {{ from_sources('tags', unit='tagged_id', columns=[
        'tagged_id', 'record_id', 'record_type', 'tag', 'received_at',
    ]) | indent(4) }}

)

select distinct
    tagged_id,
    record_id,
    record_type,
    source,
    trim(tag) as tag,
    lower(trim(tag)) as tag_folded,
    received_at
from tags
where trim(tag) <> ''
