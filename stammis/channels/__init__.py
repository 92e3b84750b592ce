"""The ways out: files, SendGrid, Twilio. Each module alone imports its SDK; a provider's events stand beside it."""

from stammis.channels.chosen import channels_for

__all__ = ["channels_for"]
