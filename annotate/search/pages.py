"""The page of search: everything that has the words, the best first."""

from typing import Any
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from annotate.models import Kind
from annotate.search.services import EVERYTHING, SCOPES, scope
from articles.models import Article
from config.search.services import Hit, search

PER_PAGE = 20
# Who reads so far should rather say more.
MOST = 1000
# The longest search, in code points.
MOST_WORDS = 500
# How many words before those that were found tell one place of them from another.
CONTEXT = 3

TYPES = {**dict(Kind.choices), "article": "Article", "entity": "Entity", "source": "Source"}


def found(request: HttpRequest) -> HttpResponse:
    """Show what was found, of one sort or of all, with a tab for each."""
    words, language = typed_words(request), request.GET.get("language", "").replace("\0", "")
    where = request.GET.get("in", "")
    where = where if where in SCOPES else ""
    searched = {name: scope(name, request.user, language) for name in SCOPES}
    chosen = [searched[name] for name in ([where] if where else EVERYTHING)]
    every = search(words, list(searched.values()), most=0)
    counts = every.counts
    total = sum(counts[one.name] for one in chosen)
    page = Paginator(range(min(total, MOST)), PER_PAGE).get_page(request.GET.get("page"))
    hits = search(words, chosen, most=PER_PAGE, start=max(page.start_index() - 1, 0)).hits
    everything = sum(counts[name] for name in EVERYTHING)
    context = {
        "words": words,
        "where": where,
        "tabs": [("", "All", everything), *((n, n.capitalize(), counts[n]) for n in searched)],
        "language": language,
        "languages": Article.objects.languages(),
        "results": [(hit, TYPES[hit.type], _address(hit)) for hit in hits],
        "page": page,
        "is_complete": every.is_complete,
    }
    return render(request, "search/search.html", context)


def typed_words(request: HttpRequest) -> str:
    """Read what is looked for."""
    return request.GET.get("q", "").replace("\0", "").strip()[:MOST_WORDS]


def _address(hit: Hit) -> str:
    """Give the address of the place where it was found."""
    if hit.type in Kind.values:
        return reverse("annotation", args=[hit.row.public_id])
    address = reverse(hit.type, args=[hit.row.public_id])
    return address + (_fragment(hit) if hit.pointer == "/text" else "")


def _fragment(hit: Hit) -> str:
    """Name the first words found, so that the browser scrolls to them.

    A text fragment (WICG, URL Fragment Text Directives); a browser without them ignores it.
    """
    if not hit.snippet.marks:
        return ""
    (before, _), (words, _), *_rest = hit.snippet.parts
    # Of the same line, since each is a block of its own.
    context: Any = before.split("\n")[-1].split()
    # The first of them may have been cut.
    context = " ".join(context[1:][-CONTEXT:])
    prefix = f"{_directive(context)}-," if context else ""
    return f"#:~:text={prefix}{_directive(' '.join(words.split()))}"


def _directive(words: str) -> str:
    return quote(words, safe="").replace("-", "%2D")
