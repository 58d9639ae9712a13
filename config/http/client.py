"""GET and POST within limits of time, size, redirects and content types."""

import contextlib
import ssl
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

import httpcore
import httpx
from django.conf import settings

from config.http.connect import CheckedBackend, Deadline, Resolver, addresses_of
from config.http.policy import Allowance, Failed, NotAnswered, Reason, Refused, checked, port_of

SECONDS = 20.0
LARGEST = 10_000_000
MOST_REDIRECTS = 5
# Of 304 and the like there is nothing to follow.
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# For zlib: gzip with its header, and nothing else.
_GZIP = 16 + zlib.MAX_WBITS
_INFLATED_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. Names of headers are in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    # Inflated, and not decoded to text.
    body: bytes = b""
    # The URLs that led here, the first one first.
    redirected_from: tuple[str, ...] = ()

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in small letters; may be empty."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_success(self) -> bool:
        """Whether the status is one of 2xx."""
        return 200 <= self.status < 300


def get(
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    media_types: Collection[str] = (),
    largest: int = LARGEST,
    seconds: float = SECONDS,
    redirects: int = MOST_REDIRECTS,
    resolve: Resolver = addresses_of,
) -> Answer:
    """Read what a URL gives, following redirects; each is checked as the first was.

    `media_types` are those that a success may have (one that names none is taken too); `largest`
    counts bytes, before and after inflating; `seconds` are for everything together. An answer of
    any status is an answer. Raises Refused and Failed.
    """
    deadline = Deadline(seconds)
    asked: list[str] = []
    while True:
        with _asked("GET", url, headers or {}, deadline, resolve) as (head, body):
            onward = head.headers.get("location") if head.status in _REDIRECTS else None
            if onward is None:
                if media_types and head.is_success:
                    _check_type(head, media_types)
                whole = _whole(body, largest)
                return replace(head, body=whole, redirected_from=tuple(asked))
        if len(asked) == redirects:
            raise Refused(
                Reason.TOO_MANY_REDIRECTS, f"It redirects more than {redirects} times in a row."
            )
        asked.append(url)
        url = _joined(head.url, onward)


def post(
    url: str,
    content: bytes,
    *,
    headers: Mapping[str, str],
    kept: int,
    seconds: float = SECONDS,
    resolve: Resolver = addresses_of,
) -> Answer:
    """Send something, and keep the first `kept` bytes of what is answered. Follows no redirect.

    The status is the answer: a body that does not end or cannot be read takes nothing from it.
    Raises Refused and Failed.
    """
    with _asked("POST", url, headers, Deadline(seconds), resolve, content) as (head, body):
        return replace(head, body=_beginning(body, kept))


def check_url(url: str) -> None:
    """Raise Refused for a URL that this installation would not ask, whatever its name leads to."""
    checked(url, _allowance())


def _allowance() -> Allowance:
    return Allowance.of(settings.ALLOWED_PRIVATE_HOSTS)


@contextlib.contextmanager
def _asked(
    method: str,
    url: str,
    headers: Mapping[str, str],
    deadline: Deadline,
    resolve: Resolver,
    content: bytes | None = None,
) -> Iterator[tuple[Answer, Iterator[bytes]]]:
    """Send one request, and give the head of the answer with what is still to be read."""
    allowed = _allowance()
    target = checked(url, allowed)
    # A pool for one request, and no connection kept: each is to an address checked just now.
    # Proxies of the environment are not used: they would look names up for themselves.
    pool = httpcore.ConnectionPool(
        ssl_context=_tls(), network_backend=CheckedBackend(deadline, allowed, resolve)
    )
    told = {
        "Host": target.netloc.decode("ascii"),
        "User-Agent": settings.USER_AGENT,
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **headers,
    }
    try:
        with (
            pool,
            pool.stream(
                method, _on_the_wire(target), headers=list(told.items()), content=content
            ) as response,
        ):
            head = Answer(str(target), response.status, _headers_of(response))
            yield head, _inflated(response.iter_stream(), head)
    except (httpcore.ProtocolError, httpcore.NetworkError) as error:
        raise Failed(Reason.BROKEN, f"What came is not whole HTTP: {error}.") from error


@cache
def _tls() -> ssl.SSLContext:
    # Trusts what certifi lists, or SSL_CERT_FILE.
    return httpx.create_ssl_context()


def _on_the_wire(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=port_of(url), target=url.raw_path
    )


def _headers_of(response: httpcore.Response) -> dict[str, str]:
    """Read the headers; one that is repeated becomes a list in one (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("ascii").lower(), _text(raw_value)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _joined(base: str, location: str) -> str:
    try:
        return str(httpx.URL(base).join(location))
    except (httpx.InvalidURL, ValueError):
        raise Refused(Reason.BAD_URL, "It redirects to what is no URL.") from None


def _check_type(head: Answer, media_types: Collection[str]) -> None:
    if head.media_type and head.media_type not in media_types:
        raise Refused(
            Reason.CONTENT_TYPE,
            f"It is {head.media_type[:100]}, not {' or '.join(sorted(media_types))}.",
        )


# --- Bodies: never more in memory than was allowed ------------------------------------------


def _whole(body: Iterable[bytes], largest: int) -> bytes:
    found = bytearray()
    for part in body:
        found += part
        if len(found) > largest:
            raise Refused(Reason.TOO_LARGE, f"It has more than {largest:,} bytes.")
    return bytes(found)


def _beginning(body: Iterable[bytes], kept: int) -> bytes:
    found = bytearray()
    with contextlib.suppress(NotAnswered, httpcore.ProtocolError, httpcore.NetworkError):
        for part in body:
            found += part
            if len(found) >= kept:
                break
    return bytes(found[:kept])


def _inflated(parts: Iterable[bytes], head: Answer) -> Iterator[bytes]:
    """Inflate gzip, the one encoding that was asked for, a little at a time."""
    encoding = head.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from parts
    elif encoding in ("gzip", "x-gzip"):
        yield from _gunzipped(parts)
    else:
        raise Refused(
            Reason.ENCODING, f"It is encoded as {encoding[:100]}, which was not asked for."
        )


def _gunzipped(parts: Iterable[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(_GZIP)
    ended = True
    for part in parts:
        while part:
            if ended:
                # One more member: gzip is one or several of them (RFC 1952, 2.2).
                inflater = zlib.decompressobj(_GZIP)
            try:
                yield inflater.decompress(part, _INFLATED_AT_ONCE)
            except zlib.error:
                raise Failed(Reason.BROKEN, "Its gzip is broken.") from None
            ended = inflater.eof
            part = inflater.unused_data if ended else inflater.unconsumed_tail
    if not ended:
        raise Failed(Reason.BROKEN, "Its gzip is cut off.")
