"""Create and change articles: the one write path for every import, form and API request."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField, Model, OuterRef, Subquery
from django.utils.translation import gettext as _

from articles.duplicates.models import MinHashBand
from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import read_file
from articles.models import Article, ArticleVersion, Author, Authorship, Outlet
from articles.models import Link as VersionLink
from articles.text.blocks import split_blocks
from articles.text.byline import Credit, read_byline
from articles.text.language import guess_language
from articles.text.links import Link, find_links
from articles.text.normalise import UnencodableText, normalise_input
from config.db.languages import UNDETERMINED

_UNCHECKED_FIELDS = ["outlet", "current_version", "created_by"]


def clean_text(raw: str) -> str:
    """Return the normalised text. Raises IngestError if it is blank, too long or not encodable."""
    size, limit = len(raw.encode(errors="surrogatepass")), settings.MAX_TEXT_BYTES
    if size > limit:
        message = _("The text is %(size).1f MB; the limit is %(limit).1f MB.")
        raise IngestError({"text": [message % {"size": size / 1e6, "limit": limit / 1e6}]})
    text = _normalise(raw, "text")
    if not text.strip():
        raise IngestError({"text": [_("The article has no text.")]})
    return text


def read_article_file(name: str, data: bytes, encoding: str = "") -> ArticleDraft:
    """Extract the article of a file, within the limits of the settings. Raises IngestError."""
    return read_file(
        name,
        data,
        max_bytes=settings.MAX_PAGE_BYTES,
        max_text_bytes=settings.MAX_TEXT_BYTES,
        encoding=encoding,
    )


@dataclass(frozen=True, kw_only=True)
class PreparedArticle:
    """A validated draft, ready to save. `article.outlet` is unset; `outlet` is its name."""

    article: Article
    version: ArticleVersion
    links: Sequence[Link]
    credits: Sequence[Credit]
    outlet: str
    notes: Sequence[str] = ()


def prepare_article(draft: ArticleDraft, *, created_by: Any = None) -> PreparedArticle:
    """Clean and validate a draft without querying the database. Raises IngestError."""
    text = clean_text(draft.text)
    article = Article(
        title=_clean_line(draft.title, "title", Article, "title"),
        url=draft.url or None,
        language=draft.language or guess_language(text) or UNDETERMINED,
        published_at=draft.published_at and draft.published_at.astimezone(UTC),
        licence=draft.licence,
        created_by=created_by,
    )
    with _report_invalid_fields():
        article.clean_fields(exclude=_UNCHECKED_FIELDS)
    blocks = split_blocks(text, title=article.title) if draft.blocks is None else draft.blocks
    credits = read_byline(text, blocks) if draft.authors is None else draft.authors
    return PreparedArticle(
        article=article,
        version=ArticleVersion.build(article, 1, text, blocks),
        links=find_links(text) if draft.links is None else draft.links,
        credits=_clean_credits(credits),
        outlet=_clean_line(draft.outlet, "outlet", Outlet),
        notes=draft.notes,
    )


def create_article(draft: ArticleDraft, *, created_by: Any = None) -> Article:
    """Create an article with its first version. Raises IngestError."""
    prepared = prepare_article(draft, created_by=created_by)
    with _report_invalid_fields(), transaction.atomic():
        prepared.article.validate_unique()
        insert_articles([prepared])
    return prepared.article


def insert_articles(prepared: Sequence[PreparedArticle]) -> None:
    """Save articles with their first versions, outlets and authors, in a fixed number of queries.

    Raises IntegrityError if one of their URLs exists.
    """
    outlets = _get_or_create_outlets({one.outlet for one in prepared if one.outlet})
    for one in prepared:
        one.article.outlet = outlets.get(one.outlet)
    articles = Article.objects.bulk_create(one.article for one in prepared)
    versions = ArticleVersion.objects.bulk_create(one.version for one in prepared)
    MinHashBand.objects.insert_bands(versions)
    VersionLink.objects.bulk_create(
        VersionLink.build(one.version, link) for one in prepared for link in one.links
    )
    authors = _get_or_create_authors({credit for one in prepared for credit in one.credits})
    Authorship.objects.bulk_create(
        Authorship(article=one.article, author=authors[credit], position=position)
        for one in prepared
        for position, credit in enumerate(one.credits)
    )
    for one in prepared:
        one.article.current_version = one.version
    first = ArticleVersion.objects.filter(article=OuterRef("pk"), number=1).values("pk")
    Article.objects.filter(pk__in=[article.pk for article in articles]).update(
        current_version=Subquery(first)
    )


def _get_or_create_outlets(names: set[str]) -> dict[str, Outlet]:
    known = Outlet.objects.in_bulk(names, field_name="name")
    Outlet.objects.bulk_create(
        (Outlet(name=name) for name in sorted(names - known.keys())), ignore_conflicts=True
    )
    return Outlet.objects.in_bulk(names, field_name="name")


def _get_or_create_authors(credits: set[Credit]) -> dict[Credit, Author]:
    def find() -> dict[Credit, Author]:
        named = Author.objects.filter(name__in={credit.name for credit in credits})
        return {Credit(author.name, author.affiliation): author for author in named}

    missing = sorted(credits - find().keys(), key=lambda credit: (credit.name, credit.affiliation))
    Author.objects.bulk_create(
        (Author(name=credit.name, affiliation=credit.affiliation) for credit in missing),
        ignore_conflicts=True,
    )
    return find()


def add_version(article: Article, raw: str) -> ArticleVersion:
    """Save a corrected text as the next version. Raises IngestError, also if it is unchanged."""
    draft = ArticleDraft(title=article.title, text=raw, language=article.language)
    if version := append_draft(article, draft):
        return version
    raise IngestError({"text": [_("The text is the same as the current version.")]})


@transaction.atomic
def append_draft(article: Article, draft: ArticleDraft) -> ArticleVersion | None:
    """Save the text, blocks and links of a draft as the next version; None if unchanged.

    The metadata of the article does not change. Raises IngestError.
    """
    prepared = prepare_article(draft)
    text = prepared.version.text
    if article.current_version and article.current_version.text == text:
        return None
    blocks = prepared.version.get_blocks()
    version = ArticleVersion.objects.append(article, text, prepared.links, blocks)
    MinHashBand.objects.insert_bands([version])
    return version


def update_metadata(article: Article, values: Mapping[str, Any]) -> None:
    """Save new values of an article's fields; `outlet` is a name. Raises IngestError."""
    with _report_invalid_fields(), transaction.atomic():
        for name, value in values.items():
            if name == "outlet":
                named = _clean_line(value or "", "outlet", Outlet)
                value = Outlet.objects.get_or_create(name=named)[0] if named else None
            setattr(article, name, value)
        article.clean_fields(exclude=_UNCHECKED_FIELDS)
        article.validate_unique()
        article.save()


