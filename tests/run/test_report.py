"""What a run says of itself where there is little room."""

from stammis.core.types import Hold
from stammis.run.report import held_in_short


def test_a_heading_names_what_is_held_or_counts_it() -> None:
    def hold(journey: str, check_name: str) -> Hold:
        return Hold(journey, "why", check_name, 1)

    assert held_in_short([hold("tier_nudge", "overdrawn")]) == "tier_nudge held by overdrawn"
    assert held_in_short([hold("welcome", "unique"), hold("win_back", "unique")]) == "2 journeys held by unique"
    assert held_in_short([hold("welcome", "unique"), hold("welcome", "fresh")]) == "welcome held by 2 checks"
