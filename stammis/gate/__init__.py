"""Which journeys may speak: what failed in the build, what is implausible, stale or unusually large."""

from stammis.gate.findings import Finding
from stammis.gate.gate import GOOD, look_over, look_over_outbox, stop_all

__all__ = ["GOOD", "Finding", "look_over", "look_over_outbox", "stop_all"]
