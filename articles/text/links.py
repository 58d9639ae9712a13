"""Web addresses that stand in a text."""

from dataclasses import dataclass

from linkify_it import LinkifyIt

# Longer ones are no address that anybody meant to give.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Link:
    """`[start, end)` of a text, in code points, and the address that it points to."""

    start: int
    end: int
    href: str


_linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})


def find_links(text: str) -> list[Link]:
    """Find the http and https addresses that stand in a text, in order."""
    if "://" not in text:
        return []
    return [
        Link(match.index, match.last_index, match.url)
        for match in _linkify.match(text) or []
        if match.schema.lower() in ("http:", "https:") and len(match.url) <= _LONGEST
    ]
