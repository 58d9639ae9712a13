"""Forms in which the API answers beside JSON."""

from typing import Any

from rest_framework.renderers import JSONRenderer

NDJSON = "application/x-ndjson"


class NDJSONRenderer(JSONRenderer):
    """One JSON object a line. Lists stream it themselves; what is left is a refusal, as one."""

    media_type = NDJSON
    format = "ndjson"

    def get_indent(self, accepted_media_type: str, renderer_context: Any) -> None:
        """Write each object on one line."""
