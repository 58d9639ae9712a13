"""Which address on the web is the article's own."""

import re
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url, url_query_cleaner

# What is added to follow a reader about, and says nothing of which page it is.
_TRACKING = [
    "fbclid",
    "gclid",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "mkt_tok",
    "_ga",
    "_gl",
    "cmpid",
    "CMP",
    "cmp",
    "ito",
    "ns_mchannel",
    "ns_campaign",
    "ns_source",
    "ns_linkname",
    "smid",
    "smtyp",
    "ncid",
    "ocid",
    "sr_share",
    "at_medium",
    "at_campaign",
    "at_custom1",
    "xtor",
    "spm",
    "__twitter_impression",
    "share_id",
    "ref_src",
    "ref_url",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "wt_mc",
    "wt.mc_id",
]
_TRACKING_FAMILY = re.compile(r"^(?:utm_|pk_|mtm_|hsa_|at_|_hs|amp_)\w+$", re.IGNORECASE)
_AMP_PARAMETER = re.compile(r"^(?:amp|outputType)$", re.IGNORECASE)
_AMP_HOST = re.compile(r"^amp[.-]", re.IGNORECASE)
_AMP_PATH = re.compile(r"/amp(?=/|$)|(?<=\w)[.-]amp(?=(?:\.html?)?$)", re.IGNORECASE)
_AMP_CACHE = re.compile(r"(?:^|\.)(?:cdn\.ampproject\.org|amp\.cloudflare\.com)$")
_SAME_SITE = re.compile(r"^(?:www\d?|m|mobile|amp)\.", re.IGNORECASE)

MAX_URL_LENGTH = 2000


def resolve_url(raw: str, base: str = "") -> str:
    """Give an http or https address, whole and against its base; empty where it is none."""
    try:
        address = urljoin(base, raw.strip())
        parts = urlsplit(address)
        parts.port  # noqa: B018 (it raises where the port is none)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or len(address) > MAX_URL_LENGTH:
        return ""
    return address


def clean_url(url: str) -> str:
    """Take the fragment, what tracks readers and an AMP cache off an address; it still works.

    Query parameters are sorted and percent-encoding is made one (RFC 3986, section 6.2). What is
    no http address comes back as it is.
    """
    if not resolve_url(url):
        return url
    parts = urlsplit(_out_of_cache(url.strip()))
    tracking = [
        name
        for name in re.findall(r"(?:^|&)([^=&]+)", parts.query)
        if name in _TRACKING or _TRACKING_FAMILY.match(name)
    ]
    address = urlunsplit(parts._replace(fragment=""))
    if tracking:
        address = url_query_cleaner(address, tracking, remove=True)
    return canonicalize_url(address)


def get_page_key(url: str) -> str:
    """Give what two addresses of one page have in common.

    Scheme, `www.` and `m.`, AMP forms, a closing slash and letter case of the host are left out,
    so it is for comparing only: nobody promises that it can be opened.
    """
    parts = urlsplit(clean_url(url))
    host = (parts.hostname or "").removesuffix(".")
    host = _SAME_SITE.sub("", _AMP_HOST.sub("", host))
    path = _AMP_PATH.sub("", parts.path).rstrip("/")
    query = "&".join(
        pair
        for pair in parts.query.split("&")
        if pair and not _AMP_PARAMETER.match(pair.partition("=")[0])
    )
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return host + port + path + (f"?{query}" if query else "")


def list_url_variants(url: str) -> set[str]:
    """Give the addresses under which the page of this one could be known.

    With http and https, with and without `www.`, `m.`, AMP forms and a closing slash.
    """
    if not resolve_url(url):
        return set()
    host, slash, rest = get_page_key(url).partition("/")
    path, mark, query = (slash + rest).partition("?")
    host, second_mark, host_query = host.partition("?")
    query, mark = query or host_query, mark or second_mark
    ways = {path, f"{path}/", f"{path}/amp", f"{path}/amp/", f"{path}.amp"}
    if ending := re.search(r"\.html?$", path):
        ways.add(f"{path[: ending.start()]}.amp{ending[0]}")
    return {url, clean_url(url)} | {
        f"{scheme}://{prefix}{host}{way}{mark}{query}"
        for scheme in ("https", "http")
        for prefix in ("", "www.", "m.", "amp.")
        for way in ways
    }


def is_same_site(one: str, other: str) -> bool:
    """Tell whether two addresses are on one site: the same host, or one below the other's.

    `www.`, `m.` and `amp.` are left out, and pages of an AMP cache are on the site they are from.
    """
    first, second = (
        _SAME_SITE.sub("", (urlsplit(_out_of_cache(url)).hostname or "").removesuffix("."))
        for url in (one, other)
    )
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def _out_of_cache(url: str) -> str:
    """Give the page that an AMP cache or Google's viewer holds a copy of."""
    parts: SplitResult = urlsplit(url)
    host = (parts.hostname or "").lower()
    if _AMP_CACHE.search(host):
        kept = re.match(r"/[acvri]/(?:[acvri]/)?(s/)?(.+)", parts.path)
    elif re.fullmatch(r"(?:www\.)?google\.\w+(?:\.\w+)?", host):
        kept = re.match(r"/amp/(s/)?(.+\..+)", parts.path)
    else:
        kept = None
    if not kept:
        return url
    scheme = "https" if kept[1] else "http"
    return f"{scheme}://{kept[2]}" + (f"?{parts.query}" if parts.query else "")
