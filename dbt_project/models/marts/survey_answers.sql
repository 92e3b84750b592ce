-- What customers answered, and what was answered by nobody we know.
with

answers as (

    select * from {{ ref('int_survey_answers_unioned') }}

),

known as (

    {{ resolve_customer(ref('int_survey_answers_unioned'), 'answer_id') | indent(4) }}

)

select
    answers.answer_id,
    known.customer_id,
    answers.source,
    answers.survey,
    answers.question,
    answers.answer,
    answers.score,
    answers.happened_at as answered_at,
    answers.received_at
from answers
left join known
    on answers.answer_id = known.answer_id
