"""Storing an article: where every way in ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField, Model

from articles.duplicates.models import MinHashBand
from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.models import Article, ArticleVersion, Author, Authorship, Outlet
from articles.text.blocks import Block, split_blocks
from articles.text.byline import Credit, read_byline
from articles.text.language import guess_language
from articles.text.links import Link, find_links
from articles.text.normalise import UnencodableText, normalise
from config.db.languages import UNDETERMINED


def clean_text(raw: str, *, field_name: str = "text") -> str:
    """Normalise a text that came in. Raises IngestError when it is blank, too long or no text."""
    if len(raw.encode(errors="surrogatepass")) > settings.MAX_TEXT_BYTES:
        raise IngestError({field_name: [too_large(len(raw.encode(errors="surrogatepass")))]})
    try:
        text = normalise(raw)
    except UnencodableText as error:
        raise IngestError({field_name: [str(error)]}) from None
    if not text.strip():
        raise IngestError({field_name: ["There is no text. Give the words of the article."]})
    return text


def too_large(size: int) -> str:
    """Say that a text of `size` bytes is over the limit."""
    return (
        f"The text is {size / 1e6:.1f} MB; the limit is {settings.MAX_TEXT_BYTES / 1e6:.1f} MB. "
        "Give one article at a time."
    )


@dataclass(frozen=True, kw_only=True)
class PreparedArticle:
    """A draft whose every field holds, ready to be stored; what only the database knows may fail.

    `article` has no outlet yet, which is `outlet` by name.
    """

    article: Article
    text: str
    blocks: Sequence[Block]
    links: Sequence[Link]
    credits: Sequence[Credit]
    outlet: str


def prepare_article(draft: ArticleDraft, *, created_by: Any = None) -> PreparedArticle:
    """Check and clean all of a draft without asking the database. Raises IngestError."""
    text = clean_text(draft.text)
    article = Article(
        title=" ".join(_clean_line(draft.title, "title").split()),
        url=draft.url or None,
        language=draft.language or guess_language(text) or UNDETERMINED,
        published_at=draft.published_at,
        licence=draft.licence,
        created_by=created_by,
    )
    try:
        article.clean_fields(exclude=["outlet", "current_version", "created_by"])
    except ValidationError as error:
        raise IngestError(error.message_dict) from None
    blocks = draft.blocks
    if blocks is None:
        blocks = split_blocks(text, title=article.title)
    credits = read_byline(text, blocks) if draft.authors is None else draft.authors
    return PreparedArticle(
        article=article,
        text=text,
        blocks=blocks,
        links=find_links(text) if draft.links is None else draft.links,
        credits=_clean_credits(credits),
        outlet=_outlet_name(draft.outlet),
    )


def create_article(draft: ArticleDraft, *, created_by: Any = None) -> Article:
    """Store a new article with its first version, all or nothing.

    Raises IngestError, which names each field that is wrong.
    """
    prepared = prepare_article(draft, created_by=created_by)
    article = prepared.article
    try:
        with transaction.atomic():
            article.outlet = _outlet(prepared.outlet)
            _check_unique(article)
            article.save()
            _append(article, prepared.text, prepared.links, prepared.blocks)
            _credit(article, prepared.credits)
    except IntegrityError:
        # Someone stored the same URL between the check and the write.
        raise IngestError({"url": ["There is an article with this canonical URL."]}) from None
    return article


def add_version(article: Article, raw: str) -> ArticleVersion:
    """Store a corrected text as the next version of an article.

    Raises IngestError, also when the text is that of the current version.
    """
    text = clean_text(raw)
    if article.current_version and article.current_version.text == text:
        raise IngestError({"text": ["The current version has this text already."]})
    return _append(article, text, find_links(text), None)


def append_draft(article: Article, draft: ArticleDraft) -> ArticleVersion | None:
    """Store the text of a draft as the next version; None where it is that of the current one.

    Blocks and links come with it; the metadata of the article stay as they are. Raises
    IngestError.
    """
    prepared = prepare_article(draft)
    if article.current_version and article.current_version.text == prepared.text:
        return None
    return _append(article, prepared.text, prepared.links, prepared.blocks)


def update_metadata(article: Article, values: Mapping[str, Any]) -> None:
    """Change what is known of an article apart from its text; `outlet` is a name.

    Raises IngestError.
    """
    try:
        with transaction.atomic():
            for name, value in values.items():
                setattr(article, name, _outlet(value or "") if name == "outlet" else value)
            _check(article)
            article.save()
    except IntegrityError:
        raise IngestError({"url": ["There is an article with this canonical URL."]}) from None


def _append(
    article: Article, text: str, links: Sequence[Link], blocks: Sequence[Block] | None
) -> ArticleVersion:
    """Store a version together with what texts like it are found by."""
    with transaction.atomic():
        version = ArticleVersion.objects.append(article, text, links, blocks)
        MinHashBand.objects.insert_bands([version])
    return version


def _clean_line(raw: str, name: str) -> str:
    try:
        return normalise(raw)
    except UnencodableText as error:
        raise IngestError({name: [str(error)]}) from None


def _check(article: Article) -> None:
    try:
        article.clean_fields(exclude=["outlet", "current_version", "created_by"])
    except ValidationError as error:
        raise IngestError(error.message_dict) from None
    _check_unique(article)


def _check_unique(article: Article) -> None:
    try:
        article.validate_unique()
    except ValidationError as error:
        raise IngestError(error.message_dict) from None


def _outlet_name(name: str) -> str:
    name = " ".join(_clean_line(name, "outlet").split())
    _check_length("outlet", name, Outlet)
    return name


def _outlet(name: str) -> Outlet | None:
    name = _outlet_name(name)
    return Outlet.objects.get_or_create(name=name)[0] if name else None


def _clean_credits(credits: Sequence[Credit]) -> list[Credit]:
    """Give each author once, in order. Raises IngestError for one without a name."""
    cleaned: dict[Credit, None] = {}
    for credit in credits:
        name = " ".join(_clean_line(credit.name, "authors").split())
        affiliation = " ".join(_clean_line(credit.affiliation, "authors").split())
        if not name:
            raise IngestError({"authors": ["Give each author a name."]})
        _check_length("authors", name, Author)
        _check_length("authors", affiliation, Author, column="affiliation")
        cleaned.setdefault(Credit(name, affiliation))
    return list(cleaned)


def _credit(article: Article, credits: Sequence[Credit]) -> None:
    authors = [
        Author.objects.get_or_create(name=credit.name, affiliation=credit.affiliation)[0]
        for credit in credits
    ]
    Authorship.objects.bulk_create(
        Authorship(article=article, author=author, position=position)
        for position, author in enumerate(authors)
    )


def _check_length(name: str, value: str, model: type[Model], *, column: str = "name") -> None:
    limit: int = cast("CharField", model._meta.get_field(column)).max_length or 0
    if len(value) > limit:
        raise IngestError({name: [f"“{value[:40]}…” is too long: at most {limit} characters."]})
