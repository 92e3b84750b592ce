"""What a setting may be: each function gives the value, or a ConfigurationError that names the setting and the remedy.

None of them repeats a value that may hold a key or a password.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from stammis.core.errors import ConfigurationError

OURS = ("STAMMIS_", "SENDGRID_", "TWILIO_")
KEEPS_NO_FILES = (Path("/proc"), Path("/sys"))
SIZE = re.compile(r"([1-9][0-9]{0,5})(MB|GB)", re.IGNORECASE | re.ASCII)
LIKELY_MEANT = 0.8  # how alike two names are of which one is a slip of the other
LEAST_MEGABYTES = 256  # enough for 10,000 customers; at 64 the models of 300 fail, and every journey is held
HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;.]+(\.[^\s@<>,;.]+)+")
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class SftpAddress:
    """A folder on a server; `path` is "" for the folder one arrives in."""

    user: str
    host: str
    port: int
    path: str


def read_texts(environment: Mapping[str, str]) -> dict[str, str]:
    """Our variables that are set, without blanks around them. Raises ConfigurationError for one that is not text."""
    texts = {name: value.strip() for name, value in environment.items() if name.startswith(OURS) and value.strip()}
    for name, value in texts.items():
        if not _is_text(value):
            raise ConfigurationError(f"{name} contains bytes that are not UTF-8. Set it again.")
    return texts


def refuse_misspelt(texts: Mapping[str, str], known: Sequence[str]) -> None:
    """Raises ConfigurationError for a variable that is nearly a known one. Others may have a reader of their own."""
    endings = [name.removeprefix("STAMMIS_") for name in known]
    for name in texts:
        if name.startswith("STAMMIS_") and name not in known:
            close = get_close_matches(name.removeprefix("STAMMIS_"), endings, n=1, cutoff=LIKELY_MEANT)
            if close:
                raise ConfigurationError(f"{name} is no setting: did you mean STAMMIS_{close[0]}?")


def read_folder(folder: Path | str, meaning: str, by: str) -> Path:
    """The folder, absolute; it need not be there yet. `meaning`: what it is for; `by`: what names it."""
    remedy = f"name another by {by}."
    if not _is_text(str(folder)):
        raise ConfigurationError(f"The {meaning} cannot be used (its name is not UTF-8): {remedy}")
    try:
        found = _expanded(folder, by).resolve()
        ancestor = next(each for each in (found, *found.parents) if each.exists())
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, links in a circle, a NUL
        reason = error.strerror if isinstance(error, OSError) else "no folder can have this name"
        raise ConfigurationError(f"The {meaning} cannot be used ({reason}): {remedy}") from None
    if any(found.is_relative_to(place) for place in KEEPS_NO_FILES):
        raise ConfigurationError(f"The {meaning} cannot be used (/{found.parts[1]} keeps no files): {remedy}")
    if not ancestor.is_dir():
        raise ConfigurationError(f"{ancestor} is a file: name a folder by {by}.")
    return found


def read_data_folder(folder: Path | str) -> Path:
    """The folder, absolute.

    DuckDB takes what follows a `?` or `#` in the path of its file for options, and a backslash for a slash: it would
    open another folder's warehouse.
    """
    home = read_folder(folder, "data folder", "--data or STAMMIS_DATA")
    if signs := sorted({*"?#\\"} & {*str(home)}):
        raise ConfigurationError(f"{home}: the warehouse cannot lie in a folder with {' or '.join(signs)} in its path.")
    return home


def _expanded(folder: Path | str, by: str) -> Path:
    """As `expand_home`, but what a caller names as a path has been through a shell: ~name of nobody is a folder's name.

    `--data ./~shop` comes as the path `~shop`.
    """
    try:
        return expand_home(str(folder), by)
    except ConfigurationError:
        if isinstance(folder, Path) and folder.parts[0] != "~":
            return Path.cwd() / folder
        raise


def expand_home(text: str, by: str) -> Path:
    """The path with ~ and ~name as the shell reads them."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigurationError(f"{by} begins with ~ and the name of nobody here: write the whole path.") from None


def read_inbox(text: str, name: str) -> str:
    """A folder's path, or an address that begins with sftp://."""
    if re.match(r"[a-z][a-z0-9+.-]*://", text, re.IGNORECASE):
        read_sftp_address(text, name)
        return f"sftp{text[4:]}"
    if re.match(r"[^/]*:", text):  # user:password@host:/path, or a URL without its slashes
        raise ConfigurationError(
            f"{name} is neither a folder nor sftp://user@host/path. A folder with : in its name needs its whole path."
        )
    return str(expand_home(text, name))


