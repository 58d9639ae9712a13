"""Requests to begin with, in the schema and the interactive docs.

The ids are made up: put in those of your own installation."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from annotate.models import Kind

_ID = "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be00{}".format
_PLACE = {"project": "demo", "version": _ID(1), "spans": [{"exact": "exports rose by 12 %"}]}

_VALUES: dict[str, dict[str, Any]] = {
    Kind.CLAIM: {
        **_PLACE,
        "text": "Exports rose by 12 % in March.",
        "claim_type": "statistic",
        "claimant": "The ministry",
        "check_worthiness": 3,
    },
    Kind.ENTITY_TAG: {
        **_PLACE,
        "spans": [{"start": 76, "end": 81, "exact": "Chile"}],
        "type": "GPE",
        "entity": _ID(3),
        "certainty": "certain",
    },
    Kind.SOURCE_LINK: {
        "project": "demo",
        "claim": _ID(2),
        "source": {"url": "https://stats.example/march", "title": "Exports in March"},
        "stance": "refutes",
        "evidence": "Exports fell by 3 % in March.",
        "locator": "table 2",
    },
    Kind.NOTE: {"project": "demo", "target": _ID(2), "body": "Which month is it compared with?"},
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


def exemplified(name: str) -> Any:
    """Give the decorator that adds its example to the serializer of a kind, or of another thing."""
    example = OpenApiExample(f"A {name.replace('_', ' ')}", _VALUES[name], request_only=True)
    return extend_schema_serializer(examples=[example])


MANY = [
    {"kind": "claim", **_VALUES[Kind.CLAIM]},
    {"kind": "claim", "id": _ID(2), "revision": 3, "verdict": "mixed"},
]
