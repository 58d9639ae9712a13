"""Extract an article for preview, and keep what the form has no fields for until it is saved."""

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin.utils import label_for_field
from django.core import signing
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.duplicates.services import find_duplicates
from articles.errors import report_unexpected_errors
from articles.extraction.draft import ArticleDraft
from articles.extraction.html import Page, read_page
from articles.fetch import fetch_page
from articles.models import Article, ArticleVersion, Snapshot
from articles.services import clean_text, read_article_file
from articles.text.blocks import Block, BlockKind, split_blocks
from articles.text.language import describe_guess, guess_language
from articles.text.links import Link, find_links

_SALT = "articles.pages.preview"
_MAX_AGE_SECONDS = 86_400
_BLOCK_LABELS: dict[BlockKind, Promise] = {
    BlockKind.TITLE: gettext_lazy("Titles"),
    BlockKind.BYLINE: gettext_lazy("Bylines"),
    BlockKind.HEADING: gettext_lazy("Headings"),
    BlockKind.PARAGRAPH: gettext_lazy("Paragraphs"),
    BlockKind.LIST_ITEM: gettext_lazy("List items"),
    BlockKind.QUOTE: gettext_lazy("Quotes"),
    BlockKind.CAPTION: gettext_lazy("Captions"),
    BlockKind.DISCLOSURE: gettext_lazy("Disclosures"),
}


class Extraction(NamedTuple):
    page: Page
    snapshot: Snapshot | None = None


def extract_url(url: str) -> Extraction:
    """Fetch a page and save its snapshot. Raises FetchFailed."""
    fetched = fetch_page(url)
    Snapshot.objects.expired().delete()
    fetched.snapshot.save()
    return Extraction(fetched.page, fetched.snapshot)


def extract_file(name: str, data: bytes) -> Extraction:
    """Raises IngestError."""
    if name.lower().endswith((".html", ".htm")):
        with report_unexpected_errors("file"):
            return Extraction(read_page(data, max_bytes=settings.MAX_PAGE_BYTES))
    return extract_text(read_article_file(name, data))


def extract_text(draft: ArticleDraft) -> Extraction:
    """Normalise the text of a draft and guess its language. Raises IngestError."""
    text = clean_text(draft.text)
    notes = [*draft.notes, *([] if text == draft.text else [_("The text was normalised.")])]
    if not draft.language and (language := guess_language(text)):
        draft = replace(draft, language=language)
        notes.append(describe_guess(language))
    return Extraction(Page(draft=draft, notes=notes))


def build_preview(extraction: Extraction) -> dict[str, Any]:
    page, draft = extraction.page, extraction.page.draft
    text = _clean_optional(draft.text)
    blocks = draft.blocks or split_blocks(text, title=draft.title)
    counts = Counter(block.kind for block in blocks)
    return {
        "blocker": page.blocker and page.blocker.detail,
        "notes": page.notes,
        "missing": [
            label_for_field(name, ArticleVersion if name == "text" else Article)
            for name in page.missing
            # Without a page, authors are read from the byline when the article is saved.
            if name != "authors" or draft.authors is not None
        ],
        "word_count": len(text.split()),
        "block_counts": [(label, counts[k]) for k, label in _BLOCK_LABELS.items() if counts[k]],
        "link_count": len(find_links(text) if draft.links is None else draft.links),
        "duplicates": find_duplicates(text, draft.url) if text else [],
    }


def sign_extraction(extraction: Extraction) -> str:
    """Serialize the blocks, the links and the snapshot, with a hash of the text they belong to."""
    draft = extraction.page.draft
    return signing.dumps(
        {
            "text": _hash_text(_clean_optional(draft.text)),
            "blocks": draft.blocks and [(b.kind, b.start, b.end) for b in draft.blocks],
            "links": draft.links and [(k.start, k.end, k.href) for k in draft.links],
            "snapshot": extraction.snapshot and extraction.snapshot.pk,
        },
        salt=_SALT,
        compress=True,
    )


def load_extraction(signed: str, text: str) -> dict[str, Any]:
    """Return the `snapshot`, and the `blocks` and `links` if the text is unchanged.

    Return {} if the signature is invalid or expired.
    """
    try:
        extraction = signing.loads(signed, salt=_SALT, max_age=_MAX_AGE_SECONDS)
    except signing.BadSignature:
        return {}
    values: dict[str, Any] = {"snapshot": extraction["snapshot"]}
    if extraction["text"] == _hash_text(text):
        if extraction["blocks"]:
            values["blocks"] = [
                Block(BlockKind(kind), *span) for kind, *span in extraction["blocks"]
            ]
        if extraction["links"] is not None:
            values["links"] = [Link(*link) for link in extraction["links"]]
    return values


def _clean_optional(text: str) -> str:
    return clean_text(text) if text.strip() else ""


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
