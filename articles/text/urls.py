import re
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

_TRACKING = re.compile(
    r"(?i:(?:utm_|pk_|mtm_|hsa_|at_|_hs|amp_)\w+)"
    r"|(?:fb|g|d|y|tw)clid|msclkid|[gw]braid|igshid|mc_[ce]id|mkt_tok|_ga|_gl|cmpid|CMP|cmp|ito"
    r"|ns_(?:mchannel|campaign|source|linkname)|smid|smtyp|ncid|ocid|sr_share|xtor|spm"
    r"|__twitter_impression|share_id|ref_(?:src|url)|guccounter|guce_referrer(?:_sig)?"
    r"|wt_mc|wt\.mc_id"
)
_AMP_PARAMETER = re.compile(r"^(?:amp|outputType)$", re.IGNORECASE)
_AMP_HOST = re.compile(r"^amp[.-]", re.IGNORECASE)
_AMP_PATH = re.compile(r"/amp(?=/|$)|(?<=\w)[.-]amp(?=(?:\.html?)?$)", re.IGNORECASE)
_AMP_CACHE = re.compile(r"(?:^|\.)(?:cdn\.ampproject\.org|amp\.cloudflare\.com)$")
_SITE_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp)\.", re.IGNORECASE)

MAX_URL_LENGTH = 2000


def resolve_url(raw: str, base: str = "") -> str:
    """Return the absolute http(s) URL of `raw`, or "" if it is invalid or has credentials."""
    try:
        url = urljoin(base, raw.strip())
        parts = urlsplit(url)
        parts.port  # noqa: B018 (raises ValueError for an invalid port)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > MAX_URL_LENGTH:
        return ""
    return "" if has_credentials(url) else url


def has_credentials(url: str) -> bool:
    """Return whether a URL has a user name or password before its host (RFC 3986, 3.2.1)."""
    try:
        return "@" in urlsplit(url).netloc
    except ValueError:
        return False


def clean_url(url: str) -> str:
    """Remove the fragment, tracking parameters and the AMP cache, and normalise the rest.

    Query parameters are sorted and percent-encoding is normalised (RFC 3986, section 6.2). Returns
    anything but an http(s) URL unchanged.
    """
    if not resolve_url(url):
        return url
    parts = urlsplit(_strip_amp_cache(url.strip()))
    names = re.findall(r"(?:^|&)([^=&]+)", parts.query)
    tracking = [name for name in names if _TRACKING.fullmatch(name)]
    url = urlunsplit(parts._replace(fragment=""))
    if tracking:
        url = url_query_cleaner(url, tracking, remove=True)
    return canonicalize_url(url)


def get_page_key(url: str) -> str:
    """Return a key that is the same for all URLs of a page, for comparison only.

    Ignores scheme, `www.` and `m.`, AMP variants, a trailing slash and the case of the host.
    """
    parts = urlsplit(clean_url(url))
    host = (parts.hostname or "").removesuffix(".")
    host = _SITE_PREFIX.sub("", _AMP_HOST.sub("", host))
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    query = "&".join(
        pair
        for pair in parts.query.split("&")
        if pair and not _AMP_PARAMETER.match(pair.partition("=")[0])
    )
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return host + port + path + (f"?{query}" if query else "")


def list_url_variants(url: str) -> set[str]:
    """Return the URLs that the same page may have.

    With http and https, with and without `www.`, `m.`, AMP variants and a trailing slash.
    """
    if not resolve_url(url):
        return set()
    host, slash, rest = get_page_key(url).partition("/")
    path, mark, query = (slash + rest).partition("?")
    host, second_mark, host_query = host.partition("?")
    query, mark = query or host_query, mark or second_mark
    paths = {path, f"{path}/", f"{path}/amp", f"{path}/amp/", f"{path}.amp"}
    if ending := re.search(r"\.html?$", path):
        paths.add(f"{path[: ending.start()]}.amp{ending[0]}")
    return {url, clean_url(url)} | {
        f"{scheme}://{prefix}{host}{variant}{mark}{query}"
        for scheme in ("https", "http")
        for prefix in ("", "www.", "m.", "amp.")
        for variant in paths
    }


def is_same_site(one: str, other: str) -> bool:
    """Return whether two URLs have the same host, or one host is a subdomain of the other.

    Ignores `www.`, `m.`, `amp.` and AMP caches.
    """
    first, second = (
        _SITE_PREFIX.sub("", (urlsplit(_strip_amp_cache(url)).hostname or "").removesuffix("."))
        for url in (one, other)
    )
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def _strip_amp_cache(url: str) -> str:
    """Return the original URL of a page in an AMP cache or Google's AMP viewer."""
    parts: SplitResult = urlsplit(url)
    host = (parts.hostname or "").lower()
    if _AMP_CACHE.search(host):
        match = re.match(r"/[acvri]/(?:[acvri]/)?(s/)?(.+)", parts.path)
    elif re.fullmatch(r"(?:www\.)?google\.\w+(?:\.\w+)?", host):
        match = re.match(r"/amp/(s/)?(.+\..+)", parts.path)
    else:
        match = None
    if not match:
        return url
    scheme = "https" if match[1] else "http"
    return f"{scheme}://{match[2]}" + (f"?{parts.query}" if parts.query else "")
