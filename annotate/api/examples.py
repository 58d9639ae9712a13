"""Example requests for the schema and the interactive docs; the ids are made up."""

from typing import Any

from annotate.models import MODELS, Annotation, Claim
from config.api import examples

_ID = "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be00{}".format


def build_example(model: type[Annotation]) -> dict[str, Any]:
    """Return a request body that creates an annotation of a kind."""
    if model.example.get(model.parent_field):
        return {"project": "demo", **model.example}
    spans = [{"exact": "exports rose by 12 %"}]
    return {"project": "demo", "version": _ID(1), "spans": spans, **model.example}


BULK = [
    {"kind": "claim", **build_example(Claim)},
    {"kind": "claim", "id": _ID(2), "revision": 3, "verdict": "mixed"},
]


def add_example(kind: str) -> Any:
    """Decorate a serializer with the example of a kind of annotation."""
    return examples.add_example(f"A {kind.replace('_', ' ')}", build_example(MODELS[kind]))
