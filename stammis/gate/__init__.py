"""Which journeys may speak: what failed in the build, what is implausible, stale or unusually large."""

from stammis.gate.findings import Finding
from stammis.gate.gate import GOOD, check_outbox, hold_all, run_checks

__all__ = ["GOOD", "Finding", "check_outbox", "hold_all", "run_checks"]
