"""Landed files to Parquet, once: what cannot be read goes to quarantine, and every row counts.

collect/ brings files into the landing folder; scrub.py takes an erased person out of it.
"""

from stammis.intake.contracts import Contract, read_contracts
from stammis.intake.intake import landing_report, not_read, quarantined, source_relations, take_in

__all__ = ["Contract", "landing_report", "not_read", "quarantined", "read_contracts", "source_relations", "take_in"]
