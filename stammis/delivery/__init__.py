"""Sends what the ledger has queued, each message once; settles doubts; obeys people (stop, release, settle)."""

from stammis.delivery.delivery import Channel, DeliveryReport, deliver, deliver_queued

__all__ = ["Channel", "DeliveryReport", "deliver", "deliver_queued"]
