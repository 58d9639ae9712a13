"""Hostile values in any part of a request never cause a server error."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from annotate.models import Annotation, Kind
from annotate.projects.models import Project
from annotate.registry.models import Entity, Source
from articles.models import Article, ArticleVersion

NESTED: list[Any] = []
for _ in range(500):
    NESTED = [NESTED]

STRINGS = [
    *("", "a\0b", "\ud800", "x" * 3_000, "٣", "9999-12-31T23:59:59-14:00", "http://["),
    f"http://{'a' * 2_500}.example/",
]
VALUES = [*STRINGS, 10**400, -1, 1e308, True, None, [], [{}], {"a\ud800": 1}, NESTED]


def iter_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of each value in a body."""
    yield path
    parts = {dict: dict.items, list: enumerate}.get(type(value), lambda _: ())
    for key, part in parts(value):
        yield from iter_paths(part, (*path, key))


def replace_value(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of the body with `value` at `path`."""
    if not path:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[path[0]] = replace_value(body[path[0]], path[1:], value)
    return copy


@pytest.fixture
def claim(annotate: Callable[..., Annotation], annotator: User) -> Annotation:
    return annotate(annotator, Kind.CLAIM)


@pytest.fixture
def bodies(
    project: Project, article: Article, version: ArticleVersion, claim: Annotation, entity: Entity
) -> dict[str, Any]:
    """A request to each collection that uses every field."""
    moment, day = "2020-01-01T00:00:00Z", "2020-01-01"
    span = {"start": 33, "end": 53, "exact": "exports rose by 12 %", "prefix": "t ", "suffix": " "}
    where = {"project": project.slug, "version": str(version.public_id), "spans": [span]}
    source = {
        "url": "https://a.example/",
        "title": "t",
        "publisher": "p",
        "published_on": day,
        "archive_url": "https://b.example/",
    }
    return {
        "claims": {
            **where,
            "text": "w",
            "claim_type": "fact",
            "claimant": "Chile",
            "claimant_entity": str(entity.public_id),
            "check_worthiness": 1,
            "verdict": "true",
            "rationale": "r",
        },
        "entity-tags": {
            **where,
            "type": "GPE",
            "entity": str(entity.public_id),
            "certainty": "likely",
        },
        "source-links": {
            **where,
            "claim": str(claim.public_id),
            "source": source,
            "stance": "mixed",
            "evidence": "e",
            "locator": "l",
            "retrieved_at": moment,
        },
        "notes": {**where, "body": "b", "target": str(claim.public_id)},
        "articles": {
            "title": "t",
            "text": "Words.",
            "language": "en",
            "url": "https://a.example/1",
            "outlet": "o",
            "published_at": moment,
            "licence": "l",
            "authors": ["a", {"name": "b", "affiliation": "c"}],
        },
        "versions": {"article": str(article.public_id), "text": "Other words."},
        "projects": {
            "slug": "s",
            "name": "n",
            "description": "d",
            "guidelines": "g",
            "tag_set": "news",
            "is_public": True,
            "is_blind": False,
            "auto_add_articles": True,
        },
        "entities": {
            "name": "n",
            "type": "ORG",
            "description": "d",
            "qid": "Q5",
            "aliases": [{"name": "a", "language": "en"}],
            "external_ids": [{"scheme": "viaf", "value": "1"}],
        },
        "sources": source,
        "webhooks": {
            "url": "https://hooks.example/",
            "project": project.slug,
            "kinds": ["note"],
            "actions": ["create"],
            "is_active": True,
        },
    }


COLLECTIONS = [
    *("claims", "entity-tags", "source-links", "notes"),
    *("articles", "versions", "projects", "entities", "sources", "webhooks"),
]
PATCHED = ["claims", "articles", "projects", "entities", "sources", "webhooks"]
# Already tested with claims.
SHARED = ("project", "version", "spans")


@pytest.fixture
def ask(api: Any, annotator: User) -> Callable[..., int]:
    """Return a function that sends JSON as an editor, rolls back and returns the status."""
    annotator.is_staff = True
    annotator.save()
    client = api(annotator)

    def send(method: str, address: str, body: Any) -> int:
        seen = client.get(address).headers.get("ETag", "") if method == "PATCH" else ""
        with transaction.atomic():
            answer = client.generic(
                method, address, json.dumps(body), "application/json", HTTP_IF_MATCH=seen
            )
            transaction.set_rollback(True)
        return int(answer.status_code)

    return send


@pytest.mark.parametrize("name", COLLECTIONS)
def test_create_with_hostile_value_never_fails_internally(
    name: str, bodies: dict[str, Any], ask: Callable[..., int]
) -> None:
    address = f"/api/v1/{name}/"
    assert ask("POST", address, bodies[name]) == 201
    for path in iter_paths(bodies[name]):
        if name != "claims" and path[:1] and path[0] in SHARED:
            continue
        for value in VALUES:
            status = ask("POST", address, replace_value(bodies[name], path, value))
            assert status in (201, 400), (path, value, status)


@pytest.mark.parametrize("name", PATCHED)
def test_patch_with_hostile_value_never_fails_internally(
    name: str, bodies: dict[str, Any], ask: Callable[..., int], api: Any, annotator: User
) -> None:
    created = api(annotator).post(f"/api/v1/{name}/", bodies[name]).json()
    address = f"/api/v1/{name}/{created['slug' if name == 'projects' else 'id']}/"
    # Authors and texts are not changed through an article.
    known = {k: v for k, v in bodies[name].items() if k not in ("authors", "text")}
    assert ask("PATCH", address, known) == 200
    for path in iter_paths(known):
        for value in VALUES:
            body = replace_value({path[0]: known[path[0]]} if path else {}, path, value)
            status = ask("PATCH", address, body)
            assert status in (200, 400), (path, value, status)


FILTERS = {
    "articles": ["language", "outlet", "url", "published_after", "published_before"],
    "versions": ["article", "sha256"],
    "projects": ["slug"],
    "annotations": ["article", "version", "project", "author", "state", "kind"],
    "claims": ["claim_type", "verdict", "claimant_entity"],
    "entity-tags": ["type", "entity"],
    "source-links": ["claim", "source", "stance"],
    "notes": ["target"],
    "entities": ["name", "type", "qid"],
    "sources": ["url", "title", "publisher"],
}


@pytest.mark.parametrize("name", FILTERS)
def test_list_with_hostile_parameter_never_fails_internally(
    name: str, api: Any, claim: Annotation, source: Source
) -> None:
    cursors = ["cD0w", "cj0x", "bz0xMDAw", "cD0xJm89LTE="]
    for parameter in (*FILTERS[name], "cursor", "page_size"):
        for value in [*(quote(s.encode(errors="surrogatepass")) for s in STRINGS), "%ff", *cursors]:
            answer = api().get(f"/api/v1/{name}/?{parameter}={value}")
            assert answer.status_code in (200, 400), (parameter, value)
    answer = api().get(f"/api/v1/{name}/?page_size=1&page_size=2")
    assert answer.json()["errors"][0]["parameter"] == "page_size"


def test_patched_entity_alias_needs_no_language(
    api: Any, annotator: User, bodies: dict[str, Any]
) -> None:
    client = api(annotator)
    created = client.post("/api/v1/entities/", bodies["entities"]).json()
    address = f"/api/v1/entities/{created['id']}/"
    named = client.correct(address, {"aliases": [{"name": "another"}]})
    assert named.json()["aliases"] == [{"name": "another", "language": ""}]
    unnamed = client.correct(address, {"aliases": [{"language": "en"}]})
    assert unnamed.json()["errors"][0]["pointer"] == "/aliases/0/name"
