"""What was decided and sent: entries, intents, outcomes, what is stopped. The home of sqlalchemy.

Writers use `open_ledger`, readers `LedgerReader`. Its tables change by migrations/.
"""

from stammis.ledger.ledger import Ledger, open_ledger
from stammis.ledger.reader import LedgerReader
from stammis.ledger.rows import Batch, Claimed, Doubt, LogEntry, Queued

__all__ = ["Batch", "Claimed", "Doubt", "Ledger", "LedgerReader", "LogEntry", "Queued", "open_ledger"]
