-- Fails if two records with the same key ended in different components: the walk had too few rounds,
-- and one person would get two ids, two caps and two messages.
select keyed.key, count(distinct linked.component) as components
from {{ ref('int_records_keyed') }} as keyed
inner join {{ ref('int_identifiers_linked') }} as linked
    on keyed.record_id = linked.record_id
group by keyed.key
having count(distinct linked.component) > 1
