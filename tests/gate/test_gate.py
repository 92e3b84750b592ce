"""The gate holds what stands on a failure, by lineage, and nothing else."""

from pathlib import Path

from stammis.core.types import Hold, Node
from stammis.gate import Finding
from stammis.gate.gate import every_hold, judge
from stammis.journeys import Problem

JOURNEYS = ["review_request", "win_back"]
BUILT = [Node(f"model.stammis.audience_{name}", f"audience_{name}", "success", 0, "") for name in JOURNEYS]
MANIFEST = {
    "nodes": {
        "test.stammis.points_are_whole": {"depends_on": {"nodes": ["model.stammis.points"]}},
        "test.stammis.customers_are_unique": {"depends_on": {"nodes": ["model.stammis.customers"]}},
        "test.stammis.messages_are_ours": {"depends_on": {"nodes": ["source.stammis.ledger.messages"]}},
        "test.stammis.named": {
            "depends_on": {"nodes": ["model.stammis.points"]},
            "config": {"meta": {"holds": ["review_request"]}},
        },
    },
    "child_map": {
        "model.stammis.points": ["model.stammis.memberships"],
        "model.stammis.memberships": ["model.stammis.audience_win_back"],
        "model.stammis.customers": ["model.stammis.audience_win_back"],
        "source.stammis.shop.orders": ["model.stammis.customers"],
        "source.stammis.loyalty.points": ["model.stammis.points"],
        "model.stammis.reports": [],
    },
}


def failing(name: str, count: int = 3) -> Node:
    return Node(f"test.stammis.{name}", name, "warn", count, "")


def stopped(*nodes: Node, problems: tuple[Problem, ...] = ()) -> list[str]:
    return [hold.journey for hold in judge([*BUILT, *nodes], MANIFEST, JOURNEYS, problems).by_journey]


def test_nothing_failing_stops_nobody() -> None:
    assert stopped(Node("test.stammis.points_are_whole", "points_are_whole", "pass", 0, "")) == []


def test_a_failure_stops_the_journeys_below_it() -> None:
    assert judge([*BUILT, failing("points_are_whole")], MANIFEST, JOURNEYS, []).by_journey == [
        Hold("win_back", "a check found 3 rows that should not be", "points_are_whole", 3)
    ]


def test_what_every_journey_stands_on_stops_all() -> None:
    assert stopped(failing("customers_are_unique")) == JOURNEYS
    assert stopped(failing("messages_are_ours")) == JOURNEYS


def test_a_test_may_name_what_it_stops() -> None:
    assert stopped(failing("named")) == ["review_request"]


def test_a_report_that_fails_stops_nobody() -> None:
    assert stopped(Node("model.stammis.reports", "reports", "error", 0, "no such column")) == []


def test_who_reads_a_table_that_was_not_built_does_not_speak() -> None:
    memberships = Node("model.stammis.memberships", "memberships", "error", 0, "no such column")
    reads = {"memberships": ["review_request"]}
    holds = judge([*BUILT, memberships], MANIFEST, JOURNEYS, [], readers=reads).by_journey
    assert [(hold.journey, hold.is_releasable) for hold in holds] == [("review_request", False), ("win_back", False)]
    built = Node("model.stammis.memberships", "memberships", "success", 0, "")
    found = judge([*BUILT, built, failing("points_are_whole")], MANIFEST, JOURNEYS, [], readers=reads).by_journey
    assert [hold.journey for hold in found] == ["win_back"], "it is there to be read; the check holds who stands on it"


def test_nobody_speaks_while_it_is_unknown_whose_rows_are_implausible() -> None:
    assert stopped(Node("model.stammis.implausible_rows", "implausible_rows", "error", 0, "no such column")) == JOURNEYS


def test_an_audience_that_was_not_built_does_not_speak() -> None:
    assert judge(BUILT[:1], MANIFEST, JOURNEYS, []).by_journey == [
        Hold("win_back", "its audience was not built in this run", "audience_win_back", 1, False)
    ]


def test_a_file_that_is_wrong_stops_its_journey_with_file_and_line() -> None:
    wrong = Problem("win_back", Path("templates/win_back/journey.yaml"), 6, "unknown key `priorty`")
    (hold,) = judge(BUILT, MANIFEST, JOURNEYS, [wrong]).by_journey
    assert (hold.journey, hold.reason) == ("win_back", "templates/win_back/journey.yaml:6: unknown key `priorty`")
    everybody = Problem(None, Path("templates/_shared/brand.yaml"), None, "`name` is missing")
    assert stopped(problems=(everybody,)) == JOURNEYS


def test_a_reason_never_quotes_a_row() -> None:
    quoting = Node(
        "model.stammis.audience_win_back",
        "audience_win_back",
        "error",
        0,
        "Runtime Error in model audience_win_back Conversion Error: Could not convert string 'anna@example.com'",
    )
    (hold,) = judge([BUILT[0], quoting], MANIFEST, JOURNEYS, []).by_journey
    assert hold.reason == "Conversion Error in audience_win_back; dbt's log has the row"


