"""Conditional requests, HEAD, OPTIONS and idempotency keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from annotate.models import Kind
from annotate.registry.models import Entity
from annotate.webhooks.models import Webhook
from articles.feeds.models import Feed
from articles.models import Article
from config.api.models import IdempotencyRecord
from tests.annotate.api.test_collections import COLLECTIONS


@pytest.fixture
def everything(annotate: Any, annotator: User, source: Any) -> None:
    for kind in Kind:
        annotate(annotator, kind)


@pytest.mark.parametrize("name", COLLECTIONS)
class TestValidators:
    def test_if_none_match_returns_304(self, api: Any, everything: None, name: str) -> None:
        listed = api().get(f"/api/v1/{name}/")
        one = listed.json()["results"][0]["links"]["self"]
        for address in (f"/api/v1/{name}/", one, f"{one}?fields=id"):
            first = api().get(address)
            assert first["Last-Modified"].endswith("GMT")
            for tag in (first["ETag"], f"W/{first['ETag']}", f'"x", {first["ETag"]}', "*"):
                again = api().get(address, HTTP_IF_NONE_MATCH=tag)
                assert (again.status_code, again.content) == (304, b"")
                assert again["ETag"] == first["ETag"]
                assert {"Accept", "Authorization"} <= set(again["Vary"].split(", "))
            other = api().get(address, HTTP_IF_NONE_MATCH='"x"')
            assert (other.status_code, other.content) == (200, first.content)

    def test_head_returns_headers_without_body(self, api: Any, everything: None, name: str) -> None:
        for accept in ("application/json", "application/x-ndjson", "text/csv"):
            whole = api().get(f"/api/v1/{name}/", HTTP_ACCEPT=accept)
            head = api().head(f"/api/v1/{name}/", HTTP_ACCEPT=accept)
            assert (head.status_code, head["Content-Type"]) == (200, whole["Content-Type"])
            assert head.get("ETag") == whole.get("ETag")
            assert not head.content

    def test_options_lists_allowed_methods(
        self, api: Any, everything: None, annotator: User, name: str
    ) -> None:
        answer = api().options(f"/api/v1/{name}/")
        assert answer.status_code == 200
        assert {"GET", "HEAD", "OPTIONS"} <= set(answer["Allow"].split(", "))
        wrong = api(annotator).delete(f"/api/v1/{name}/")
        assert (wrong.status_code, wrong["Allow"]) == (405, answer["Allow"])


def test_etag_changes_with_revision(api: Any, annotate: Any, annotator: User) -> None:
    claim = annotate(annotator)
    one = f"/api/v1/claims/{claim.public_id}/"
    tag = api().get(one)["ETag"]
    listed = api().get("/api/v1/claims/")["ETag"]
    changed = api(annotator).patch(one, {"verdict": "mixed"}, HTTP_IF_MATCH=tag)
    assert changed.status_code == 200
    now = api().get(one, HTTP_IF_NONE_MATCH=tag)
    assert (now.status_code, now["ETag"]) == (200, changed["ETag"])
    assert api().get("/api/v1/claims/", HTTP_IF_NONE_MATCH=listed).status_code == 200


BODIES: dict[str, dict[str, Any]] = {
    "articles": {"title": "A", "text": "Words.", "language": "en"},
    "projects": {"slug": "ports", "name": "Ports", "tag_set": "news"},
    "entities": {"name": "Rotterdam", "type": "GPE"},
    "sources": {"url": "https://a.example/", "title": "A"},
}
CHANGES: dict[str, dict[str, Any]] = {
    "articles": {"title": "B"},
    "projects": {"name": "B"},
    "entities": {"name": "B"},
    "sources": {"title": "B"},
}


@pytest.mark.parametrize("name", BODIES)
class TestWrites:
    def test_patch_requires_current_etag(
        self, api: Any, annotator: User, tag_set: Any, name: str
    ) -> None:
        client = api(annotator)
        created = client.post(f"/api/v1/{name}/", BODIES[name])
        assert created.status_code == 201
        one = created["Location"]
        assert client.get(one)["ETag"] == created["ETag"]
        for given in ({}, {"HTTP_IF_MATCH": "x"}):
            assert client.patch(one, CHANGES[name], **given).status_code == 428
        changed = client.patch(one, CHANGES[name], HTTP_IF_MATCH=f"W/{created['ETag']}")
        assert changed.status_code == 200
        assert CHANGES[name].items() <= changed.json().items()
        stale = client.patch(one, CHANGES[name], HTTP_IF_MATCH=created["ETag"])
        assert (stale.status_code, stale.json()["type"]) == (
            412,
            "urn:pressmark:problem:precondition-failed",
        )
        assert stale.json()["current"] == changed.json() == client.get(one).json()

    @pytest.mark.parametrize(
        "given", ["*", " * ", '"x", {tag}', '{tag},"x"', '"x" ,, W/{tag}, ', '"a,b", {tag}']
    )
    def test_patch_accepts_any_tag_of_a_list(
        self, api: Any, annotator: User, tag_set: Any, name: str, given: str
    ) -> None:
        client = api(annotator)
        created = client.post(f"/api/v1/{name}/", BODIES[name])
        seen = given.format(tag=created["ETag"])
        changed = client.patch(created["Location"], CHANGES[name], HTTP_IF_MATCH=seen)
        assert changed.status_code == 200
        again = client.patch(created["Location"], {}, HTTP_IF_MATCH=seen)
        assert again.status_code == (200 if "*" in given else 412)

    def test_create_retry_with_same_key_creates_once(
        self, api: Any, annotator: User, tag_set: Any, name: str
    ) -> None:
        key, before = {"HTTP_IDEMPOTENCY_KEY": "once"}, timezone.now().isoformat()
        first = api(annotator).post(f"/api/v1/{name}/", BODIES[name], **key)
        again = api(annotator).post(f"/api/v1/{name}/", BODIES[name], **key)
        assert (again.status_code, again.json()) == (201, first.json())
        assert (again["ETag"], again["Idempotent-Replayed"]) == (first["ETag"], "true")
        other = api(annotator).post(f"/api/v1/{name}/", {**BODIES[name], **CHANGES[name]}, **key)
        assert other.status_code == 422
        assert other.json()["type"] == "urn:pressmark:problem:idempotency-key-reused"
        listed = api(annotator).get(f"/api/v1/{name}/", {"created_after": before}).json()
        assert len(listed["results"]) == 1


@pytest.mark.parametrize(
    ("given", "status"),
    [
        *(("*", 200), ('"1", "7"', 200), ('"7", W/"1"', 200), ('"x", "1-0123abcd"', 200)),
        *(('"2", "7"', 412), ('"11", "1x"', 412)),
    ],
)
def test_annotation_accepts_any_revision_of_a_list(
    api: Any, annotate: Any, annotator: User, given: str, status: int
) -> None:
    one = f"/api/v1/claims/{annotate(annotator).public_id}/"
    client = api(annotator)
    changed = client.patch(one, {"verdict": "mixed"}, HTTP_IF_MATCH=given)
    assert changed.status_code == status
    assert client.get(one).json()["revision"] == (2 if status == 200 else 1)
    if given == "*":
        assert client.delete(one, HTTP_IF_MATCH="*").json()["state"] == "retracted"
        restored = client.post(f"{one}restore/", HTTP_IF_MATCH="*").json()
        assert (restored["state"], restored["revision"]) == ("active", 4)


def test_webhook_and_feed_accept_any_tag_of_a_list(api: Any, annotator: User) -> None:
    webhook = Webhook.objects.create(owner=annotator, url="https://hooks.example/")
    feed = Feed.objects.create(url="https://port.example/feed", added_by=annotator)
    client = api(annotator)
    for name, row in (("webhooks", webhook), ("feeds", feed)):
        one = f"/api/v1/{name}/{row.public_id}/"
        tag = client.get(one)["ETag"]
        for given in ("*", f'"x", {tag}'):
            answer = client.patch(one, {"is_active": True}, HTTP_IF_MATCH=given)
            assert answer.status_code == (412 if name == "webhooks" and given != "*" else 200)
        assert client.delete(one, HTTP_IF_MATCH='"x", "y"').status_code == 412
        assert client.delete(one, HTTP_IF_MATCH="*").status_code == 204


ACCEPTED = [
    ("*/*;q=0", 406, ""),
    ("application/json;q=0", 406, ""),
    ("application/json;q=0, */*", 200, "application/x-ndjson"),
    ("application/*;q=0, text/csv", 200, "text/csv"),
    ("application/json;q=0.000, text/html;q=0", 406, ""),
    ("application/json;q=0.2, application/x-ndjson;q=0.8", 200, "application/x-ndjson"),
    ("text/csv;q=0.9, application/json", 200, "application/json"),
    ("text/csv, */*;q=0.1", 200, "text/csv"),
    ("*/*, text/csv", 200, "text/csv"),
    ("image/png, application/*;q=0.5", 200, "application/json"),
    ("application/json; indent=2; q=0.5", 200, "application/json"),
    ("*/*", 200, "application/json"),
    ("", 406, ""),
]


@pytest.mark.parametrize(("accept", "status", "media_type"), ACCEPTED)
def test_accept_header_weighs_media_types(
    api: Any, entity: Entity, accept: str, status: int, media_type: str
) -> None:
    answer = api().get("/api/v1/entities/", HTTP_ACCEPT=accept)
    assert answer.status_code == status
    assert answer["Content-Type"] == (media_type or "application/problem+json")


def test_format_parameter_must_be_acceptable(api: Any, entity: Entity) -> None:
    address = "/api/v1/entities/?format=ndjson"
    for accept, status in (("*/*", 200), ("application/json, */*;q=0.1", 200)):
        answer = api().get(address, HTTP_ACCEPT=accept)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/x-ndjson")
    assert api().get(address, HTTP_ACCEPT="application/json").status_code == 406


def test_failed_request_does_not_use_its_key(api: Any, annotator: User) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    wrong = {**BODIES["entities"], "type": "DRAGON"}
    assert api(annotator).post("/api/v1/entities/", wrong, **key).status_code == 400
    assert api(annotator).post("/api/v1/entities/", BODIES["entities"], **key).status_code == 201


def test_idempotency_key_expires_after_a_day(api: Any, annotator: User) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    api(annotator).post("/api/v1/articles/", BODIES["articles"], **key)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    api(annotator).post("/api/v1/articles/", BODIES["articles"], **key)
    assert (Article.objects.count(), IdempotencyRecord.objects.count()) == (2, 1)


def test_idempotency_keys_are_per_user(api: Any, annotator: User, other_annotator: User) -> None:
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    for user in (annotator, other_annotator):
        api(user).post("/api/v1/entities/", BODIES["entities"], **key)
    assert Entity.objects.count() == 2


@pytest.mark.parametrize("key", ["x" * 201, "a\tb"])
def test_malformed_idempotency_key_is_rejected(api: Any, annotator: User, key: str) -> None:
    answer = api(annotator).post("/api/v1/entities/", BODIES["entities"], HTTP_IDEMPOTENCY_KEY=key)
    assert answer.status_code == 400
    assert not Entity.objects.exists()


@pytest.fixture
def claim_body(version: Any, project: Any) -> dict[str, Any]:
    spans = [{"exact": "Chile"}]
    version_id = str(version.public_id)
    return {"project": "exports", "version": version_id, "spans": spans, "text": "Chile buys."}


class TestAnnotationRetries:
    def test_retry_with_same_key_returns_first_response(
        self, api: Any, annotator: User, claim_body: dict[str, Any]
    ) -> None:
        client, key = api(annotator), {"HTTP_IDEMPOTENCY_KEY": "once"}
        first = client.post("/api/v1/claims/", claim_body, **key)
        assert "Idempotent-Replayed" not in first
        url = first.json()["links"]["self"]
        revised = client.patch(url, {"text": "Chile sells."}, HTTP_IF_MATCH=first["ETag"])
        assert revised.json()["revision"] == 2
        again = client.post("/api/v1/claims/", claim_body, **key)
        assert (again.status_code, again.content) == (201, first.content)
        assert (again["ETag"], again["Location"]) == (first["ETag"], first["Location"])
        assert again["Idempotent-Replayed"] == "true"
        assert client.get(url).json()["text"] == "Chile sells."

    def test_key_of_annotation_is_free_after_24_hours(
        self, api: Any, annotator: User, claim_body: dict[str, Any]
    ) -> None:
        client, key = api(annotator), {"HTTP_IDEMPOTENCY_KEY": "once"}
        first = client.post("/api/v1/claims/", claim_body, **key)
        other = {**claim_body, "text": "Chile sells."}
        assert client.post("/api/v1/claims/", other, **key).status_code == 422
        IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
        second = client.post("/api/v1/claims/", other, **key)
        assert second.status_code == 201
        assert second.json()["id"] != first.json()["id"]

    def test_only_expired_keys_are_deleted(
        self, api: Any, annotator: User, claim_body: dict[str, Any]
    ) -> None:
        client = api(annotator)
        client.post("/api/v1/claims/", claim_body, HTTP_IDEMPOTENCY_KEY="old")
        IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
        client.post("/api/v1/claims/", claim_body, HTTP_IDEMPOTENCY_KEY="new")
        assert IdempotencyRecord.objects.count() == 2
        IdempotencyRecord.delete_expired()
        assert [record.key for record in IdempotencyRecord.objects.all()] == ["new"]
