"""One cycle, phase by phase: its report, and alerts about what lasts."""
