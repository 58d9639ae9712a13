"""Connections to checked addresses, with one deadline for the whole request.

The host is resolved only here, and the socket connects to the address that was checked. This
defeats DNS rebinding, where a host resolves to another address the second time. TLS and the
`Host` header still use the host name.
"""

import socket
import ssl
import time
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar

import httpcore

from config.http.policy import AllowedHosts, ErrorReason, RequestFailed, check_address
from config.translation import gettext as _

_Result = TypeVar("_Result")

# Returns the IP addresses of a host, best first. Raises OSError if there are none.
Resolver = Callable[[str, int], list[str]]

MAX_ADDRESSES = 4
# Seconds per address.
CONNECT_TIMEOUT = 5.0


def resolve_host(host: str, port: int) -> list[str]:
    """Resolve a host with the system's resolver, which has its own timeout."""
    results = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_info, address in results))


class Deadline:
    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds
        self._seconds = seconds

    def get_remaining(self) -> float:
        """Return the remaining seconds. Raises RequestFailed when none are left."""
        remaining = self._at - time.monotonic()
        if remaining <= 0:
            raise self.make_error()
        return remaining

    def make_error(self) -> RequestFailed:
        message = _("The server did not respond within %(seconds)g s.")
        return RequestFailed(ErrorReason.TIMEOUT, message % {"seconds": self._seconds})


class CheckedBackend(httpcore.NetworkBackend):
    """Connects only to public and allowed addresses, until the deadline."""

    def __init__(self, deadline: Deadline, allowed: AllowedHosts, resolve: Resolver) -> None:
        self._deadline = deadline
        self._allowed = allowed
        self._resolve = resolve

    def connect_tcp(
        self, host: str, port: int, *args: Any, **kwargs: Any
    ) -> httpcore.NetworkStream:
        """Resolve the host, check all its addresses and connect. Raises RequestError."""
        addresses = self._resolve_and_check(host, port)
        for address in addresses[:MAX_ADDRESSES]:
            timeout = min(CONNECT_TIMEOUT, self._deadline.get_remaining())
            try:
                connection = socket.create_connection((address, port), timeout)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(connection, self._deadline)
            except OSError:
                self._deadline.get_remaining()
        message = _("Cannot connect to %(host)s at port %(port)d.") % {"host": host, "port": port}
        raise RequestFailed(ErrorReason.UNREACHABLE, message)

    def _resolve_and_check(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            message = _("The host %(host)s was not found.") % {"host": host}
            raise RequestFailed(ErrorReason.NAME_NOT_FOUND, message)
        if not self._allowed.has_host(host, port):
            # A single private address is suspicious enough to block the host.
            for address in addresses:
                check_address(ip_address(address), host, self._allowed)
        return addresses


class _Stream(httpcore.NetworkStream):
    """A connected socket. The deadline limits the sum of all waits, not each one."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._run(partial(self._socket.recv, max_bytes))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        while rest:
            rest = rest[self._run(partial(self._socket.send, rest)) :]

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            wrapped = self._run(
                partial(ssl_context.wrap_socket, self._socket, server_hostname=server_hostname)
            )
        except BaseException:
            self.close()
            raise
        return _Stream(wrapped, self._deadline)

    def _run(self, operation: Callable[[], _Result]) -> _Result:
        """Run a socket operation until the deadline. Raises RequestFailed."""
        self._socket.settimeout(self._deadline.get_remaining())
        try:
            return operation()
        except TimeoutError:
            raise self._deadline.make_error() from None
        except ssl.SSLCertVerificationError as error:
            message = _("The certificate is invalid: %(error)s.") % {"error": error.verify_message}
            raise RequestFailed(ErrorReason.TLS, message) from error
        except ssl.SSLError as error:
            message = _("The TLS connection failed: %(error)s.") % {"error": error.reason or error}
            raise RequestFailed(ErrorReason.TLS, message) from error
        except OSError as error:
            message = _("The connection was interrupted.")
            raise RequestFailed(ErrorReason.BROKEN, message) from error
