"""Checks the legal basis that a journey or step declares.

consent: they said yes. soft_opt_in: a yes, or a purchase not too long ago (dbt_project/seeds/consent_rules.csv).
none: nothing, for messages that people asked for or must get.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from stammis.core import yaml_files
from stammis.core.yaml_files import Fault

BASES = ("consent", "soft_opt_in", "none")
# by a part of the name of a journey or step: who left long ago, a friend's friend, a prize draw
ONLY_BY_CONSENT = ("win_back", "referral", "competition")


def basis_faults(name: str, journey: CommentedMap, steps: CommentedSeq) -> Iterator[Fault]:
    """Yield the faults: marketing without a basis, a soft opt-in where only a consent is enough."""
    yield from _faults_of(name, journey, {})
    for step in steps:
        if isinstance(step, CommentedMap):
            yield from _faults_of(str(step.get("name")), step, journey)


def _faults_of(name: str, mapping: CommentedMap, inherited: Mapping[str, Any]) -> Iterator[Fault]:
    said = {key: mapping.get(key, inherited.get(key)) for key in ("basis", "purpose")}
    own = [key for key in said if key in mapping]
    line = next((yaml_files.line_of(mapping, key) for key in (*own, "name") if key in mapping), None)
    if own and said["purpose"] == "marketing" and said["basis"] == "none":
        yield Fault(line, "marketing needs a basis: write `basis: consent`, or soft_opt_in if a purchase will do")
    if said["basis"] == "soft_opt_in" and any(word in name for word in ONLY_BY_CONSENT):
        yield Fault(line, f"a soft opt-in is not enough for {name}: write `basis: consent`")
