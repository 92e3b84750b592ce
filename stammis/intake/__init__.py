"""Landed files to Parquet, once: what cannot be read goes to quarantine, and every row counts.

collect/ brings files into the landing folder; scrub.py takes an erased person out of it.
"""

from stammis.intake.contracts import Contract, read_contracts
from stammis.intake.intake import ingest, landing_report, not_read, quarantined, source_relations
from stammis.intake.unread import unread_words

__all__ = ["Contract", "ingest", "landing_report", "not_read", "quarantined", "read_contracts", "source_relations"]
__all__ += ["unread_words"]
