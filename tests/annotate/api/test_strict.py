"""What a request sends is used or refused: no field, key or body is dropped silently."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate.models import Annotation, Claim, Kind
from annotate.webhooks.models import Webhook
from articles.feeds.models import Feed
from articles.imports.models import Import

CLAIMS, ENTITIES, SOURCES = "/api/v1/claims/", "/api/v1/entities/", "/api/v1/sources/"
READ_ONLY = {
    "author": "manager",
    "id": "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be002",
    "revision": 7,
    "state": "retracted",
    "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z",
    "reanchored_from": None,
    "article": "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be002",
    "links": {},
}


def get_pointers(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.content
    return [error["pointer"] for error in answer.json()["errors"]]


class TestReadOnlyFields:
    @pytest.mark.parametrize("name", READ_ONLY)
    def test_create_refuses_read_only_field(
        self, api: Any, annotator: User, address: str, body: dict[str, Any], name: str
    ) -> None:
        rejected = api(annotator).post(address, {**body, name: READ_ONLY[name]})
        assert get_pointers(rejected) == [f"/{name}"]
        assert not Annotation.objects.exists()

    def test_create_names_every_read_only_field(
        self, api: Any, annotator: User, address: str, body: dict[str, Any]
    ) -> None:
        rejected = api(annotator).post(address, {**body, "state": "active", "id": "x"})
        assert sorted(get_pointers(rejected)) == ["/id", "/state"]

    @pytest.mark.parametrize(
        ("name", "field", "value"),
        [
            ("entities", "id", "x"),
            ("entities", "created_at", "2020-01-01T00:00:00Z"),
            ("sources", "updated_at", None),
            ("sources", "links", {}),
            ("projects", "id", "x"),
            ("projects", "created_at", "2020-01-01T00:00:00Z"),
            ("articles", "current_version", None),
            ("articles", "created_at", "2020-01-01T00:00:00Z"),
            ("versions", "sha256", "x"),
            ("webhooks", "revision", 3),
            ("webhooks", "failures", 0),
            ("feeds", "added_by", "x"),
        ],
    )
    def test_create_refuses_read_only_field_of_other_resources(
        self, api: Any, annotator: User, tag_set: Any, name: str, field: str, value: Any
    ) -> None:
        bodies: dict[str, dict[str, Any]] = {
            "entities": {"name": "Rotterdam", "type": "GPE"},
            "sources": {"title": "A"},
            "projects": {"slug": "ports", "name": "Ports", "tag_set": "news"},
            "articles": {"title": "A", "text": "Words.", "language": "en"},
            "versions": {},
            "webhooks": {"url": "https://hooks.example/"},
            "feeds": {"url": "https://port.example/feed"},
        }
        rejected = api(annotator).post(f"/api/v1/{name}/", {**bodies[name], field: value})
        assert f"/{field}" in get_pointers(rejected)

    def test_bulk_create_refuses_read_only_field(
        self, api: Any, annotator: User, kind: Kind, body: dict[str, Any]
    ) -> None:
        operations = [{"kind": kind, **body, "state": "retracted"}, {"kind": kind, **body}]
        address = "/api/v1/annotations/bulk/"
        assert get_pointers(api(annotator).post(address, operations)) == ["/0/state"]
        operations[0] = {"kind": kind, **body, "revision": 3}
        assert get_pointers(api(annotator).post(address, operations)) == ["/0/revision"]
        assert not Annotation.objects.exists()

    def test_patch_accepts_the_record_as_it_was_read(
        self, api: Any, annotator: User, annotate: Any, kind: Kind, revision: Any
    ) -> None:
        one = annotate(annotator, kind)
        client = api(annotator)
        read = client.get(f"/api/v1/annotations/{one.public_id}/").json()
        sent = client.correct(read["links"]["self"], {**read, **revision[kind]})
        assert (sent.status_code, sent.json()["revision"]) == (200, 2)
        again = client.correct(read["links"]["self"], sent.json())
        assert (again.status_code, again.json()["revision"]) == (200, 2)

    @pytest.mark.parametrize("name", READ_ONLY)
    def test_patch_refuses_another_value_of_a_read_only_field(
        self, api: Any, annotator: User, annotate: Any, name: str
    ) -> None:
        one = f"{CLAIMS}{annotate(annotator).public_id}/"
        value = "x" if name == "reanchored_from" else READ_ONLY[name]
        assert get_pointers(api(annotator).correct(one, {name: value, "verdict": "mixed"})) == [
            f"/{name}"
        ]
        assert Claim.objects.get().verdict == "unreviewed"

    def test_patch_with_a_stale_record_returns_the_current_one(
        self, api: Any, annotator: User, annotate: Any
    ) -> None:
        one, client = f"{CLAIMS}{annotate(annotator).public_id}/", api(annotator)
        read = client.get(one)
        client.correct(one, {"verdict": "mixed"})
        stale = client.patch(one, read.json(), HTTP_IF_MATCH=read["ETag"])
        assert (stale.status_code, stale.json()["current"]["verdict"]) == (412, "mixed")

    def test_patch_of_other_resources_accepts_the_record_as_it_was_read(
        self, api: Any, annotator: User
    ) -> None:
        client = api(annotator)
        webhook = Webhook.objects.create(owner=annotator, url="https://hooks.example/")
        created = [
            client.post(ENTITIES, {"name": "Rotterdam", "type": "GPE"}).json(),
            client.post(SOURCES, {"title": "A"}).json(),
            client.get(f"/api/v1/webhooks/{webhook.public_id}/").json(),
        ]
        for record in created:
            address = record["links"]["self"]
            assert client.correct(address, record).status_code == 200
            rejected = client.correct(address, {**record, "created_at": "2020-01-01T00:00:00Z"})
            # A webhook has a new revision after each change.
            assert "/created_at" in get_pointers(rejected)


class TestKeysAndBodies:
    @pytest.mark.parametrize(
        ("sent", "name"),
        [
            ('{"name": "A", "type": "GPE", "name": "B"}', "name"),
            ('{"name": "A", "type": "GPE", "aliases": [{"name": "B", "name": "C"}]}', "name"),
            ('{"name": "A", "na\\u006de": "A", "type": "GPE"}', "name"),
            ('{"type": "GPE", "name": "A", "type": "GPE"}', "type"),
        ],
    )
    def test_repeated_key_is_refused(self, api: Any, annotator: User, sent: str, name: str) -> None:
        rejected = api(annotator).generic("POST", ENTITIES, sent, "application/json")
        assert (rejected.status_code, rejected.json()["type"]) == (
            400,
            "urn:pressmark:problem:parse-error",
        )
        assert f"“{name}” is given twice" in rejected.json()["detail"]

    def test_repeated_key_in_ndjson_names_the_line(self, api: Any, annotator: User) -> None:
        lines = '{"kind": "note"}\n{"kind": "note", "kind": "claim"}'
        rejected = api(annotator).generic(
            "POST", "/api/v1/annotations/bulk/", lines, "application/x-ndjson"
        )
        assert rejected.json()["detail"].startswith("Line 2: ")
        assert "“kind” is given twice" in rejected.json()["detail"]

    def test_action_without_a_body_refuses_one(
        self, api: Any, annotator: User, annotate: Any
    ) -> None:
        claim = f"{CLAIMS}{annotate(annotator).public_id}/"
        feed = Feed.objects.create(url="https://port.example/feed", added_by=annotator)
        webhook = Webhook.objects.create(owner=annotator, url="https://hooks.example/")
        parent = Import.objects.create(name="a.csv", started_by=annotator)
        for method, address in [
            ("DELETE", claim),
            ("POST", f"{claim}restore/"),
            ("POST", f"/api/v1/feeds/{feed.public_id}/poll/"),
            ("DELETE", f"/api/v1/feeds/{feed.public_id}/"),
            ("POST", f"/api/v1/webhooks/{webhook.public_id}/test/"),
            ("DELETE", f"/api/v1/webhooks/{webhook.public_id}/"),
            ("POST", f"/api/v1/imports/{parent.public_id}/stop/"),
            ("DELETE", f"/api/v1/imports/{parent.public_id}/"),
        ]:
            sent = json.dumps({"state": "active"})
            rejected = api(annotator).generic(
                method, address, sent, "application/json", HTTP_IF_MATCH="*"
            )
            assert get_pointers(rejected) == [""], address
        retracted = api(annotator).generic(
            "DELETE", claim, "{}", "application/json", HTTP_IF_MATCH="*"
        )
        assert retracted.json()["state"] == "retracted"

    @pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "*"])
    def test_body_of_another_media_type_is_refused(
        self, api: Any, annotator: User, media_type: str
    ) -> None:
        sent = json.dumps({"name": "A", "type": "GPE"})
        assert api(annotator).generic("POST", ENTITIES, sent, media_type).status_code == 415

    def test_root_refuses_unknown_parameters(self, api: Any, db: None) -> None:
        assert api().get("/api/v1/?format=json").status_code == 200
        for query in ("q=x", "format=json&format=json"):
            assert api().get(f"/api/v1/?{query}").status_code == 400


NUL = "a\0b"


class TestNul:
    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            *((Kind.CLAIM, name) for name in ("text", "rationale", "claimant")),
            *((Kind.SOURCE_LINK, name) for name in ("evidence", "locator")),
            (Kind.NOTE, "body"),
            (Kind.ENTITY_TAG, "type"),
        ],
    )
    def test_annotation_with_nul_is_refused(
        self, api: Any, annotator: User, address: str, body: dict[str, Any], name: str
    ) -> None:
        rejected = api(annotator).post(address, {**body, name: NUL})
        assert get_pointers(rejected) == [f"/{name}"]

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            *(("entities", {field: NUL}) for field in ("name", "description")),
            ("entities", {"aliases": [{"name": NUL}]}),
            ("entities", {"external_ids": [{"scheme": "viaf", "value": NUL}]}),
            *(("sources", {field: NUL}) for field in ("title", "publisher", "url")),
            *(("projects", {field: NUL}) for field in ("name", "description", "guidelines")),
            *(("articles", {field: NUL}) for field in ("title", "text", "outlet", "licence")),
            ("articles", {"authors": [NUL]}),
            ("articles", {"authors": [{"name": "A", "affiliation": NUL}]}),
        ],
    )
    def test_other_text_with_nul_is_refused(
        self, api: Any, annotator: User, tag_set: Any, name: str, change: dict[str, Any]
    ) -> None:
        bodies: dict[str, dict[str, Any]] = {
            "entities": {"name": "Rotterdam", "type": "GPE"},
            "sources": {"title": "A"},
            "projects": {"slug": "ports", "name": "Ports", "tag_set": "news"},
            "articles": {"title": "A", "text": "Words.", "language": "en"},
        }
        rejected = api(annotator).post(f"/api/v1/{name}/", bodies[name] | change)
        (pointer,) = get_pointers(rejected)
        assert pointer.split("/")[1] == next(iter(change))
        assert "ul" in rejected.json()["detail"].lower()


@pytest.mark.parametrize("moment", ["2026-04-02T06:30:00", "2026-04-02 06:30", "2026-04-02T06:30"])
def test_time_without_a_zone_is_refused(
    api: Any, annotator: User, article: Any, moment: str
) -> None:
    client = api(annotator)
    body = {"title": "A", "text": "Words.", "language": "en", "published_at": moment}
    rejected = client.post("/api/v1/articles/", body)
    assert get_pointers(rejected) == ["/published_at"]
    assert "zone" in rejected.json()["detail"]
    stored = client.post("/api/v1/articles/", {**body, "published_at": f"{moment}+02:00"})
    assert stored.json()["published_at"].startswith("2026-04-02T04:30:00")
