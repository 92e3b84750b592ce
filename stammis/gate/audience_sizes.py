"""Compares the size of each audience with what `audience_sizes_expected` calls usual for such a day."""

from collections.abc import Collection, Sequence

from stammis.gate.findings import Finding
from stammis.gate.tables import Tables


def find_unusual(tables: Tables, journeys: Sequence[str], built: Collection[str]) -> list[Finding]:
    """Return one finding for each journey whose audience is unusually large or small; it holds that journey."""
    expected = {row["journey"]: row for row in tables.rows("select * from reports.audience_sizes_expected")}
    findings = []
    for journey in journeys:
        if journey not in expected or f"audience_{journey}" not in built:
            continue
        usual, size = expected[journey], tables.count(f"audiences.audience_{journey}")
        is_fallen = usual["fewest"] is not None and size < usual["fewest"]
        has_grown = usual["most"] is not None and size > usual["most"]
        if is_fallen or has_grown:
            reason = f"{size} people inside, where {float(usual['weekday_median']):g} are usual on this weekday"
            findings.append(Finding(f"audience_size_{journey}", reason, size, journey=journey))
    return findings
