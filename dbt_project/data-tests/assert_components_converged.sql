-- Fails if two records with the same key that nobody is known to share ended in different components: the walk had
-- too few rounds, and one person would get two ids, two caps and two messages.
select keyed.key, count(distinct linked.component) as components
from {{ ref('int_records_keyed') }} as keyed
inner join {{ ref('int_keys_judged') }} as keys
    on keyed.key = keys.key and not keys.is_shared
inner join {{ ref('int_records_linked') }} as linked
    on keyed.record = linked.record
group by keyed.key
having count(distinct linked.component) > 1
