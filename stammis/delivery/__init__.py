"""Sends what is queued, once: settles doubts, and obeys people (stop, release, settle)."""

from stammis.delivery.delivery import Channel, DeliveryReport, deliver, deliver_queued, leave_queued

__all__ = ["Channel", "DeliveryReport", "deliver", "deliver_queued", "leave_queued"]
