"""Example requests for the schema and the interactive docs; the ids are made up."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from annotate.models import MODELS, Annotation, Claim

_ID = "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be00{}".format


def build_example(model: type[Annotation]) -> dict[str, Any]:
    """Return a request body that creates an annotation of a kind."""
    if model.example.get(model.parent_field):
        return {"project": "demo", **model.example}
    spans = [{"exact": "exports rose by 12 %"}]
    return {"project": "demo", "version": _ID(1), "spans": spans, **model.example}


_EXAMPLES: dict[str, dict[str, Any]] = {
    **{kind: build_example(model) for kind, model in MODELS.items()},
    "project": {
        "slug": "exports",
        "name": "Exports in the news",
        "description": "What is said of exports, and by whom.",
        "tag_set": "news",
        "is_public": True,
        "auto_add_articles": True,
    },
    "entity": {
        "name": "Chile",
        "type": "GPE",
        "description": "Country in South America",
        "qid": "Q298",
        "aliases": [{"name": "智利", "language": "zh"}],
        "external_ids": [{"scheme": "geonames", "value": "3895114"}],
    },
    "source": {
        "url": "https://stats.example/march",
        "title": "Exports in March",
        "publisher": "Statistics Office",
        "published_on": "2026-04-02",
    },
}

BULK = [
    {"kind": "claim", **build_example(Claim)},
    {"kind": "claim", "id": _ID(2), "revision": 3, "verdict": "mixed"},
]


def add_example(name: str) -> Any:
    """Decorate a serializer with the example of its name."""
    example = OpenApiExample(f"A {name.replace('_', ' ')}", _EXAMPLES[name], request_only=True)
    return extend_schema_serializer(examples=[example])
