"""Fetch articles from the web: politely, within limits, and with a snapshot of the bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from articles.duplicates.minhash import compute_similarity
from articles.duplicates.services import find_by_url
from articles.errors import DuplicateArticle, FetchFailed, report_unexpected_errors
from articles.extraction.draft import ArticleDraft
from articles.extraction.html import Page, read_page
from articles.models import Article, ArticleVersion, Snapshot
from articles.services import append_draft, clean_text, create_article, update_metadata
from articles.text.urls import get_page_key
from config.http import FetchOptions, RequestError, Response, check_url, get
from config.http.robots import check_robots, wait_for_slot

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# Seconds to wait for a request slot at the site: while a person waits, and in a command.
MAX_WAIT = 10.0
COMMAND_MAX_WAIT = 3600.0
# Below this similarity, a page that a known URL redirects to is another article.
_MIN_SIMILARITY = 0.3


@dataclass(frozen=True)
class FetchedPage:
    """An extracted page and the snapshot of its bytes, both unsaved."""

    page: Page
    snapshot: Snapshot


def fetch_url(
    url: str,
    *,
    media_types: frozenset[str] = frozenset(),
    max_wait: float = MAX_WAIT,
    headers: Mapping[str, str] | None = None,
    max_bytes: int | None = None,
) -> Response:
    """Fetch a URL, respecting robots.txt and the crawl delay.

    Raises FetchFailed for any status other than 2xx and 304.
    """
    options = FetchOptions(
        headers=headers or {},
        media_types=media_types,
        max_bytes=max_bytes or settings.MAX_PAGE_BYTES,
        timeout=settings.FETCH_TIMEOUT,
    )
    try:
        check_url(url)
        wait_for_slot(url, max_wait=max_wait)
        response = get(url, options)
        if response.redirected_from:
            check_robots(response.url)
    except RequestError as error:
        raise FetchFailed(str(error.reason), str(error)) from None
    if response.status == 304 or response.is_success:
        return response
    message = _("The server returned status %(status)d for this URL.")
    raise FetchFailed(
        "status",
        message % {"status": response.status},
        status=response.status,
        retry_after=response.retry_after,
    )


def build_conditional_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers for a request that repeats the one with this response (RFC 9110, 13.1)."""
    validators = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
    return {name: headers[source] for name, source in validators.items() if headers.get(source)}


def fetch_page(url: str, *, max_wait: float = MAX_WAIT) -> FetchedPage:
    """Fetch a page and extract its article. Raises FetchFailed."""
    return _read_response(url, fetch_url(url, media_types=HTML_TYPES, max_wait=max_wait))


def fetch_new(url: str, *, max_wait: float = MAX_WAIT) -> FetchedPage:
    """Fetch the page of a new article. Raises DuplicateArticle, FetchFailed."""
    _check_new(url)
    return fetch_page(url, max_wait=max_wait)


def save_new(
    fetched: FetchedPage,
    *,
    created_by: Any = None,
    overrides: Mapping[str, Any] | None = None,
    on_saved: Callable[[Article], object] | None = None,
) -> Article:
    """Save the article of a fetched page, with its snapshot.

    `overrides` replace extracted values; `on_saved` is called in the same transaction. Raises
    DuplicateArticle, FetchFailed or IngestError.
    """
    draft = replace(fetched.page.get_article(), **(overrides or {}))
    _check_new(draft.url)
    with transaction.atomic():
        article = create_article(draft, created_by=created_by)
        fetched.snapshot.version = article.current_version
        fetched.snapshot.save()
        if on_saved:
            on_saved(article)
    return article


def fetch_article(
    url: str,
    *,
    created_by: Any = None,
    max_wait: float = MAX_WAIT,
    on_saved: Callable[[Article], object] | None = None,
) -> Article:
    """Fetch and save a new article. Raises like fetch_new and save_new."""
    return save_new(fetch_new(url, max_wait=max_wait), created_by=created_by, on_saved=on_saved)


def refetch(article: Article, *, url: str = "", max_wait: float = MAX_WAIT) -> FetchedPage | None:
    """Fetch the page of an existing article; return None if the server says it is unchanged.

    `url` is the article's new URL, if it has one. Raises FetchFailed, also if the URL now leads to
    another article.
    """
    if not article.url:
        raise FetchFailed("bad-url", _("This article has no URL."))
    last = Snapshot.objects.filter(version__article=article).defer("compressed").first()
    known = last.url if last else article.url
    url = url or known
    headers = build_conditional_headers(last.headers if last and last.url == url else {})
    response = fetch_url(url, media_types=HTML_TYPES, max_wait=max_wait, headers=headers)
    if response.status == 304:
        return None
    fetched = _read_response(url, response)
    before = last.final_url if last else known
    _check_same(article, before, response.url, fetched.page.get_article())
    return fetched


def save_version(article: Article, fetched: FetchedPage) -> ArticleVersion | None:
    """Save a refetched page as the next version; return None if its text is unchanged.

    Raises FetchFailed or IngestError.
    """
    with transaction.atomic():
        # Lock the article: another process may save the same version.
        current = Article.objects.select_for_update().get(pk=article.pk)
        version = append_draft(current, fetched.page.get_article())
        if version:
            fetched.snapshot.version = version
            fetched.snapshot.save()
    return version


def fetch_update(
    article: Article, *, url: str = "", max_wait: float = MAX_WAIT
) -> ArticleVersion | None:
    """Refetch an article; a changed text becomes its next version, returned if there is one.

    Raises like refetch and save_version.
    """
    fetched = refetch(article, url=url, max_wait=max_wait)
    return save_version(article, fetched) if fetched else None


def fetch_moved(article: Article, url: str, *, max_wait: float = MAX_WAIT) -> ArticleVersion | None:
    """Refetch an article like fetch_update at its new URL, and store that URL if it is free."""
    fetched = refetch(article, url=url, max_wait=max_wait)
    if fetched is None:
        return None
    version = save_version(article, fetched)
    new_url = fetched.page.draft.url
    if new_url and not find_by_url(new_url):
        article.refresh_from_db()
        update_metadata(article, {"url": new_url})
    return version


def _read_response(url: str, response: Response) -> FetchedPage:
    with report_unexpected_errors("url"):
        page = read_page(response.body, response.url, charset=response.charset)
    snapshot = Snapshot.build(url, response.url, response.status, response.headers, response.body)
    return FetchedPage(page, snapshot)


def _check_new(url: str | None) -> None:
    if existing := find_by_url(url):
        message = _("This article already exists: %(title)s") % {"title": existing.title}
        raise DuplicateArticle(str(existing.public_id), message)


def _check_same(article: Article, before: str, answered: str, draft: ArticleDraft) -> None:
    """Raise FetchFailed if a redirect leads to another article.

    Removed articles often redirect to the front page.
    """
    known = {get_page_key(url) for url in (before, article.url or "") if url}
    if get_page_key(answered) in known or article.current_version is None:
        return
    text = clean_text(draft.text)
    if compute_similarity(article.current_version.text, text) < _MIN_SIMILARITY:
        raise FetchFailed("moved", _("This URL now leads to another page."))
