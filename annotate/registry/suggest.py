"""Fragments that offer what the registries have, while somebody types."""

import json
import re
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotate.registry.models import Entity, Source
from annotate.registry.wikidata import Candidate, LookupDisabled, LookupFailed, find_candidates

MOST = 8
# "und" is no language of Wikidata's.
_LANGUAGE = re.compile(r"(?!und\Z)[a-z]{2,3}\Z")


@login_required
def entities(request: HttpRequest) -> HttpResponse:
    """Offer entities whose name or alias has the words in it."""
    words = _words(request, "q", "claimant_name")
    found = Entity.objects.search_by_name(words).order_by_closeness(words)[:MOST] if words else []
    name = "claimant_entity" if "claimant_name" in request.GET else "entity"
    context = {"name": name, "options": found, "words": words}
    return render(request, "registry/entity_options.html", context)


@login_required
def sources(request: HttpRequest) -> HttpResponse:
    """Offer sources whose title, publisher or address has the words in it."""
    words = _words(request, "url")
    found = Source.objects.search_by_text(words)[:MOST] if words else []
    return render(request, "registry/source_options.html", {"options": found, "words": words})


@login_required
def wikidata_items(request: HttpRequest) -> HttpResponse:
    """Offer what Wikidata has by this name; say so where it does not answer."""
    words = _words(request, "q", "new_name")
    language = request.GET.get("language", "").split("-")[0]
    context: dict[str, Any] = {"words": words}
    try:
        found = find_candidates(words, language if _LANGUAGE.match(language) else "en")
        context["found"] = [(item, _as_fields(item)) for item in found]
    except LookupDisabled:
        context["complaint"] = "Looking up on Wikidata is off here."
    except LookupFailed:
        context["complaint"] = "Wikidata does not answer just now. Describe the entity by hand."
    return render(request, "registry/wikidata_items.html", context)


def _as_fields(item: Candidate) -> str:
    """Write an item down as values of the fields that describe a new entity."""
    described = {"new_qid": item.qid, "new_description": item.description}
    return json.dumps({"entity": "", "new_name": item.label, **described})


def _words(request: HttpRequest, *fields: str) -> str:
    """Read what was typed into one of the fields; PostgreSQL has no NUL in its strings."""
    typed = next((request.GET[name] for name in fields if name in request.GET), "")
    return typed.replace("\0", "").strip()[:300]
