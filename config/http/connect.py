"""Connections to addresses that were checked, with one time limit over everything.

The name is looked up here and nowhere else, and the socket is connected to what was looked at:
a name whose address changes in between (DNS rebinding) gains nothing. TLS and the `Host` header
go on naming the host."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from functools import partial
from ipaddress import IPv4Address, ip_address
from typing import Any, TypeVar

import httpcore

from config.http.policy import Allowance, Failed, Reason, check_address

_Done = TypeVar("_Done")

# Gives the IP addresses of a name, the best first. Raises OSError where there is none.
Resolver = Callable[[str, int], list[str]]

# Of the addresses of one name, so many are tried, each for so long.
MOST_ADDRESSES = 4
SECONDS_TO_CONNECT = 5.0


def addresses_of(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name. It keeps its own limit of time."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Deadline:
    """A moment after which nothing is waited for any more."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._seconds = seconds

    def left(self) -> float:
        """Give the seconds that are left. Raises Failed when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise self.missed()
        return left

    def missed(self) -> Failed:
        """Say that it took too long."""
        return Failed(Reason.TIMEOUT, f"There was no whole answer within {self._seconds:g} s.")


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to public and allowed addresses alone, until the deadline."""

    def __init__(self, deadline: Deadline, allowed: Allowance, resolve: Resolver) -> None:
        self._deadline = deadline
        self._allowed = allowed
        self._resolve = resolve

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Look the host up, check all its addresses, and connect. Raises NotAnswered."""
        addresses = self._checked_addresses(host, port)
        for address in addresses[:MOST_ADDRESSES]:
            try:
                return _Stream(self._connected(address, port), self._deadline)
            except OSError:
                self._deadline.left()
        raise Failed(Reason.UNREACHABLE, f"{host} cannot be reached at port {port}.")

    def _checked_addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise Failed(Reason.NAME_NOT_FOUND, f"No address is known for {host}.")
        if not self._allowed.names(host, port):
            # One that is not public is enough to refuse: an honest name has none.
            for address in found:
                check_address(ip_address(address), host, self._allowed)
        return found

    def _connected(self, address: str, port: int) -> socket.socket:
        is_ipv4 = isinstance(ip_address(address), IPv4Address)
        connection = socket.socket(socket.AF_INET if is_ipv4 else socket.AF_INET6)
        try:
            connection.settimeout(min(SECONDS_TO_CONNECT, self._deadline.left()))
            connection.connect((address, port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            connection.close()
            raise
        return connection


class _Stream(httpcore.NetworkStream):
    """A connected socket. Each wait ends at the deadline, so that many short ones do too."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for some bytes; none at the end. Raises Failed."""
        return self._in_time(partial(self._socket.recv, max_bytes))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all bytes. Raises Failed."""
        rest = memoryview(buffer)
        while rest:
            rest = rest[self._in_time(partial(self._socket.send, rest)) :]

    def close(self) -> None:
        """Let go of it."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Go on in TLS, with a certificate of the host that was asked for. Raises Failed."""
        try:
            wrapped = self._in_time(
                partial(ssl_context.wrap_socket, self._socket, server_hostname=server_hostname)
            )
        except BaseException:
            self.close()
            raise
        return _Stream(wrapped, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Tell httpcore of the TLS; it asks for nothing else that we have."""
        is_tls = isinstance(self._socket, ssl.SSLSocket)
        return self._socket if info == "ssl_object" and is_tls else None

    def _in_time(self, act: Callable[[], _Done]) -> _Done:
        self._socket.settimeout(self._deadline.left())
        try:
            return act()
        except TimeoutError:
            raise self._deadline.missed() from None
        except ssl.SSLCertVerificationError as error:
            raise Failed(
                Reason.TLS, f"The certificate is not good: {error.verify_message}."
            ) from error
        except ssl.SSLError as error:
            raise Failed(Reason.TLS, f"TLS failed: {error.reason or error}.") from error
        except OSError as error:
            raise Failed(Reason.BROKEN, "The connection was broken off.") from error
