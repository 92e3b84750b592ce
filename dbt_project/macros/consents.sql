{% macro refused_at(moment) -%}
{#-
    When a no was said. Without a date it is as new as what tells it: the date in the file's name, else when the file
    landed. It was said before its file landed, whatever its clock says: a wrong one keeps nobody waiting.
-#}
least(coalesce({{ moment }}, exported_at, received_at), coalesce(landed_at, {{ moment }}, received_at))
{%- endmacro %}

{% macro refused_if(is_no, moment) -%}
case when {{ is_no }} then {{ refused_at(moment) }} else {{ moment }} end
{%- endmacro %}

{% macro said_by(is_no, address, maybe) -%}
{#- Who said it: of a no by a text that is no address, each that it may stand for, by spaces. -#}
case when {{ is_no }} then coalesce({{ maybe }}, {{ address }}) else {{ address }} end
{%- endmacro %}

{% macro unit_of_word(unit, told_at) -%}
{#- A later export replaces what an earlier one said, but no refusal and no bounce: it may merely leave them out. -#}
{{ unit }} || case
    when event in ('opted_out', 'bounced') then ' ' || event || ' ' || coalesce(cast({{ told_at }} as varchar), '')
    else ''
end
{%- endmacro %}

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
