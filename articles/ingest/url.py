"""An article on the web: fetched within limits, read, and kept with the bytes that it came in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.message import Message
from typing import Any

from django.conf import settings
from django.db import transaction

from articles.ingest.duplicates import known_at
from articles.ingest.html import Page, PageWithoutArticle, read_page
from articles.ingest.polite import check_robots, wait_for_turn
from articles.ingest.refusals import AlreadyHere, NotFetched
from articles.ingest.store import ArticleDraft, append_draft, store
from articles.models import Article, ArticleVersion, Snapshot
from articles.outbound import Answer, NotAnswered, check_url, get

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
# A person who waits for an answer waits no longer than this for a turn; a command has time.
PATIENCE = 10.0
PATIENCE_OF_COMMANDS = 3600.0


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
) -> Answer:
    """Ask for a URL politely. Status 200 and 304 come back; raises NotFetched for all else."""
    try:
        check_url(url)
        wait_for_turn(url, longest=patience)
        answer = get(
            url,
            media_types=media_types,
            largest=largest or settings.MAX_PAGE_BYTES,
            headers=headers,
            seconds=settings.FETCH_SECONDS,
        )
    except NotAnswered as error:
        raise NotFetched(str(error.reason), str(error)) from None
    if answer.redirected_from:
        # Where it led to may have wishes of its own.
        check_robots(answer.url)
    if answer.status == 304 or answer.is_success:
        return answer
    raise NotFetched("status", f"The server answers with status {answer.status} for this address.")


def fetch_page(url: str, *, patience: float = PATIENCE) -> FetchedPage:
    """Fetch a page and read it. Raises NotFetched where there is none."""
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
) -> Article:
    """Fetch an article and store it with its snapshot; `changes` stand before what was found.

    Raises NotFetched, with the reason; AlreadyHere where the article is; IngestError for what
    cannot be stored.
    """
    _check_new(url)
    fetched = fetch_page(url, patience=patience)
    draft = _whole(fetched.page, changes or {})
    _check_new(draft.url)
    with transaction.atomic():
        article = store(draft, by=by)
        _keep(fetched.snapshot, article.current_version)
    return article


def fetch_again(article: Article, *, patience: float = PATIENCE) -> ArticleVersion | None:
    """Fetch a known article; a changed text becomes its next version. None where it is the same.

    The server is asked whether anything changed since the last time (RFC 9110, section 13).
    Raises NotFetched.
    """
    if not article.url:
        raise NotFetched("bad-url", "The article has no address to fetch it from.")
    last = Snapshot.objects.filter(version__article=article).first()
    answer = ask(
        last.url if last else article.url,
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
    with transaction.atomic():
        version = append_draft(article, _whole(page, {}))
        if version:
            snapshot = Snapshot.of(
                last.url if last else article.url,
                answer.url,
                answer.status,
                answer.headers,
                answer.body,
            )
            _keep(snapshot, version)
    return version


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
        raise AlreadyHere(str(known.public_id), f"This article is here already: {known.title}")


def _keep(snapshot: Snapshot, version: ArticleVersion | None) -> None:
    snapshot.version = version
    snapshot.save()


def _whole(page: Page, changes: Mapping[str, Any]) -> ArticleDraft:
    try:
        draft = page.article()
    except PageWithoutArticle as error:
        raise _refused(error) from None
    return replace(draft, **changes)


def _refused(error: PageWithoutArticle) -> NotFetched:
    return NotFetched(str(error.obstacle.reason), error.obstacle.detail)


def _charset(answer: Answer) -> str:
    message = Message()
    message["Content-Type"] = answer.headers.get("content-type", "")
    return str(message.get_content_charset() or "")
