from typing import Any
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from annotate.models import Kind
from annotate.search.services import DEFAULT_SCOPES, SCOPES, TYPES, get_scope
from articles.models import Article
from config.api.filters import MAX_QUERY_LENGTH
from config.search.services import SearchResult, search

PER_PAGE = 20
MAX_RESULTS = 1000
# Words before a match that tell it apart from the same words elsewhere in the text.
CONTEXT_WORDS = 3


def search_page(request: HttpRequest) -> HttpResponse:
    query, language = get_query(request), request.GET.get("language", "").replace("\0", "")
    selected = request.GET.get("in", "")
    selected = selected if selected in SCOPES else ""
    scopes = {name: get_scope(name, request.user, language) for name in SCOPES}
    chosen = [scopes[name] for name in ([selected] if selected else DEFAULT_SCOPES)]
    overview = search(query, list(scopes.values()), limit=0)
    counts = overview.counts
    total = sum(counts[scope.name] for scope in chosen)
    page = Paginator(range(min(total, MAX_RESULTS)), PER_PAGE).get_page(request.GET.get("page"))
    found = search(query, chosen, limit=PER_PAGE, offset=max(page.start_index() - 1, 0))
    tabs = [("", _("All"), sum(counts[name] for name in DEFAULT_SCOPES))]
    context = {
        "query": query,
        "selected": selected,
        "tabs": [*tabs, *((name, label, counts[name]) for name, label in SCOPES.items())],
        "language": language,
        "languages": Article.objects.list_languages(),
        "results": [(result, TYPES[result.type], _get_url(result)) for result in found.results],
        "page": page,
        "is_index_current": overview.is_index_current,
    }
    return render(request, "search/search.html", context)


def get_query(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()[:MAX_QUERY_LENGTH]


def _get_url(result: SearchResult) -> str:
    if result.type in Kind.values:
        return reverse("annotation", args=[result.row.public_id])
    url = reverse(result.type, args=[result.row.public_id])
    return url + (_get_text_fragment(result) if result.pointer == "/text" else "")


def _get_text_fragment(result: SearchResult) -> str:
    """Return a text fragment (WICG) that makes the browser scroll to the first match."""
    if not result.snippet.highlights:
        return ""
    (before, _highlighted), (match, _highlighted), *_rest = result.snippet.parts
    # Only from the same line: each line is a block of its own on the page.
    preceding: Any = before.split("\n")[-1].split()
    # The snippet may have cut the first word.
    context = " ".join(preceding[1:][-CONTEXT_WORDS:])
    prefix = f"{_encode_directive(context)}-," if context else ""
    return f"#:~:text={prefix}{_encode_directive(' '.join(match.split()))}"


def _encode_directive(text: str) -> str:
    return quote(text, safe="").replace("-", "%2D")
