"""Coupon codes are derived from a key, not drawn from a list; the till notices a mistyped one.

A code is eight characters from a keyed hash and one check character over them, shown as
XXXX-XXXX-X. Nobody can guess the next one without the key, and the same customer's same
entry gives the same code however often a day is decided anew.
"""

import hashlib
import hmac

# Crockford's alphabet: no I, L, O, U, so that nothing looks like 1 or 0 (or spells much).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKALIKES = str.maketrans("ILO", "110", "- ")
BODY_LENGTH = 8
KEY_ID = "1"


def derive_code(key: str, offer: str, customer_id: str, entry_key: str, n: int = 0, key_id: str = KEY_ID) -> str:
    """The code of one entry, shown as a customer reads it.

    `key` is hex (settings.derived_key("codes")); `n` counts up when two entries happen to share a code;
    `key_id` names the key, so that old codes can still be checked after the key was changed.
    """
    # Unit separators: ("a", "bc") and ("ab", "c") must not become the same entry.
    entry = "\x1f".join((offer, customer_id, entry_key, str(n), key_id)).encode()
    number = int.from_bytes(hmac.new(bytes.fromhex(key), entry, hashlib.sha256).digest()[:5], "big")
    body = "".join(ALPHABET[number >> shift & 31] for shift in range(35, -5, -5))
    return _shown(body + ALPHABET[_times_alpha(_checksum(body))])


def check_code(code: str) -> bool:
    """Whether the check character of this code is right. Case, spaces and dashes do not matter.

    Notices every single wrong character and every swap of two neighbours.
    """
    characters = _bare(code)
    well_formed = len(characters) == BODY_LENGTH + 1 and all(each in ALPHABET for each in characters)
    return well_formed and _checksum(characters) == 0


def normalise_code(code: str) -> str:
    """Return the code as it is stored, from what somebody typed: `abcd efgh o` -> `ABCD-EFGH-0`."""
    return _shown(_bare(code))


def _bare(code: str) -> str:
    return code.strip().upper().translate(LOOKALIKES)


def _shown(characters: str) -> str:
    return "-".join(part for part in (characters[:4], characters[4:8], characters[8:]) if part)


def _checksum(characters: str) -> int:
    """Sum of value times alpha to the power of its distance from the end, in GF(32); 0 for a whole code.

    Every position has its own factor, none of them 0: a wrong character changes the sum, and so does a swap.
    """
    total = 0
    for each in characters:
        total = _times_alpha(total) ^ ALPHABET.index(each)
    return total


def _times_alpha(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled  # x^5 + x^2 + 1 is primitive
