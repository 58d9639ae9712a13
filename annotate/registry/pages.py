from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import Claim, EntityTag, SourceLink
from annotate.registry.models import Entity, Source

PER_PAGE = 50


def show_entity(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show an entity with its claims and mentions that the user can see."""
    entity = get_object_or_404(
        Entity.objects.visible_to(request.user).for_reading(), public_id=public_id
    )
    mentions = EntityTag.objects.visible_to(request.user).active().filter(entity=entity)
    claims = Claim.objects.visible_to(request.user).active().filter(claimant_entity=entity)
    context = {
        "entity": entity,
        "page": _get_page(request, mentions),
        "claims": list(claims.for_reading().order_by_article()[:PER_PAGE]),
    }
    return render(request, "registry/entity.html", context)


def show_source(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show a source with its source links that the user can see."""
    source = get_object_or_404(Source.objects.visible_to(request.user), public_id=public_id)
    links = SourceLink.objects.visible_to(request.user).active().filter(source=source)
    context = {"source": source, "page": _get_page(request, links)}
    return render(request, "registry/source.html", context)


def _get_page(request: HttpRequest, annotations: Any) -> Page[Any]:
    paginator = Paginator(annotations.for_reading().order_by_article(), PER_PAGE)
    return paginator.get_page(request.GET.get("page"))
