"""Which journeys may speak: what failed in the build, what is implausible, stale or unusually large."""

from stammis.gate.findings import Finding
from stammis.gate.gate import GOOD, hold_all, look_over, look_over_outbox

__all__ = ["GOOD", "Finding", "hold_all", "look_over", "look_over_outbox"]
