"""What is known of a person: why they got a message or not, their profile, what they are worth."""

from stammis.customers.explanation import VERDICTS, explain, find_customer

__all__ = ["VERDICTS", "explain", "find_customer"]
