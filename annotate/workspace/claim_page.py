from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from annotate.models import Annotation, Change, Claim, Kind, Stance


def claim(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show a claim with its sources by stance, its notes and its history."""
    visible = Claim.objects.visible_to(request.user).for_reading()
    claim = get_object_or_404(visible, public_id=public_id)
    related = list(Annotation.objects.visible_to(request.user).active().attached_to(claim))
    links = [other.content for other in related if other.kind == Kind.SOURCE_LINK]
    context = {
        "claim": claim,
        "evidence": _group_by_stance(links),
        "notes": [other.content for other in related if other.kind == Kind.NOTE],
        "history": Change.objects.for_annotation(claim),
    }
    return render(request, "workspace/claim.html", context)


def _group_by_stance(links: list[Any]) -> list[tuple[str, list[Any]]]:
    if not links:
        return []
    supporting = [link for link in links if link.stance == Stance.SUPPORTS]
    refuting = [link for link in links if link.stance == Stance.REFUTES]
    other = [link for link in links if link.stance not in (Stance.SUPPORTS, Stance.REFUTES)]
    groups = [(_("For"), supporting), (_("Against"), refuting)]
    return [*groups, (_("Other"), other)] if other else groups
