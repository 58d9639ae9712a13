"""Which URLs, hosts, ports and IP addresses may be requested. Nothing is resolved here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

import httpx

from config.translation import gettext as _

MAX_URL_LENGTH = 2000
MAX_HOST_LENGTH = 253
DEFAULT_PORTS = {"http": 80, "https": 443}
# Lower ports belong to mail, SSH and other services that do not speak HTTP.
FIRST_UNPRIVILEGED_PORT = 1024
MAX_PORT = 65535

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
# Domains that are never public: RFC 6761, 6762 (appendix G), 7686, 8375, ICANN's .internal.
_PRIVATE_DOMAINS = (
    *(".localhost", ".local", ".localdomain", ".internal", ".intranet", ".private"),
    *(".corp", ".home", ".lan", ".home.arpa", ".onion", ".invalid"),
)

# Networks in the IANA special-purpose address registries (RFC 6890) that are not globally
# reachable, and former relay and tunnel networks (RFC 7526).
_SPECIAL_NETWORKS = {
    "0.0.0.0/8": "this network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "carrier-grade NAT",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "cloud metadata",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "documentation",
    "192.88.99.0/24": "relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
    "::/128": "unspecified",
    "::1/128": "loopback",
    "2001::/32": "tunnel (Teredo)",
    "2001::/23": "reserved",
    "2001:db8::/32": "documentation",
    "2002::/16": "tunnel (6to4)",
    "3fff::/20": "documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
_NOT_PUBLIC = [(ip_network(network), kind) for network, kind in _SPECIAL_NETWORKS.items()]
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# IPv4 addresses as seen from an IPv6-only network (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


class ErrorReason(StrEnum):
    """Why a request has no response, for programs."""

    BAD_URL = "bad-url"
    PRIVATE_ADDRESS = "private-address"
    PORT = "port"
    TOO_MANY_REDIRECTS = "too-many-redirects"
    TOO_LARGE = "too-large"
    CONTENT_TYPE = "content-type"
    ENCODING = "encoding"
    NAME_NOT_FOUND = "name-not-found"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    BROKEN = "broken"
    ROBOTS = "robots"
    BUSY = "busy"


class RequestError(Exception):
    """A request has no response. The message is a sentence for users."""

    def __init__(self, reason: ErrorReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RequestBlocked(RequestError):
    """The request or its response is not allowed. Retrying does not help."""


class RequestFailed(RequestError):
    """The server could not be reached or did not complete its response. Retrying may help."""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Hosts and networks that may be requested although they are not public.

    Entries are networks such as `10.1.0.0/16` or `fd00::/8`, or hosts with an optional port such
    as `hooks.lan`, `127.0.0.1:8080` or `[::1]:8080`. A host may have any address, and any port
    unless one is given.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Parse entries. Raises ValueError for an invalid one."""
        hosts, networks = set(), []
        for entry in entries:
            if "/" in entry:
                networks.append(ip_network(entry))
            else:
                hosts.add(_parse_host_and_port(entry))
        return cls(frozenset(hosts), tuple(networks))

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Allow exactly the host and port of `url`. Raises RequestBlocked if it is invalid."""
        parsed = _parse(url)
        return cls(frozenset({(parsed.raw_host.decode("ascii"), get_port(parsed))}))

    def __or__(self, other: "AllowedHosts") -> "AllowedHosts":
        return AllowedHosts(self.hosts | other.hosts, self.networks + other.networks)

    def has_host(self, host: str, port: int) -> bool:
        return not self.hosts.isdisjoint({(host, None), (host, port)})

    def has_address(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


NO_HOSTS = AllowedHosts()


def validate_url(url: str, allowed: AllowedHosts = NO_HOSTS) -> httpx.URL:
    """Parse a URL that may be requested and drop its fragment. Raises RequestBlocked.

    The addresses of a host name must still be checked when it is resolved.
    """
    parsed = _parse(url)
    host, port = parsed.raw_host.decode("ascii"), get_port(parsed)
    if allowed.has_host(host, port):
        return parsed
    if port < FIRST_UNPRIVILEGED_PORT and port not in DEFAULT_PORTS.values():
        message = _("Port %(port)d is not allowed. Use 80, 443 or a port from %(first)d on.")
        values = {"port": port, "first": FIRST_UNPRIVILEGED_PORT}
        raise RequestBlocked(ErrorReason.PORT, message % values)
    address = _parse_address(host)
    if address:
        check_address(address, host, allowed)
    elif "." not in host or f".{host}".endswith(_PRIVATE_DOMAINS):
        message = _("%(host)s is a host name of a private network.") % {"host": host}
        raise RequestBlocked(ErrorReason.PRIVATE_ADDRESS, message)
    return parsed


def get_port(url: httpx.URL) -> int:
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


def check_address(
    address: IPv4Address | IPv6Address, host: str, allowed: AllowedHosts = NO_HOSTS
) -> None:
    """Raise RequestBlocked unless the address of this host is public or allowed.

    The message omits the address, which would reveal the names of the internal network.
    """
    kind = get_address_kind(address)
    if kind and not allowed.has_address(address):
        message = _("%(host)s has an address that is not public (%(kind)s). Use a public address.")
        raise RequestBlocked(ErrorReason.PRIVATE_ADDRESS, message % {"host": host, "kind": kind})


def get_address_kind(address: IPv4Address | IPv6Address) -> str:
    """Return the kind of a special-purpose address, or "" for a public one."""
    other = ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return get_address_kind(address.ipv4_mapped)
        if address in _NAT64:
            return get_address_kind(IPv4Address(int(address) & 0xFFFFFFFF))
        other = "" if address in _GLOBAL_UNICAST else "reserved"
    return next((kind for network, kind in _NOT_PUBLIC if address in network), other)


def _parse(url: str) -> httpx.URL:
    if len(url) > MAX_URL_LENGTH:
        message = _("This URL is longer than %(limit)s characters.")
        raise _bad_url(message % {"limit": f"{MAX_URL_LENGTH:,}"})
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise _bad_url(_("This URL cannot be parsed.")) from None
    if parsed.scheme not in DEFAULT_PORTS:
        raise _bad_url(_("This URL does not start with http:// or https://."))
    if parsed.userinfo:
        raise _bad_url(_("This URL contains a user name or password."))
    if parsed.port is not None and not 1 <= parsed.port <= MAX_PORT:
        raise _bad_url(_("This URL has an invalid port."))
    host = parsed.raw_host.decode("ascii").removesuffix(".")
    if len(host) > MAX_HOST_LENGTH or not (_is_ipv6(host) or _is_name(host)):
        raise _bad_url(_("This URL has no valid host."))
    return parsed.copy_with(host=host, fragment=None)


def _bad_url(message: str) -> RequestBlocked:
    return RequestBlocked(ErrorReason.BAD_URL, message)


def _is_name(host: str) -> bool:
    return all(_LABEL.match(label) for label in host.split("."))


def _is_ipv6(host: str) -> bool:
    try:
        # A scope as in fe80::1%eth0 only means something on this machine.
        return ":" in host and not IPv6Address(host).scope_id
    except ValueError:
        return False


def _parse_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address if the host is one, and None for a name. Raises RequestBlocked.

    The system treats any host whose last label is a number as an address: 2130706433, 0x7f.1
    and 0177.0.0.1 are 127.0.0.1. Only four decimal numbers are accepted.
    """
    try:
        return ip_address(host)
    except ValueError:
        if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]):
            raise _bad_url(
                _("This URL has an IP address that is not written as four decimal numbers.")
            ) from None
        return None


def _parse_host_and_port(entry: str) -> tuple[str, int | None]:
    # A bare IPv6 address has no brackets. An unknown scheme keeps ports 80 and 443.
    bracketed = f"[{entry}]" if _is_ipv6(entry) else entry
    try:
        url = httpx.URL(f"host://{bracketed}")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    host, port = url.raw_host.decode("ascii"), url.port
    is_host = _is_ipv6(host) or _is_name(host)
    if url.userinfo or not is_host or not (port is None or 1 <= port <= MAX_PORT):
        raise ValueError(f"“{entry}” is neither a network nor a host with an optional port.")
    return host, port
