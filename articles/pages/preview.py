"""What is shown of an article before it is saved."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from django.core import signing

from articles.duplicates.services import DuplicateCandidate, find_duplicates
from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import read_file
from articles.extraction.html import ExtractionFailed, Page, read_page
from articles.fetch import FetchedPage, fetch_page
from articles.models import Snapshot
from articles.services import clean_text
from articles.text.blocks import Block, BlockKind, split_blocks
from articles.text.byline import Credit
from articles.text.language import describe_guess, guess_language
from articles.text.links import Link, find_links

# Signed, so that blocks and links come back as they were found, for the text they were found in.
_SALT = "articles.pages.preview"
_GOOD_FOR_SECONDS = 86_400
NAMES = {
    "title": "title",
    "authors": "authors",
    "outlet": "outlet",
    "published_at": "date",
    "language": "language",
    "url": "address",
    "text": "text",
}


@dataclass(frozen=True)
class Found:
    """What was found: the draft, and what there is to say of it."""

    draft: ArticleDraft
    blocker: str = ""
    cleaned: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    snapshot: Snapshot | None = None


@dataclass(frozen=True)
class Preview:
    """What a person is shown: counts, what was cleaned and is missing, and who it could be."""

    blocker: str
    cleaned: list[str]
    missing: list[str]
    words: int
    blocks: list[tuple[str, int]]
    links: int
    duplicates: list[DuplicateCandidate]


def find_at(url: str) -> Found:
    """Look at an address. Raises FetchFailed."""
    fetched: FetchedPage = fetch_page(url)
    Snapshot.objects.expired().delete()
    fetched.snapshot.save()
    return _of_page(fetched.page, fetched.snapshot)


def find_in(name: str, data: bytes) -> Found:
    """Look into a file. Raises IngestError."""
    if name.lower().endswith((".html", ".htm")):
        try:
            return _of_page(read_page(data), None)
        except ExtractionFailed as error:
            raise IngestError({"file": [error.blocker.detail]}) from None
    return find_draft(read_file(name, data))


def find_draft(draft: ArticleDraft) -> Found:
    """Look at a draft: a text that was pasted, or what was in a file."""
    text = clean_text(draft.text)
    cleaned = [] if text == draft.text else ["The text was put into its normal form."]
    if not draft.language and (language := guess_language(text)):
        draft = replace(draft, language=language)
        cleaned.append(describe_guess(language))
    return Found(draft, "", cleaned, _missing(draft))


def preview(found: Found) -> Preview:
    """Say what was found, and which articles here it could be."""
    draft = found.draft
    text = clean_text(draft.text) if draft.text.strip() else ""
    blocks = draft.blocks or split_blocks(text, title=draft.title)
    links = find_links(text) if draft.links is None else draft.links
    kinds = Counter(block.kind.replace("_", " ") for block in blocks)
    return Preview(
        blocker=found.blocker,
        cleaned=found.cleaned,
        missing=[NAMES[name] for name in found.missing],
        words=len(text.split()),
        blocks=sorted(kinds.items()),
        links=len(links),
        duplicates=find_duplicates(text, draft.url) if text else [],
    )


def sealed(found: Found) -> str:
    """Write down what a form cannot hold: blocks, links, and which bytes they are from."""
    draft = found.draft
    text = clean_text(draft.text) if draft.text.strip() else ""
    return signing.dumps(
        {
            "text": _digest(text),
            "blocks": draft.blocks and [(b.kind, b.start, b.end) for b in draft.blocks],
            "links": draft.links and [(k.start, k.end, k.href) for k in draft.links],
            "snapshot": found.snapshot and found.snapshot.pk,
        },
        salt=_SALT,
        compress=True,
    )


def opened(seal: str, text: str) -> dict[str, Any]:
    """Give the blocks, links and snapshot of a seal; nothing where the text is another by now.

    The snapshot is of the page in any case.
    """
    try:
        kept = signing.loads(seal, salt=_SALT, max_age=_GOOD_FOR_SECONDS)
    except signing.BadSignature:
        return {}
    found: dict[str, Any] = {"snapshot": kept["snapshot"]}
    if kept["text"] == _digest(text):
        if kept["blocks"]:
            found["blocks"] = [Block(BlockKind(kind), *span) for kind, *span in kept["blocks"]]
        if kept["links"] is not None:
            found["links"] = [Link(*link) for link in kept["links"]]
    return found


def credits_of(lines: str) -> list[Credit] | None:
    """Read authors, one a line, each with a post or institution after a comma; None for none."""
    credits = []
    for line in lines.splitlines():
        name, _, post = line.partition(",")
        if name.strip():
            credits.append(Credit(name.strip(), post.strip()))
    return credits or None


def lines_of(credits: Any) -> str:
    """Write authors one a line."""
    return "\n".join(
        f"{c.name}, {c.affiliation}" if c.affiliation else c.name for c in credits or ()
    )


def _of_page(page: Page, snapshot: Snapshot | None) -> Found:
    blocker = page.blocker.detail if page.blocker else ""
    return Found(page.draft, blocker, page.cleaned, page.missing, snapshot)


def _missing(draft: ArticleDraft) -> list[str]:
    said = {
        "title": draft.title,
        "outlet": draft.outlet,
        "published_at": draft.published_at,
        "language": draft.language,
        "url": draft.url,
    }
    return [name for name, value in said.items() if not value]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
