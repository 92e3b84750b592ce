"""Runs one cycle, phase by phase; reports how it ended, and finds what to alert people about."""