def read_sftp_address(url: str, name: str = "STAMMIS_INBOX") -> SftpAddress:
    """The parts of sftp://user@host:port/path, percent-decoded."""
    scheme = url.partition("://")[0].lower()
    if scheme != "sftp":
        raise ConfigurationError(f"{name} begins with {scheme}://: it can be a folder, or sftp://user@host/path.")
    parts = _split(url)
    if parts and parts.password is not None:
        raise ConfigurationError(f"{name} holds a password. Use a key (STAMMIS_SFTP_KEY) and take it out.")
    try:
        user, path = (unquote(part or "", errors="strict") for part in (parts and parts.username, parts and parts.path))
    except UnicodeDecodeError:
        user, path = "", ""
    if not (parts and parts.hostname and user and (user + path).isprintable()):
        raise ConfigurationError(
            f"{name} must read sftp://user@host/path or sftp://user@host:port/path, with a host in ASCII and "
            "a port from 1 to 65535; in the path ? is written %3F, # is %23 and % is %25."
        )
    return SftpAddress(user, parts.hostname, parts.port or 22, path)


def read_host(name: str, url: str, has_path: bool = False) -> tuple[str, str]:
    """(scheme, host) of an http:// or https:// URL. `has_path`: whether it may go on after the host."""
    parts = _split(url)
    if (
        not parts
        or parts.scheme not in ("http", "https")
        or "@" in parts.netloc
        or not (parts.path in ("", "/") or (has_path and re.fullmatch("[!-~]+", url)))
    ):
        raise ConfigurationError(
            f"{name} is no address of a host: write it as in https://crm.example.com, in ASCII and without a password."
        )
    return parts.scheme, str(parts.hostname)


def read_key(name: str, key: str) -> str:
    """A key or token as a header of a request can hold it; "" for none."""
    if not re.fullmatch("[!-~]*", key):
        raise ConfigurationError(
            f"{name} contains a character that HTTP headers do not allow (a space, a line break, a letter beyond "
            "ASCII). Set it again."
        )
    return key


def read_account(name: str, account: str) -> str:
    """An account's id as the path of a request can hold it; "" for none."""
    if not re.fullmatch("[A-Za-z0-9_-]*", account):
        raise ConfigurationError(f"{name} can only be letters and digits: copy it from Twilio's console.")
    return account


def read_size(name: str, text: str) -> int:
    """The bytes of a size such as 4GB."""
    found = SIZE.fullmatch(text)
    if not found:
        raise ConfigurationError(
            f"{name} is {text!r}: it can be a size such as 4GB, a whole number and MB or GB right behind it."
        )
    return int(found[1]) * (1000 if found[2].upper() == "GB" else 1) * 1_000_000


def read_memory(text: str) -> str:
    """A size in DuckDB's words, such as 4GB."""
    if read_size("STAMMIS_MEMORY", text) < LEAST_MEGABYTES * 1_000_000:
        raise ConfigurationError(
            f"STAMMIS_MEMORY is {text}: the warehouse needs at least {LEAST_MEGABYTES}MB; 1500MB is usual."
        )
    return text.upper()


def read_seconds(name: str, text: str) -> int:
    """Whole seconds; 0 for none."""
    if text and not re.fullmatch(r"[0-9]{1,9}", text):
        raise ConfigurationError(f"{name} is {text!r}: write whole seconds without a unit, such as 60.")
    return int(text or 0)


def read_recipients(name: str, text: str) -> tuple[str, ...]:
    """E-mail addresses and phone numbers, as they are written."""
    recipients = tuple(filter(None, map(str.strip, text.split(","))))
    for place, recipient in enumerate(recipients, start=1):
        if not EMAIL.fullmatch(recipient) and not NUMBER.fullmatch(recipient.replace(" ", "")):
            raise ConfigurationError(
                f"{name}, entry {place}, is neither an e-mail address nor a number such as +46701234567. "
                "Several stand apart by commas."
            )
    return recipients


def _split(url: str) -> SplitResult | None:
    """The parts of a URL whose host can be looked up and whose port can be asked; None for any other."""
    if not url.isprintable():  # urlsplit drops line breaks without a word
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # what every look-up does first; it knows how long a label may be
        is_host = bool(ip_address(host)) if ":" in host else HOST.fullmatch(host) is not None
    except ValueError:
        return None
    is_plain = parts.netloc.isascii() and not parts.query and not parts.fragment and not url.endswith(("?", "#"))
    return parts if is_host and is_plain and port != 0 else None


def _is_text(value: str) -> bool:
    """Whether it is free of bytes that Python could not decode, and so can be printed, hashed and sent."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
