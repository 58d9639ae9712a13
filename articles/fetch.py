"""An article on the web: fetched within limits, read, and kept with the bytes that it came in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.message import Message
from typing import Any

from django.conf import settings
from django.db import transaction

from articles.duplicates.minhash import resemblance
from articles.duplicates.services import known_at
from articles.errors import DuplicateArticle, FetchFailed
from articles.extraction.draft import ArticleDraft
from articles.extraction.html import Page, PageWithoutArticle, read_page
from articles.models import Article, ArticleVersion, Snapshot
from articles.services import append_draft, clean_text, store
from articles.text.address import same_page_key
from config.http import FetchOptions, RequestError, Response, check_url, get
from config.http.robots import check_robots, wait_for_slot

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# A person who waits for an answer waits no longer than this for a turn; a command has time.
PATIENCE = 10.0
PATIENCE_OF_COMMANDS = 3600.0
# What is elsewhere by now and has less than this in common is another article.
_SAME_ARTICLE = 0.3


@dataclass(frozen=True)
class FetchedPage:
    """A page with the snapshot of its bytes; neither is stored."""

    page: Page
    snapshot: Snapshot


def ask(
    url: str,
    *,
    media_types: frozenset[str] | set[str],
    patience: float = PATIENCE,
    headers: Mapping[str, str] | None = None,
    largest: int | None = None,
) -> Response:
    """Ask for a URL politely. Status 200 and 304 come back; raises FetchFailed for all else."""
    try:
        check_url(url)
        wait_for_slot(url, max_wait=patience)
        options = FetchOptions(
            headers=headers or {},
            media_types=media_types,
            max_bytes=largest or settings.MAX_PAGE_BYTES,
            timeout=settings.FETCH_TIMEOUT,
        )
        answer = get(url, options)
        if answer.redirected_from:
            check_robots(answer.url)
    except RequestError as error:
        raise FetchFailed(str(error.reason), str(error)) from None
    if answer.status == 304 or answer.is_success:
        return answer
    raise FetchFailed("status", f"The server answers with status {answer.status} for this address.")


def fetch_page(url: str, *, patience: float = PATIENCE) -> FetchedPage:
    """Fetch a page and read it. Raises FetchFailed where there is none."""
    answer = ask(url, media_types=HTML_TYPES, patience=patience)
    snapshot = Snapshot.of(url, answer.url, answer.status, answer.headers, answer.body)
    try:
        return FetchedPage(read_page(answer.body, answer.url, charset=_charset(answer)), snapshot)
    except PageWithoutArticle as error:
        raise _refused(error) from None


def fetch_article(
    url: str,
    *,
    by: Any = None,
    changes: Mapping[str, Any] | None = None,
    patience: float = PATIENCE,
    then: Callable[[Article], object] | None = None,
) -> Article:
    """Fetch an article and store it with its snapshot; `changes` stand before what was found.

    `then` is done with it in the same transaction. Raises FetchFailed, with the reason;
    DuplicateArticle
    where the article is; IngestError for what cannot be stored.
    """
    return keep_new(look_at_new(url, patience=patience), by=by, changes=changes, then=then)


def look_at_new(url: str, *, patience: float = PATIENCE) -> FetchedPage:
    """Look at the page of an article that is not here; nothing is stored.

    Raises FetchFailed, and DuplicateArticle where the article is.
    """
    _check_new(url)
    return fetch_page(url, patience=patience)


def keep_new(
    fetched: FetchedPage,
    *,
    by: Any = None,
    changes: Mapping[str, Any] | None = None,
    then: Callable[[Article], object] | None = None,
) -> Article:
    """Store the article of a page that was looked at. Raises as fetch_article does."""
    draft = _whole(fetched.page, changes or {})
    _check_new(draft.url)
    with transaction.atomic():
        article = store(draft, by=by)
        _keep(fetched.snapshot, article.current_version)
        if then:
            then(article)
    return article


def fetch_again(article: Article, *, patience: float = PATIENCE) -> ArticleVersion | None:
    """Fetch a known article; a changed text becomes its next version. None where it is the same.

    Raises FetchFailed.
    """
    seen = look_again(article, patience=patience)
    return keep_again(article, seen) if seen else None


def look_again(article: Article, *, patience: float = PATIENCE) -> FetchedPage | None:
    """Look at the page of a known article; None where its server says that it has not changed.

    It is asked whether anything changed since the last time (RFC 9110, section 13). Nothing is
    stored. Raises FetchFailed, also where there is another article by now.
    """
    if not article.url:
        raise FetchFailed("bad-url", "The article has no address to fetch it from.")
    last = Snapshot.objects.filter(version__article=article).defer("compressed").first()
    url = last.url if last else article.url
    answer = ask(
        url,
        media_types=HTML_TYPES,
        patience=patience,
        headers=conditions(last.headers if last else {}),
    )
    if answer.status == 304:
        return None
    try:
        page = read_page(answer.body, answer.url, charset=_charset(answer))
    except PageWithoutArticle as error:
        raise _refused(error) from None
    draft = _whole(page, {})
    _check_same(article, last.answered_url if last else article.url, answer.url, draft)
    snapshot = Snapshot.of(url, answer.url, answer.status, answer.headers, answer.body)
    return FetchedPage(page, snapshot)


def keep_again(article: Article, seen: FetchedPage) -> ArticleVersion | None:
    """Store what was seen of an article as its next version; None where its text is the same.

    Raises IngestError.
    """
    with transaction.atomic():
        # Somebody else may have looked at the same moment.
        current = Article.objects.select_for_update().get(pk=article.pk)
        version = append_draft(current, _whole(seen.page, {}))
        if version:
            _keep(seen.snapshot, version)
    return version


def _check_same(article: Article, before: str, answered: str, draft: ArticleDraft) -> None:
    """Refuse a page that an address leads to by now and that is not the article's.

    An article that was taken down often leads to the front page. Raises FetchFailed.
    """
    ours = {same_page_key(url) for url in (before, article.url or "") if url}
    if same_page_key(answered) in ours or article.current_version is None:
        return
    if resemblance(article.current_version.text, clean_text(draft.text)) < _SAME_ARTICLE:
        raise FetchFailed("moved", "The address leads to another page by now.")


def conditions(headers: Mapping[str, str]) -> dict[str, str]:
    """Give the headers that ask for an answer only if it is not the one with these headers."""
    found = {}
    if etag := headers.get("etag"):
        found["If-None-Match"] = etag
    if moment := headers.get("last-modified"):
        found["If-Modified-Since"] = moment
    return found


def _check_new(url: str | None) -> None:
    if known := known_at(url):
        raise DuplicateArticle(str(known.public_id), f"This article is here already: {known.title}")


def _keep(snapshot: Snapshot, version: ArticleVersion | None) -> None:
    snapshot.version = version
    snapshot.save()


def _whole(page: Page, changes: Mapping[str, Any]) -> ArticleDraft:
    try:
        draft = page.article()
    except PageWithoutArticle as error:
        raise _refused(error) from None
    return replace(draft, **changes)


def _refused(error: PageWithoutArticle) -> FetchFailed:
    return FetchFailed(str(error.obstacle.reason), error.obstacle.detail)


def _charset(answer: Response) -> str:
    message = Message()
    message["Content-Type"] = answer.headers.get("content-type", "")
    return str(message.get_content_charset() or "")
