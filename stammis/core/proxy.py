"""Which proxy the environment wants between us and a provider: HTTPS_PROXY, else ALL_PROXY, unless NO_PROXY names it.

The names and NO_PROXY are read by the standard library's rules: lower case goes before upper case, and a host is
named by itself, by a domain above it, with its port, or by `*`.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote_to_bytes

from stammis.core.errors import ConfigurationError

# A password may contain anything but a line break: the last @ ends it.
PROXY = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:(?P<user>.*)@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[^/:@\[\]?#\s]+):(?P<port>[0-9]{1,5})/?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy that opens tunnels. `setting` is the variable it came from; the credentials are in no repr."""

    host: str
    port: int
    setting: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # of the CONNECT request


def find_proxy(host: str, port: int) -> Proxy | None:
    """The proxy for requests to an https:// host; None: go straight there, as always on this machine.

    Raises ConfigurationError for a proxy that cannot be used, without a word of its credentials.
    """
    import urllib.request  # takes longer to import than most commands take to read their settings

    proxies = urllib.request.getproxies_environment()
    setting, address = "HTTPS_PROXY", proxies.get("https", "").strip()
    if not address:
        setting, address = "ALL_PROXY", proxies.get("all", "").strip()
    is_exempt = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    if not address or _is_loopback(host) or is_exempt(f"{host}:{port}", proxies):
        return None
    found = PROXY.fullmatch(address)
    remedy = f"write it as in http://user:password@proxy.example.com:3128, or name {host} in NO_PROXY."
    if not found or not 0 < int(found["port"]) < 65536:
        raise ConfigurationError(f"{setting} is not the address of a proxy, with its port: {remedy}")
    if (found["scheme"] or "http").lower() != "http":
        raise ConfigurationError(f"{setting} begins with {found['scheme']}://, and only http:// is supported: {remedy}")
    headers = {"Proxy-Authorization": f"Basic {_basic(found['user'])}"} if found["user"] else {}
    return Proxy(found["host"].strip("[]"), int(found["port"]), setting, headers)


def _basic(user: str) -> str:
    """Credentials as `Proxy-Authorization` holds them; each part is percent-decoded after they are taken apart."""
    name, _, password = user.encode("utf-8", "surrogateescape").partition(b":")
    return base64.b64encode(unquote_to_bytes(name) + b":" + unquote_to_bytes(password)).decode()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
