-- What people answered.
with

answers as (

    {{ from_sources('survey_answers', unit='answer_id', is_one_row=true, columns=[
        'answer_id', 'shop_customer', 'email', 'phone', 'survey', 'question', 'answer', 'score', 'happened_at',
        'received_at',
    ]) | indent(4) }}

)

select
    answers.answer_id,
    answers.source,
    answers.shop_customer,
    answers.email,
    answers.phone,
    answers.survey,
    answers.question,
    answers.answer,
    answers.score,
    answers.happened_at,
    answers.received_at
from answers
