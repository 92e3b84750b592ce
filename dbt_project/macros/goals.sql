{% macro counts_as_goal(happened_at, entered_at, within_days) -%}
{#- An entry known only by its date is over with that day: the purchase one joined with is not what one hoped for. -#}
{{ happened_at }} > case
    when {{ entered_at }} = cast(cast({{ entered_at }} as date) as timestamp) then {{ days_later(entered_at, 1) }}
    else {{ entered_at }}
end
and {{ happened_at }} <= {{ days_later(entered_at, within_days) }}
{%- endmacro %}
