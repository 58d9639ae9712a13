"""Pages of what annotations point to: an entity with its mentions, a source with what cites it."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import Claim, EntityTag, SourceLink
from annotate.registry.models import Entity, Source

PER_PAGE = 50


def entity(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show an entity: every mention that the reader may see, in its context, and its claims."""
    entity = get_object_or_404(Entity.objects.for_reading(), public_id=public_id)
    mentions = EntityTag.objects.visible_to(request.user).active().filter(entity=entity)
    claims = Claim.objects.visible_to(request.user).active().filter(claimant_entity=entity)
    context = {
        "entity": entity,
        "page": Paginator(mentions.for_reading().by_article(), PER_PAGE).get_page(
            request.GET.get("page")
        ),
        "claims": list(claims.for_reading().by_article()[:PER_PAGE]),
    }
    return render(request, "registry/entity.html", context)


def source(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show a source: for and against what it is cited."""
    source = get_object_or_404(Source, public_id=public_id)
    citing = SourceLink.objects.visible_to(request.user).active().filter(source=source)
    context = {
        "source": source,
        "page": Paginator(citing.for_reading().by_article(), PER_PAGE).get_page(
            request.GET.get("page")
        ),
    }
    return render(request, "registry/source.html", context)