BROKEN_CONTRACT = """Compilation Error in model points (models/marts/points.sql)
  This model has an enforced contract that failed.
  Please ensure the name, data_type, and number of columns in your contract match the columns in your model.
  \n  | column_name | definition_type | contract_type | mismatch_reason       |
  | ----------- | --------------- | ------------- | --------------------- |
  | level       | VARCHAR         |               | missing in contract   |
  | points      | DOUBLE          | DECIMAL(18,2) | data type mismatch    |
  | tier        |                 | VARCHAR       | missing in definition |
  \n  > in macro assert_columns_equivalent (macros/relations/column/columns_spec_ddl.sql)"""


def test_a_broken_contract_names_its_model_and_columns_and_holds_what_reads_it() -> None:
    points = Node("model.stammis.points", "points", "error", 0, BROKEN_CONTRACT)
    (hold,) = judge([*BUILT, points], MANIFEST, JOURNEYS, []).by_journey
    assert hold.journey == "win_back"
    assert not hold.is_releasable
    assert hold.reason == (
        "points breaks its contract: column level is not in its YAML; column points is DOUBLE, not DECIMAL(18,2); "
        "the model has no column tier"
    )


IMPLAUSIBLE = Finding("gx_points_between", "implausible: 1 of 9", 1, "model.stammis.points")
STALE = Finding("freshness_shop_orders", "stale: shop.orders", 1, "source.stammis.shop.orders")


def found(*findings: Finding, released: tuple[tuple[str, str], ...] = ()) -> list[tuple[str, str]]:
    holds = judge(BUILT, MANIFEST, JOURNEYS, [], findings, released).by_journey
    return [(hold.journey, hold.check_name) for hold in holds]


def test_a_finding_stops_what_stands_on_its_relation() -> None:
    assert found(IMPLAUSIBLE) == [("win_back", "gx_points_between")]
    assert found(Finding("freshness", "stale", relation="source.stammis.loyalty.points")) == [("win_back", "freshness")]
    assert found(STALE) == [(journey, "freshness_shop_orders") for journey in JOURNEYS]


def test_a_finding_about_a_journey_stops_it_alone() -> None:
    unusual = Finding("audience_size_review_request", "500 inside, 100 are usual", 500, journey="review_request")
    assert found(unusual) == [("review_request", "audience_size_review_request")]


def test_a_warning_stops_nobody() -> None:
    assert found(Finding("gx_points_between", "odd", 1, "model.stammis.points", is_critical=False)) == []


def test_a_released_check_lets_the_journey_speak_unless_another_holds_it() -> None:
    released = (("win_back", "gx_points_between"), ("win_back", "points_are_whole"))
    assert found(IMPLAUSIBLE, released=released) == []
    assert found(IMPLAUSIBLE, STALE, released=released)[1:] == [("win_back", "freshness_shop_orders")]
    assert judge([*BUILT, failing("points_are_whole")], MANIFEST, JOURNEYS, [], (), released).by_journey == []
    assert stopped(failing("points_are_whole")) == ["win_back"]


def test_what_leaves_nothing_to_send_from_cannot_be_released() -> None:
    broken = Node("model.stammis.points", "points", "error", 0, "no such column")
    unasked = Node("test.stammis.points_are_whole", "points_are_whole", "error", 0, "no such table")
    wrong = Problem("win_back", Path("templates/win_back/journey.yaml"), 6, "unknown key")
    holds = list(every_hold([*BUILT[:1], broken, unasked], MANIFEST, JOURNEYS, [wrong], [IMPLAUSIBLE]))
    assert {hold.check_name: hold.is_releasable for hold in holds} == {
        "lint": False,
        "points": False,
        "points_are_whole": False,
        "audience_win_back": False,
        "gx_points_between": True,
    }
    everything = tuple(("win_back", hold.check_name) for hold in holds)
    first = judge([*BUILT[:1], broken], MANIFEST, JOURNEYS, [wrong], [IMPLAUSIBLE], everything).by_journey[0]
    assert first.check_name == "lint"


def test_what_can_only_be_mended_is_named_first() -> None:
    (hold,) = judge(BUILT[:1], MANIFEST, JOURNEYS, [], [IMPLAUSIBLE]).by_journey
    assert (hold.check_name, hold.is_releasable) == ("audience_win_back", False)


def test_a_measure_that_does_not_build_cannot_say_that_all_is_well() -> None:
    blind = Node("model.stammis.sources_compared", "sources_compared", "error", 0, "no such seed")
    assert stopped(blind) == JOURNEYS
    assert stopped(Node("model.stammis.sources_compared", "sources_compared", "skipped", 0, "")) == []


def test_a_long_reason_ends_with_a_whole_word() -> None:
    said = Node("model.stammis.points", "points", "error", 0, "what is said " * 40)
    (hold,) = judge([*BUILT, said], MANIFEST, JOURNEYS, []).by_journey
    assert hold.reason.endswith((" what …", " is …", " said …"))
    assert len(hold.reason) <= 300
