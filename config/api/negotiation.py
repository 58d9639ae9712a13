from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from django.http.request import MediaType
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class QualityNegotiation(DefaultContentNegotiation):
    """Content negotiation by the weights in `Accept` (RFC 9110, 12.5.1), which DRF ignores."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[Any, str]:
        override = request.query_params.get(self.settings.URL_FORMAT_OVERRIDE)
        offered = self.filter_renderers(renderers, override) if override else renderers
        ranges = [MediaType(given) for given in self.get_accept_list(request)]
        best = max(offered, key=lambda renderer: _weigh(renderer.media_type, ranges))
        if _weigh(best.media_type, ranges)[0] <= 0:
            raise NotAcceptable(available_renderers=offered)
        selected: tuple[Any, str] = super().select_renderer(request, [best], format_suffix)
        return selected


def _weigh(media_type: str, ranges: Sequence[MediaType]) -> tuple[float, int]:
    """Return the quality and the specificity of the most specific range that matches."""
    main_type, _, sub_type = media_type.partition("/")
    matching = (
        found
        for found in ranges
        if found.main_type in ("*", main_type) and found.sub_type in ("*", sub_type)
    )
    best = max(matching, key=attrgetter("specificity"), default=None)
    return (best.quality, best.specificity) if best else (0, 0)
