"""Whole pages: the list of articles, and the workspace on one of them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from annotate.models import Annotation, Change, Claim, Kind, Stance


def claim(request: HttpRequest, public_id: Any) -> HttpResponse:
    """Show a claim: its evidence on both sides, the notes on it, and its history."""
    visible = Claim.objects.visible_to(request.user).for_reading()
    claim = get_object_or_404(visible, public_id=public_id)
    around = list(Annotation.objects.visible_to(request.user).active().around(claim))
    links = [other.content for other in around if other.kind == Kind.SOURCE_LINK]
    context = {
        "claim": claim,
        "sides": _sides(links),
        "notes": [other.content for other in around if other.kind == Kind.NOTE],
        "history": [(change, change.differences()) for change in Change.objects.history_of(claim)],
    }
    return render(request, "workspace/claim.html", context)


def _sides(links: list[Any]) -> list[tuple[str, list[Any]]]:
    """Set what supports beside what refutes; the rest stands apart where there is any."""
    if not links:
        return []
    pro = [link for link in links if link.stance == Stance.SUPPORTS]
    con = [link for link in links if link.stance == Stance.REFUTES]
    rest = [link for link in links if link not in pro and link not in con]
    return [("For", pro), ("Against", con), *([("Beside", rest)] if rest else [])]
