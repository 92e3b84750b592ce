"""One spelling for each e-mail address and telephone number, whoever wrote it down: what is matched is spelled so.

Every door asks here: landed rows, what people write back, what providers report, suppressions, tombstones, what
somebody types. Which numbers exist is libphonenumber's knowledge (phonenumberslite); those that regulators reserve for
fiction exist for nobody and count all the same, by seeds/reserved_numbers.csv.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import idna

from stammis.core.seeds import read_seed

# An address in plain letters needs no care but for its case, and nearly all are so; the database asks by it too.
PLAIN_EMAIL = r"[A-Za-z0-9!#$%&*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+"
MAILABLE = r"""[^@<>()",;:\\\[\]\x00-\x20\x7f]{1,64}@[a-z0-9-]+([.][a-z0-9-]+)*[.][a-z][a-z0-9-]+"""
INVISIBLE = {"Cf", "Cc"}  # Unicode's formats and controls: zero-width spaces, soft hyphens, marks of direction
WRAPPED = re.compile(r"^(?:(?:mailto|tel|sms|whatsapp):)?[\s<\"'“”„’]*(.*?)[\s>\"'“”„’,;]*$", re.IGNORECASE | re.DOTALL)
NAMED = re.compile(r"""^[^<>]*<([^<>@]+@[^<>@]+)>[\s"'”’,;]*$""")  # Anna Ek <anna@example.com>
EXPONENT = re.compile(r"[-+]?\d+(?:[.,]\d*)?\s*[eE]\s*\+?\s*\d+")
KNOWN = 10_000  # numbers that are remembered as read; the same come in many files
BETWEEN_DIGITS = re.compile(r"[\s().\-/‐-―−]")
# why a text is no number, in the words of those who mend it
AS_EXPONENT = "written as an exponent: format the column as text, and export it again"
TWO_NUMBERS = "a + within it: write one number"
NOT_DIGITS = "letters or an extension: write the number alone"
NO_COUNTRY = "without + or 00, and the row tells no country of seeds/countries.csv"
NOT_THERE = "no country has such a number"


def fold_email(text: str) -> str | None:
    """The address by which a mailbox is matched: case and invisible characters do not count, a domain is in ASCII.

    None for a text that is empty. What is no address stays what it is, folded.
    """
    if re.fullmatch(PLAIN_EMAIL, text) and "xn--" not in text.lower():
        return text.lower()
    address = "".join(WRAPPED.sub(r"\1", NAMED.sub(r"\1", visible(text))).split()).lower()
    mailbox, at, domain = address.rpartition("@")
    return f"{mailbox}{at}{_ascii_domain(domain)}" or None


def can_be_mailed(address: str) -> bool:
    """Whether an address is one that mail can go to; the macro of this name asks the same of a folded one.

    What has `=?` in it is another address to whoever decodes it.
    """
    mailbox, at, domain = address.rpartition("@")
    plain = f"{mailbox}{at}{_ascii_domain(domain.lower())}"
    is_alike = re.fullmatch(MAILABLE, plain) is not None and not plain.startswith(".")
    return is_alike and not any(each in plain for each in ("..", ".@", "=?"))


def spellings_of_email(address: str) -> set[str]:
    """The folded address, and as it was folded before a domain had one spelling."""
    folded = fold_email(address) or ""
    mailbox, at, domain = folded.rpartition("@")
    try:
        shown = idna.decode(domain) if "xn--" in domain else domain
    except (idna.IDNAError, UnicodeError):
        shown = domain
    return {folded, f"{mailbox}{at}{shown}", address.strip().casefold()}


def _ascii_domain(domain: str) -> str:
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        return idna.encode(idna.decode(domain) if domain.isascii() else domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return domain


def visible(text: str) -> str:
    """Full-width letters become plain ones, hard spaces spaces, and what nobody sees goes."""
    spaced = "".join(
        " " if unicodedata.category(each) in {"Zs", "Zl", "Zp"} or each in "\t\r\n" else each for each in text
    )
    seen = "".join(each for each in spaced if unicodedata.category(each) not in INVISIBLE)
    return unicodedata.normalize("NFKC", seen)


@dataclass(frozen=True)
class Phone:
    """What a text is as a telephone number: `e164`, or the `fault` for which it is none; neither of an empty text."""

    e164: str | None
    fault: str | None = None


@dataclass(frozen=True)
class Numbering:
    """What tells numbers apart. `countries`: ISO code or lower-case name → ISO code; `codes`: ISO → calling code.

    `home`: the shop's own country. `reserved`: first and last of each range reserved for fiction, digits of E.164.
    """

    countries: Mapping[str, str]
    codes: Mapping[str, str]
    home: str
    reserved: tuple[tuple[str, str], ...]

    def phone(self, text: str, country: str | None = None, *, is_international: bool = False) -> Phone:
        """Read a number that stands in a row of this country (ISO code or name), or of none.

        `is_international`: a provider wrote it, so that without a + the digits still begin with a calling code.
        """
        region = self.countries.get((country or "").strip().casefold())
        return self._read(visible(text), region, is_international)

    def spellings(self, text: str, country: str | None = None) -> set[str]:
        """Every number that a text may stand for: in its own country, or in each one if it tells none.

        As well what it was taken for before libphonenumber was asked, which tombstones and registries remember.
        """
        region = self.countries.get((country or "").strip().casefold())
        found = {self._read(visible(text), each, True).e164 for each in ([region] if region else self.codes)}
        formerly = self._formerly(text, region)
        found |= formerly | {self.respelt("phone", number) for number in formerly}
        return {number for number in found if number}

    def respelt(self, identifier_type: str, identifier: str) -> str | None:
        """How an identifier is spelled now that was once kept in another spelling; None where nothing has changed."""
        if identifier_type == "email":
            now = fold_email(identifier)
        elif identifier_type != "phone" or self._exists(identifier):
            return None
        else:  # a number without its plus had got a calling code before its own
            rests = [identifier[1 + len(code) :] for code in self.codes.values() if identifier.startswith(f"+{code}")]
            found = [self.phone(rest, is_international=True).e164 for rest in rests]
            now = next((number for number in found if number), None)
        return now if now != identifier else None

    def _formerly(self, text: str, region: str | None) -> set[str]:
        bare = re.sub(r"[^0-9+]", "", text.replace("(0)", ""))
        code = self.codes[region or self.home]
        if bare.startswith("+") or bare.startswith("00"):
            digits = bare[1:] if bare.startswith("+") else bare[2:]
        else:
            digits = code + bare.removeprefix("0")
        return {f"+{digits}"} if 8 <= len(digits) <= 15 else set()

    @cached_property
    def _read(self) -> Callable[[str, str | None, bool], Phone]:
        return lru_cache(maxsize=KNOWN)(self._read_anew)

    def _read_anew(self, text: str, region: str | None, is_international: bool) -> Phone:
        bare = WRAPPED.sub(r"\1", text).replace("(0)", "")
        if not bare:
            return Phone(None)
        if EXPONENT.fullmatch(bare):
            return Phone(None, AS_EXPONENT)
        digits = BETWEEN_DIGITS.sub("", bare)
        if "+" in digits[1:]:
            return Phone(None, TWO_NUMBERS)
        if not re.fullmatch(r"\+?\d+", digits):
            return Phone(None, NOT_DIGITS)
        digits = re.sub("^00", "+", "".join(each if each == "+" else str(unicodedata.digit(each)) for each in digits))
        readings = list(self._readings(digits, region, is_international))
        e164 = next((number for number in readings if self._exists(number)), None)
        return Phone(e164) if e164 else Phone(None, NOT_THERE if readings else NO_COUNTRY)

    def _readings(self, digits: str, region: str | None, is_international: bool) -> Iterator[str]:
        """What the digits may mean, the likeliest first: as they stand, within the country, with the plus forgotten."""
        if digits.startswith("+"):
            yield from _parsed(digits, None)
            return
        if region:
            yield from _parsed(digits, region)
            yield f"+{self.codes[region]}{digits.removeprefix('0')}"  # reserved ones that no plan knows
        if is_international or region:
            for code in self.codes.values() if region else [""]:
                if digits.startswith(code):
                    yield from _parsed(f"+{digits}", None)
                    yield f"+{digits}"

    def _exists(self, e164: str) -> bool:
        bare = e164[1:]
        if any(len(bare) == len(first) and first <= bare <= last for first, last in self.reserved):
            return True
        return _is_valid(e164)


def _parsed(digits: str, region: str | None) -> Iterator[str]:
    """The number that libphonenumber reads in these digits, in E.164."""
    import phonenumbers

    try:
        yield phonenumbers.format_number(phonenumbers.parse(digits, region), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        return


def _is_valid(e164: str) -> bool:
    """Whether its country's plan has the number, in just these digits."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return False
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_valid_number(parsed) and written == e164


def read_numbering(dbt_project: Path) -> Numbering:
    """Read seeds/countries.csv and seeds/reserved_numbers.csv."""
    rows = read_seed(dbt_project, "countries")
    names = {row["country"].casefold(): row["country"] for row in rows}
    names |= {row["name"].casefold(): row["country"] for row in rows}
    reserved = read_seed(dbt_project, "reserved_numbers")
    return Numbering(
        names,
        {row["country"]: row["calling_code"] for row in rows},
        next(row["country"] for row in rows if row["is_home"] == "true"),
        tuple((row["first"].lstrip("+"), row["last"].lstrip("+")) for row in reserved),
    )
