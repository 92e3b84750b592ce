"""What dbt says of an audience's file that it cannot read is said with file, line and what is wrong."""

import pytest

from stammis.core.settings import Settings
from stammis.core.types import Node
from stammis.warehouse.containment import in_our_words

SQL, YAML = "models/audiences/audience_win_back.sql", "models/audiences/audience_win_back.yml"
FILES = {
    SQL: "select *\nfrom {{ ref('rules_winback') }}\ncross join {{ source('ledger', 'sendss') }}\n{{ no_such() }}",
    YAML: "version: 2\nmodels:\n  - name: audience_win_back\n   columns: [",
    "models/audiences/audience_welcome.yml": "version: 2\nmodels:\n  - name: audience_welcome\n    columns: none\n",
    "models/audiences/rules_win_back.sql": "select 1",
    "seeds/countries.csv": "country",
}
MODEL = f"Compilation Error\n  Model 'model.stammis.audience_win_back' ({SQL}) depends on a"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            f"dbt could not compile it: {MODEL} node named 'rules_winback' which was not found",
            f"{SQL}:2: there is no model or seed called `rules_winback`; did you mean `rules_win_back`?",
        ),
        (f"{MODEL} node named 'else_where' which was not found", f"{SQL}: there is no model or seed called"),
        (f"{MODEL} source named 'ledger.sendss' which was not found", f"{SQL}:3: there is no source called `sendss`"),
        (
            f"Runtime Error\n  Compilation Error in model audience_win_back ({SQL})\n    'no_such' is undefined. T",
            f"{SQL}:4: there is no macro or variable `no_such`",
        ),
        (
            f"Compilation Error in model audience_win_back ({SQL})\n  unexpected '}}'\n    line 2\n      from {{{{",
            f"{SQL}:2: unexpected '}}'",
        ),
        (
            "dbt could not compile it: Parsing Error Error reading stammis: audiences/audience_win_back.yml - Runtime "
            "Error Syntax error near line 4 --- while parsing a fl",
            f"{YAML}:4: is not YAML here",
        ),
        (
            "Parsing Error Invalid models config given in models/audiences/audience_welcome.yml @ models: "
            "{'name': 'audience_welcome', 'co",
            "models/audiences/audience_welcome.yml:3: dbt cannot use what stands under `models`",
        ),
    ],
)
def test_a_mistake_in_an_audience_is_told_with_file_and_line(settings: Settings, said: str, reason: str) -> None:
    for file, text in FILES.items():
        (settings.data / "dbt_project" / file).parent.mkdir(parents=True, exist_ok=True)
        (settings.data / "dbt_project" / file).write_text(text)
    project = Settings(data=settings.data, landing=settings.landing, dbt_project=settings.data / "dbt_project")
    assert in_our_words(project, node(said)).message.startswith(f"dbt_project/{reason}")


def test_what_else_goes_wrong_keeps_its_message(settings: Settings) -> None:
    for said in ("", "Runtime Error in model audience_win_back (models/audiences/audience_win_back.sql) Binder Error"):
        assert in_our_words(settings, node(said)) == node(said)


def node(message: str) -> Node:
    return Node("model.stammis.audience_win_back", "audience_win_back", "error", 0, message)
