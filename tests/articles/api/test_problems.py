"""Errors are problem documents (RFC 9457) with the right status."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotate.accounts.models import ApiToken

NOTHING = "01a20d36-3bc2-707f-b2f1-a32c0a71ae01"


def is_problem(answer: Any, status: int) -> bool:
    problem = answer.json()
    return bool(
        answer["Content-Type"] == "application/problem+json"
        and answer.status_code == problem["status"] == status
        and re.fullmatch(r"[A-Z][a-z ]+", problem["title"])
        and problem["detail"]
        and problem["type"].startswith("urn:pressmark:problem:")
    )


@pytest.fixture
def bearer(db: None) -> dict[str, str]:
    user = User.objects.create_user("script")
    return {"HTTP_AUTHORIZATION": f"Bearer {ApiToken.objects.issue(user)}"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", f"/api/v1/articles/{NOTHING}/", 404),
        ("get", "/api/v1/articles/not-an-id/", 404),
        ("get", "/api/v1/nothing/", 404),
        ("put", f"/api/v1/claims/{NOTHING}/", 405),
        ("delete", "/api/v1/articles/", 405),
        ("post", "/api/v1/annotations/", 405),
    ],
)
def test_missing_resource_or_method_is_problem(
    client: Client, bearer: Any, method: str, path: str, status: int
) -> None:
    assert is_problem(getattr(client, method)(path, **bearer), status)


def test_unreadable_body_is_problem(client: Client, bearer: Any, settings: Any) -> None:
    def post(body: bytes, content_type: str = "application/json") -> Any:
        return client.post("/api/v1/articles/", body, content_type=content_type, **bearer)

    assert is_problem(post(b"{"), 400)
    assert is_problem(post(b'{"title": "caf\xe9"}'), 400)
    assert is_problem(post(b"[" * 100_000), 400)
    assert is_problem(post(b"[]"), 400)
    assert is_problem(post(b'"text"'), 400)
    assert is_problem(post(b"a=b", "application/x-www-form-urlencoded"), 415)
    assert is_problem(post(json.dumps({"text": "x" * 9_000_000}).encode()), 413)


@pytest.mark.parametrize("key", ["pmk_wrong", "", "two words", "caf\xe9"])
def test_invalid_token_is_problem(client: Client, db: None, key: str) -> None:
    answer = client.get("/api/v1/articles/", HTTP_AUTHORIZATION=f"Bearer {key}")
    assert is_problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_token_of_inactive_user_is_problem(client: Client, bearer: Any) -> None:
    assert client.get("/api/v1/articles/", **bearer).status_code == 200
    User.objects.update(is_active=False)
    assert is_problem(client.get("/api/v1/articles/", **bearer), 401)


def test_session_requires_csrf_token_and_bearer_does_not(db: None, bearer: Any) -> None:
    body = json.dumps({"title": "A", "text": "Words.", "language": "en"})
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get())
    rejected = browser.post("/api/v1/articles/", body, content_type="application/json")
    assert is_problem(rejected, 403)
    script = Client(enforce_csrf_checks=True)
    created = script.post("/api/v1/articles/", body, content_type="application/json", **bearer)
    assert created.status_code == 201
