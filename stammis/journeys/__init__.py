"""Reads and checks journeys: templates/*/journey.yaml, with file and line of whatever is wrong."""

from stammis.journeys.branches import Branch
from stammis.journeys.journeys import Journey, Problem, Step, read_journeys

__all__ = ["Branch", "Journey", "Problem", "Step", "read_journeys"]
