"""What stays of somebody who is erased: salted hashes of their keys, by which they are known again and left alone.

A key is `<type of identifier>|<value>` as the public table `identifiers` has it: `email|anna@example.com`,
`phone|+46701740605`, `cookie|9f2c`. An order of theirs is `row|shopify/orders|450789469`, as a later version of it may
have none of their keys. Without the secret nobody can tell whose a hash was.
"""

from hashlib import sha256

from stammis.core.identifiers import spellings_of_email

SALT = "tombstones"  # settings.derived_key(SALT)
ERASED = "erased"  # the reason of such a suppression


def tombstone(secret: str, key: str) -> str:
    """64 hex digits; `intake/person_keys.py` writes the same in SQL."""
    return sha256(f"{secret}|{key}".encode()).hexdigest()


def keys_of_address(channel: str, address: str) -> set[str]:
    """The keys of an address a message goes to, in each spelling that may have been kept of it."""
    if channel == "sms":
        return {f"phone|{address.strip()}"}
    return {f"email|{each}" for each in spellings_of_email(address)}
