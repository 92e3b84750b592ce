"""Stand-ins for both providers: SendGrid and Twilio over real HTTP on this machine. For commands and tests only."""

from stammis.sandbox.sandbox import ACCOUNT, Rates, Sandbox, running

__all__ = ["ACCOUNT", "Rates", "Sandbox", "running"]
