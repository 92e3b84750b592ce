{% macro is_without_basis(step, state, profiling) -%}
{#-
    True where an address does not give the basis that a step declares: a consent serves every step, a soft opt-in only
    one that is content with it. Marketing always needs one, and speaks to nobody who refused profiling: we choose whom
    it goes to by what we know of them.
-#}
(
    ({{ step }}.basis <> 'none' or {{ step }}.purpose = 'marketing')
    and coalesce({{ state }}, 'none') <> 'opted_in'
    and not ({{ step }}.basis = 'soft_opt_in' and coalesce({{ state }}, 'none') = 'soft_opt_in')
) or ({{ step }}.purpose = 'marketing' and coalesce({{ profiling }}, 'allowed') = 'refused')
{%- endmacro %}
