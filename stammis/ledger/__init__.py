"""What was decided and sent: who entered which journey, what was meant, what is stopped. The home of sqlalchemy.

`open_ledger` is for whoever writes, `LedgerReader` for whoever only looks. Its tables grow by migrations/.
"""

from stammis.ledger.ledger import Ledger, open_ledger
from stammis.ledger.reader import LedgerReader
from stammis.ledger.rows import Batch, Claimed, Doubt, LogEntry, Queued

__all__ = ["Batch", "Claimed", "Doubt", "Ledger", "LedgerReader", "LogEntry", "Queued", "open_ledger"]