@contextmanager
def _report_invalid_fields() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        raise IngestError(error.message_dict) from None
    except IntegrityError:
        # Another request saved the same URL after `validate_unique`.
        raise IngestError({"url": [_("An article with this URL already exists.")]}) from None


def _normalise(raw: str, field_name: str) -> str:
    try:
        return normalise_input(raw)
    except UnencodableText as error:
        raise IngestError({field_name: [str(error)]}) from None


def _clean_line(raw: str, field_name: str, model: type[Model], column: str = "name") -> str:
    """Return the text as one line. Raises IngestError if the column is too short for it."""
    line = " ".join(_normalise(raw, field_name).split())
    limit: int = cast("CharField", model._meta.get_field(column)).max_length or 0
    if len(line) > limit:
        message = _("“%(value)s…” is too long: at most %(limit)d characters.")
        raise IngestError({field_name: [message % {"value": line[:40], "limit": limit}]})
    return line


def _clean_credits(credits: Sequence[Credit]) -> list[Credit]:
    """Return each author once, in order. Raises IngestError."""
    cleaned: dict[Credit, None] = {}
    for credit in credits:
        name = _clean_line(credit.name, "authors", Author)
        affiliation = _clean_line(credit.affiliation, "authors", Author, "affiliation")
        if not name:
            raise IngestError({"authors": [_("Each author needs a name.")]})
        cleaned.setdefault(Credit(name, affiliation))
    return list(cleaned)
