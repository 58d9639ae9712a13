"""Which addresses may be asked: URLs, names, ports and IP addresses. Nothing is looked up here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Self

import httpx

LONGEST_URL = 2000
LONGEST_NAME = 253
PORTS = {"http": 80, "https": 443}
# Below it are the ports of mail, shells and other services that do not speak HTTP.
FIRST_FREE_PORT = 1024
LAST_PORT = 65535

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
# Names that are never public: RFC 6761, 6762 (with its appendix G), 7686, 8375, ICANN's .internal.
_PRIVATE_ENDINGS = (
    *(".localhost", ".local", ".localdomain", ".internal", ".intranet", ".private"),
    *(".corp", ".home", ".lan", ".home.arpa", ".onion", ".invalid"),
)

# The IANA special-purpose address registries (RFC 6890), as of what cannot be reached from
# everywhere, with what was reachable once (RFC 7526) and must not be tunnelled into.
_IPV4 = {
    "0.0.0.0/8": "this network's own",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "a carrier's private",
    "127.0.0.0/8": "this machine's own",
    "168.63.129.16/32": "a cloud's own",
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
}
_IPV6 = {
    "::/128": "unspecified",
    "::1/128": "this machine's own",
    "2001::/32": "tunnel (Teredo)",
    "2001::/23": "reserved",
    "2001:db8::/32": "documentation",
    "2002::/16": "tunnel (6to4)",
    "3fff::/20": "documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
_NOT_PUBLIC_4 = [(IPv4Network(network), words) for network, words in _IPV4.items()]
_NOT_PUBLIC_6 = [(IPv6Network(network), words) for network, words in _IPV6.items()]
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# What a network without IPv4 calls IPv4 addresses (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


class Reason(StrEnum):
    """Why there is no answer, for programs."""

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


class NotAnswered(Exception):
    """There is no answer. The message is a sentence for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Refused(NotAnswered):
    """It may not be asked, or what came is not taken: asking again would not help."""


class Failed(NotAnswered):
    """The other side could not be reached or did not finish: it may go better later."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Hosts and networks that may be asked although they are not public.

    An entry is a network such as `10.1.0.0/16` or `fd00::/8`, or a host with or without a port
    such as `hooks.lan`, `127.0.0.1:8080` or `[::1]:8080`. A host that is named here may have any
    address and any port, or just the port that is given.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[str]) -> Self:
        """Read the entries. Raises ValueError for one that cannot be meant."""
        hosts, networks = set(), []
        for entry in entries:
            if "/" in entry:
                networks.append(ip_network(entry))
            else:
                hosts.add(_host_and_port(entry))
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        """Tell whether the host is allowed by its name."""
        return not self.hosts.isdisjoint({(host, None), (host, port)})

    def covers(self, address: IPv4Address | IPv6Address) -> bool:
        """Tell whether the address lies in an allowed network."""
        return any(address in network for network in self.networks)


NOTHING = Allowance()


def checked(url: str, allowed: Allowance = NOTHING) -> httpx.URL:
    """Read a URL that may be asked, without its fragment. Raises Refused.

    Where its host is a name, the addresses behind it are still to be checked.
    """
    found = _read(url)
    host, port = found.raw_host.decode("ascii"), port_of(found)
    if allowed.names(host, port):
        return found
    if port < FIRST_FREE_PORT and port not in PORTS.values():
        raise Refused(
            Reason.PORT, f"Port {port} is not asked: use 80, 443 or one from {FIRST_FREE_PORT} on."
        )
    literal = _literal(host)
    if literal:
        check_address(literal, host, allowed)
    elif "." not in host or f".{host}".endswith(_PRIVATE_ENDINGS):
        raise Refused(Reason.PRIVATE_ADDRESS, f"{host} is a name of a private network.")
    return found


def port_of(url: httpx.URL) -> int:
    """Give the port that the URL names or means."""
    return PORTS[url.scheme] if url.port is None else url.port


def check_address(
    address: IPv4Address | IPv6Address, host: str, allowed: Allowance = NOTHING
) -> None:
    """Raise Refused unless the address of this host is public or allowed.

    The address of a name is not told: it would be a way to read the names of our own network.
    """
    kind = kind_of(address)
    if kind and not allowed.covers(address):
        raise Refused(
            Reason.PRIVATE_ADDRESS,
            f"{host} has an address that is not public ({kind}); only public ones are asked.",
        )


def kind_of(address: IPv4Address | IPv6Address) -> str:
    """Say what kind of address it is; nothing for a public one."""
    if isinstance(address, IPv4Address):
        return next((words for network, words in _NOT_PUBLIC_4 if address in network), "")
    if address.ipv4_mapped is not None:
        return kind_of(address.ipv4_mapped)
    if address in _NAT64:
        return kind_of(IPv4Address(int(address) & 0xFFFFFFFF))
    found = next((words for network, words in _NOT_PUBLIC_6 if address in network), "")
    return found or ("" if address in _GLOBAL_UNICAST else "reserved")


def _read(url: str) -> httpx.URL:
    if len(url) > LONGEST_URL:
        raise _bad_url(f"is longer than {LONGEST_URL:,} characters")
    try:
        found = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        raise _bad_url("cannot be read") from None
    if found.scheme not in PORTS:
        raise _bad_url("does not begin with http:// or https://")
    if found.userinfo:
        raise _bad_url("has a name or password in it")
    if found.port is not None and not 1 <= found.port <= LAST_PORT:
        raise _bad_url("has a port that does not exist")
    host = found.raw_host.decode("ascii").removesuffix(".")
    if len(host) > LONGEST_NAME or not (_is_ipv6(host) or _is_name(host)):
        raise _bad_url("has no host that can be looked up")
    return found.copy_with(host=host, fragment=None)


def _bad_url(what: str) -> Refused:
    return Refused(Reason.BAD_URL, f"This URL {what}.")


def _is_name(host: str) -> bool:
    return all(_LABEL.match(label) for label in host.split("."))


def _is_ipv6(host: str) -> bool:
    try:
        # A scope, as in fe80::1%eth0, means nothing to others.
        return ":" in host and not IPv6Address(host).scope_id
    except ValueError:
        return False


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Read a host that is an IP address; None for a name. Raises Refused.

    A host whose last part is a number is an address to the system, however it is written:
    2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1. One way to write it is enough.
    """
    try:
        return ip_address(host)
    except ValueError:
        if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", host.rpartition(".")[2]):
            raise _bad_url("has an IP address that is not four decimal numbers") from None
        return None


def _host_and_port(entry: str) -> tuple[str, int | None]:
    # A bare IPv6 address has no brackets. A scheme without a port of its own keeps 80 and 443.
    bracketed = f"[{entry}]" if _is_ipv6(entry) else entry
    try:
        url = httpx.URL(f"host://{bracketed}")
    except (httpx.InvalidURL, ValueError):
        url = httpx.URL("")
    host, port = url.raw_host.decode("ascii"), url.port
    named = _is_ipv6(host) or _is_name(host)
    if url.userinfo or not named or not (port is None or 1 <= port <= LAST_PORT):
        raise ValueError(f"“{entry}” is neither a network nor a host with or without a port.")
    return host, port
