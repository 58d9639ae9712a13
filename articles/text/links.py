from dataclasses import dataclass

from linkify_it import LinkifyIt

from articles.text.urls import has_credentials

# Longer matches are not meant as URLs.
_MAX_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Link:
    """A URL in a text, at `[start, end)` in code points."""

    start: int
    end: int
    href: str


_linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})


def find_links(text: str) -> list[Link]:
    """Return the http and https URLs of a text in order, without those that have credentials."""
    if "://" not in text:
        return []
    return [
        Link(match.index, match.last_index, match.url)
        for match in _linkify.match(text) or []
        if match.schema.lower() in ("http:", "https:")
        and len(match.url) <= _MAX_LENGTH
        and not has_credentials(match.url)
    ]
