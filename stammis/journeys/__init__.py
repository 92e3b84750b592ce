"""Reads and checks templates/*/journey.yaml, and says exactly what is wrong, with file and line."""

from stammis.journeys.branches import Branch
from stammis.journeys.journeys import Journey, Problem, Step, read_journeys

__all__ = ["Branch", "Journey", "Problem", "Step", "read_journeys"]
