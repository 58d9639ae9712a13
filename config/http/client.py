"""GET and POST with limits on time, size, redirects and content types."""

import contextlib
import ssl
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache

import httpcore
import httpx
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from config.http.connect import CheckedBackend, Deadline, Resolver, resolve_host
from config.http.policy import (
    AllowedHosts,
    ErrorReason,
    RequestBlocked,
    RequestError,
    RequestFailed,
    get_port,
    validate_url,
)

# Statuses with a location to follow; 304 has none.
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
# zlib: gzip with its header, and nothing else.
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_SIZE = 65_536


@dataclass(frozen=True, slots=True)
class Response:
    """A response of any status. Header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    # Decompressed, but not decoded to text.
    body: bytes = b""
    # The URLs that redirected here, starting with the requested one.
    redirected_from: tuple[str, ...] = ()
    # Where permanent redirects (301 and 308) from the requested URL lead; "" if there are none.
    moved_to: str = ""

    @property
    def media_type(self) -> str:
        """The content type in lower case without parameters, or ""."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        """The charset of the content type in lower case, or ""."""
        message = Message()
        message["Content-Type"] = self.headers.get("content-type", "")
        return str(message.get_content_charset() or "")

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def retry_after(self) -> timedelta:
        """How long the server asks to wait (RFC 9110, 10.2.3); 0 if it does not say."""
        value = self.headers.get("retry-after", "").strip()
        if value.isascii() and value.isdigit():
            return timedelta(seconds=int(value[:9]))
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return timedelta()
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - timezone.now()
        return max(timedelta(), wait)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchOptions:
    headers: Mapping[str, str] = field(default_factory=dict)
    # Media types that a successful response may have, besides none at all. Empty allows all.
    media_types: Collection[str] = ()
    # Limits the body both compressed and decompressed.
    max_bytes: int = 10_000_000
    # Seconds for the whole request, including redirects.
    timeout: float = 20.0
    max_redirects: int = 5
    # Non-public hosts to allow besides those in ALLOWED_PRIVATE_HOSTS.
    allowed_hosts: AllowedHosts = field(default_factory=AllowedHosts)
    resolve: Resolver = resolve_host


def get(url: str, options: FetchOptions | None = None) -> Response:
    """Fetch a URL, following and checking redirects. Raises RequestBlocked and RequestFailed."""
    options = options or FetchOptions()
    deadline = Deadline(options.timeout)
    redirected_from: list[str] = []
    moved_to, is_permanent = "", True
    while True:
        response = _get_once(url, options, deadline)
        location = response.headers.get("location")
        if response.status not in _REDIRECTS or location is None:
            return replace(response, redirected_from=tuple(redirected_from), moved_to=moved_to)
        if len(redirected_from) == options.max_redirects:
            message = _("The server redirects more than %(limit)d times.")
            raise RequestBlocked(
                ErrorReason.TOO_MANY_REDIRECTS, message % {"limit": options.max_redirects}
            )
        redirected_from.append(url)
        url = _join(response.url, location)
        is_permanent = is_permanent and response.status in _PERMANENT
        moved_to = url if is_permanent else moved_to


def post(url: str, content: bytes, options: FetchOptions) -> Response:
    """Send `content`. The response body is truncated to `options.max_bytes`.

    Redirects are not followed. An incomplete or unreadable response body is no error: only the
    status matters. Raises RequestBlocked and RequestFailed.
    """
    with _send("POST", url, options, Deadline(options.timeout), content) as (head, chunks):
        body = bytearray()
        with contextlib.suppress(RequestError, httpcore.ProtocolError, httpcore.NetworkError):
            for chunk in _limit(chunks, options.max_bytes):
                body += chunk
        return replace(head, body=bytes(body))


def unpack_gzip(data: bytes, max_bytes: int) -> bytes:
    """Return the content of a gzip file, and any other data unchanged. Raises RequestError."""
    if not data.startswith(_GZIP_MAGIC):
        return data
    content = b"".join(_limit(_decompress_gzip([data]), max_bytes + 1))
    _check_size(content, max_bytes)
    return content


def check_url(url: str) -> None:
    """Raise RequestBlocked if this installation never requests `url`, whatever it resolves to."""
    validate_url(url, AllowedHosts.parse(settings.ALLOWED_PRIVATE_HOSTS))


def _get_once(url: str, options: FetchOptions, deadline: Deadline) -> Response:
    with _send("GET", url, options, deadline) as (head, body):
        if head.status in _REDIRECTS and "location" in head.headers:
            return head
        is_allowed = not head.media_type or head.media_type in options.media_types
        if options.media_types and head.is_success and not is_allowed:
            message = _("The content type is %(type)s, not %(expected)s.")
            expected = _(" or ").join(sorted(options.media_types))
            values = {"type": head.media_type[:100], "expected": expected}
            raise RequestBlocked(ErrorReason.CONTENT_TYPE, message % values)
        content = b"".join(_limit(body, options.max_bytes + 1))
        _check_size(content, options.max_bytes)
        return replace(head, body=content)


def _check_size(content: bytes, max_bytes: int) -> None:
    if len(content) > max_bytes:
        message = _("The response is larger than %(limit)s bytes.")
        raise RequestBlocked(ErrorReason.TOO_LARGE, message % {"limit": f"{max_bytes:,}"})


@contextlib.contextmanager
def _send(
    method: str, url: str, options: FetchOptions, deadline: Deadline, content: bytes | None = None
) -> Iterator[tuple[Response, Iterator[bytes]]]:
    """Send one request; yield the response without its body, and the body's chunks."""
    allowed = AllowedHosts.parse(settings.ALLOWED_PRIVATE_HOSTS) | options.allowed_hosts
    target = validate_url(url, allowed)
    # A pool per request, so that no connection outlives the check of its address. Proxies from
    # the environment are ignored: they would resolve the host themselves.
    pool = httpcore.ConnectionPool(
        ssl_context=_get_ssl_context(),
        network_backend=CheckedBackend(deadline, allowed, options.resolve),
    )
    headers = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": settings.USER_AGENT,
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **options.headers,
    }
    wire_url = httpcore.URL(
        scheme=target.raw_scheme,
        host=target.raw_host,
        port=get_port(target),
        target=target.raw_path,
    )
    try:
        with (
            pool,
            pool.stream(method, wire_url, headers=list(headers.items()), content=content) as stream,
        ):
            head = Response(str(target), stream.status, dict(httpx.Headers(stream.headers)))
            yield head, _decompress(stream.iter_stream(), head)
    except (httpcore.ProtocolError, httpcore.NetworkError) as error:
        message = _("The server's response is not valid HTTP: %(error)s.") % {"error": error}
        raise RequestFailed(ErrorReason.BROKEN, message) from error


