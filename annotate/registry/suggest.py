"""HTML fragments that suggest entities and sources while the user types."""

import json
import re
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from annotate.registry.models import Entity, Source
from annotate.registry.wikidata import Candidate, LookupDisabled, LookupFailed, find_candidates

MAX_OPTIONS = 8
# Wikidata knows no language "und".
_LANGUAGE = re.compile(r"(?!und\Z)[a-z]{2,3}\Z")


@login_required
def suggest_entities(request: HttpRequest) -> HttpResponse:
    query = _get_query(request, "q", "claimant")
    visible = Entity.objects.visible_to(request.user)
    found = visible.search_by_name(query).order_by_closeness(query)[:MAX_OPTIONS]
    name = "claimant_entity" if "claimant" in request.GET else "entity"
    context = {"name": name, "options": found if query else [], "query": query}
    return render(request, "registry/entity_options.html", context)


@login_required
def suggest_sources(request: HttpRequest) -> HttpResponse:
    query = _get_query(request, "url")
    found = Source.objects.visible_to(request.user).search_by_text(query)[:MAX_OPTIONS]
    context = {"options": found if query else [], "query": query}
    return render(request, "registry/source_options.html", context)


@login_required
def suggest_wikidata_items(request: HttpRequest) -> HttpResponse:
    query = _get_query(request, "q", "new_name")
    language = request.GET.get("language", "").split("-")[0]
    context: dict[str, Any] = {"query": query}
    try:
        found = find_candidates(query, language if _LANGUAGE.match(language) else "en")
        context["candidates"] = [(item, _to_form_values(item)) for item in found]
    except LookupDisabled:
        context["error"] = _("Wikidata search is turned off on this site.")
    except LookupFailed:
        context["error"] = _("Wikidata is not responding. Enter the entity yourself.")
    return render(request, "registry/wikidata_items.html", context)


def _to_form_values(item: Candidate) -> str:
    """Return the values of the form for a new entity, as JSON."""
    details = {"new_qid": item.qid, "new_description": item.description}
    return json.dumps({"entity": "", "new_name": item.label, **details})


def _get_query(request: HttpRequest, *fields: str) -> str:
    """Return the text of the first of these fields that was sent."""
    text = next((request.GET[name] for name in fields if name in request.GET), "")
    # PostgreSQL refuses NUL.
    return text.replace("\0", "").strip()[:300]
