"""The gate stops what stands on a failure, by lineage, and nothing else."""

from pathlib import Path

from stammis.gates import judge
from stammis.journeys import Problem
from stammis.messages import Node, Stop

JOURNEYS = ["review_request", "win_back"]
BUILT = [Node(f"model.stammis.audience_{name}", f"audience_{name}", "success", 0, "") for name in JOURNEYS]
MANIFEST = {
    "nodes": {
        "test.stammis.points_are_whole": {"depends_on": {"nodes": ["model.stammis.points"]}},
        "test.stammis.customers_are_unique": {"depends_on": {"nodes": ["model.stammis.customers"]}},
        "test.stammis.messages_are_ours": {"depends_on": {"nodes": ["source.stammis.ledger.messages"]}},
        "test.stammis.named": {
            "depends_on": {"nodes": ["model.stammis.points"]}, "config": {"meta": {"stops": ["review_request"]}}
        },
    },
    "child_map": {
        "model.stammis.points": ["model.stammis.memberships"],
        "model.stammis.memberships": ["model.stammis.audience_win_back"],
        "model.stammis.customers": ["model.stammis.audience_win_back"],
        "model.stammis.reports": [],
    },
}


def failing(name: str, count: int = 3) -> Node:
    return Node(f"test.stammis.{name}", name, "warn", count, "")


def stopped(*nodes: Node, problems: tuple[Problem, ...] = ()) -> list[str]:
    return [stop.journey for stop in judge([*BUILT, *nodes], MANIFEST, JOURNEYS, problems)]


def test_nothing_failing_stops_nobody() -> None:
    assert [] == stopped(Node("test.stammis.points_are_whole", "points_are_whole", "pass", 0, ""))


def test_a_failure_stops_the_journeys_below_it() -> None:
    assert [Stop("win_back", "a check found 3 rows that should not be", "points_are_whole", 3)] == judge(
        [*BUILT, failing("points_are_whole")], MANIFEST, JOURNEYS, []
    )


def test_what_every_journey_stands_on_stops_all() -> None:
    assert JOURNEYS == stopped(failing("customers_are_unique"))
    assert JOURNEYS == stopped(failing("messages_are_ours"))


def test_a_test_may_name_what_it_stops() -> None:
    assert ["review_request"] == stopped(failing("named"))


def test_a_report_that_fails_stops_nobody() -> None:
    assert [] == stopped(Node("model.stammis.reports", "reports", "error", 0, "no such column"))


def test_an_audience_that_was_not_built_does_not_speak() -> None:
    assert [Stop("win_back", "its audience was not built in this run", "audience_win_back", 1)] == judge(
        BUILT[:1], MANIFEST, JOURNEYS, []
    )


def test_a_file_that_is_wrong_stops_its_journey_with_file_and_line() -> None:
    wrong = Problem("win_back", Path("templates/win_back/journey.yaml"), 6, "unknown key `priorty`")
    (stop,) = judge(BUILT, MANIFEST, JOURNEYS, [wrong])
    assert ("win_back", "templates/win_back/journey.yaml:6: unknown key `priorty`") == (stop.journey, stop.reason)
    everybody = Problem(None, Path("templates/_shared/brand.yaml"), None, "`name` is missing")
    assert JOURNEYS == stopped(problems=(everybody,))


def test_a_reason_never_quotes_a_row() -> None:
    quoting = Node(
        "model.stammis.audience_win_back", "audience_win_back", "error", 0,
        "Runtime Error in model audience_win_back Conversion Error: Could not convert string 'anna@example.com'",
    )
    (stop,) = judge([BUILT[0], quoting], MANIFEST, JOURNEYS, [])
    assert "Conversion Error in audience_win_back; dbt's log has the row" == stop.reason