@cache
def _get_ssl_context() -> ssl.SSLContext:
    # Trusts the certificates of certifi, or SSL_CERT_FILE.
    return httpx.create_ssl_context()


def _join(base: str, location: str) -> str:
    try:
        return str(httpx.URL(base).join(location))
    except (httpx.InvalidURL, ValueError):
        raise RequestBlocked(
            ErrorReason.BAD_URL, _("The server redirects to an invalid URL.")
        ) from None


def _limit(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    """Yield chunks until they are `max_bytes` long."""
    for chunk in chunks:
        yield chunk[:max_bytes]
        max_bytes -= len(chunk)
        if max_bytes <= 0:
            break


def _decompress(chunks: Iterable[bytes], head: Response) -> Iterator[bytes]:
    """Yield the body, decompressing gzip, the only encoding that requests accept."""
    encoding = head.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from chunks
    elif encoding in ("gzip", "x-gzip"):
        yield from _decompress_gzip(chunks)
    else:
        message = _("The content encoding %(encoding)s is not supported.")
        raise RequestBlocked(ErrorReason.ENCODING, message % {"encoding": encoding[:100]})


def _decompress_gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decompressor = zlib.decompressobj(_GZIP)
    is_complete = True
    for chunk in chunks:
        while chunk:
            if is_complete:
                # gzip is a sequence of members (RFC 1952, 2.2).
                decompressor = zlib.decompressobj(_GZIP)
            try:
                yield decompressor.decompress(chunk, _CHUNK_SIZE)
            except zlib.error:
                raise RequestFailed(
                    ErrorReason.BROKEN, _("The gzip data of the response is corrupt.")
                ) from None
            is_complete = decompressor.eof
            chunk = decompressor.unused_data if is_complete else decompressor.unconsumed_tail
    if not is_complete:
        raise RequestFailed(ErrorReason.BROKEN, _("The gzip data of the response is incomplete."))
