"""Tokens, scopes, rate limits and CORS of the API."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from annotate.accounts import rate_limits
from annotate.accounts.models import ApiToken, Scope
from annotate.models import Annotation
from annotate.projects.models import Project
from annotate.registry.models import Entity
from articles.models import Article
from tests.openapi import CheckingClient

ARTICLES = "/api/v1/articles/"


@pytest.fixture
def bearer(annotator: User) -> Callable[..., CheckingClient]:
    """Return a function that creates a client with a token, by default of the annotator."""

    def make(*scopes: str, user: User = annotator, **terms: Any) -> CheckingClient:
        client = CheckingClient()
        key = ApiToken.objects.issue(user, scopes=scopes or tuple(Scope), **terms)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
        return client

    return make


class TestScopes:
    @pytest.fixture
    def writes(
        self,
        annotate: Callable[..., Annotation],
        annotator: User,
        manager: User,
        project: Project,
        article: Article,
        entity: Entity,
    ) -> list[tuple[Scope, str, str, Any]]:
        """Write requests: the required scope, the method, the URL and the body."""
        created = f"/api/v1/claims/{annotate(annotator).public_id}/"
        Entity.objects.update(created_by=annotator)
        Article.objects.update(created_by=annotator)
        where = {"project": project.slug, "version": str(article.current_version.public_id)}
        claim = {**where, "spans": [{"start": 0, "end": 3}], "text": "w"}
        source = {"url": "https://a.example/", "title": "t"}
        text = {"title": "t", "text": "Words.", "language": "en"}
        annotating = [
            ("post", "/api/v1/claims/", claim),
            ("patch", created, {"text": "x"}),
            ("delete", created, None),
            ("post", f"{created}restore/", None),
            ("post", "/api/v1/entities/", {"name": "n", "type": "ORG"}),
            ("post", "/api/v1/sources/", source),
        ]
        managing = [
            ("post", ARTICLES, text),
            ("patch", f"{ARTICLES}{article.public_id}/", {"title": "u"}),
            ("post", "/api/v1/versions/", {"article": str(article.public_id), "text": "Others."}),
            ("post", "/api/v1/projects/", {"slug": "s", "name": "n", "tag_set": "news"}),
            ("patch", f"/api/v1/entities/{entity.public_id}/", {"name": "m"}),
        ]
        return [(Scope.ANNOTATE, *write) for write in annotating] + [
            (Scope.MANAGE, *write) for write in managing
        ]

    @pytest.mark.parametrize("scopes", [["read"], ["annotate"], ["manage"], ["annotate", "manage"]])
    def test_write_requires_its_scope(self, bearer: Any, writes: Any, scopes: list[str]) -> None:
        client = bearer(*scopes)
        for needed, method, address, body in writes:
            seen = client.get(address.replace("restore/", "")).headers.get("ETag", "")
            answer = getattr(client, method)(address, body, HTTP_IF_MATCH=seen)
            if needed in scopes:
                assert answer.status_code in (200, 201), (address, answer.json())
                continue
            problem = answer.json()
            assert (answer.status_code, problem["scope"]) == (403, needed)
            assert problem["type"] == "urn:pressmark:problem:insufficient-scope"
            assert needed in problem["detail"]
            assert answer["WWW-Authenticate"] == (
                f'Bearer error="insufficient_scope", scope="{needed}"'
            )
        if scopes == ["read"]:
            assert Annotation.objects.get().revision == 1

    @pytest.mark.parametrize("scope", Scope)
    def test_every_scope_includes_read(
        self, bearer: Any, project: Project, annotator: User, annotate: Any, scope: str
    ) -> None:
        annotate(annotator)
        Project.objects.update(is_public=False)
        assert not CheckingClient().get("/api/v1/claims/").json()["results"]
        client = bearer(scope)
        assert client.get("/api/v1/claims/").json()["results"]
        assert client.head(ARTICLES).status_code == 200
        assert client.options(ARTICLES).status_code == 200

    def test_session_has_all_scopes(self, api: Any, annotator: User, writes: Any) -> None:
        (_, method, address, body), *_ = [write for write in writes if write[0] == Scope.MANAGE]
        assert getattr(api(annotator), method)(address, body).status_code == 201

    def test_scope_does_not_extend_the_users_permissions(
        self, bearer: Any, article: Article
    ) -> None:
        answer = bearer().patch(f"{ARTICLES}{article.public_id}/", {"title": "Mine"})
        assert answer.json()["type"] == "urn:pressmark:problem:permission-denied"

    def test_schema_names_required_scopes(self, client: Client) -> None:
        schema = client.get("/api/v1/schema/", HTTP_ACCEPT="application/json").json()
        needed = {
            (path, method): operation["security"][0]["bearerAuth"]
            for path, operations in schema["paths"].items()
            for method, operation in operations.items()
        }
        assert needed["/api/v1/claims/", "get"] == ["read"]
        assert needed["/api/v1/claims/", "post"] == ["annotate"]
        assert needed["/api/v1/entities/", "post"] == ["annotate"]
        assert needed["/api/v1/entities/{public_id}/", "patch"] == ["manage"]
        assert needed["/api/v1/articles/", "post"] == ["manage"]


class TestTokens:
    def test_expired_token_is_rejected(self, bearer: Any) -> None:
        client = bearer(expires_at=now() + timedelta(days=1))
        assert client.get(ARTICLES).status_code == 200
        ApiToken.objects.update(expires_at=now() - timedelta(seconds=1))
        answer = client.get(ARTICLES)
        assert answer.status_code == 401
        assert answer.json()["type"] == "urn:pressmark:problem:invalid-token"
        assert f"expired on {now():%Y-%m}" in answer.json()["detail"]
        assert answer["WWW-Authenticate"].startswith('Bearer error="invalid_token", error_desc')
        assert ApiToken.objects.get().last_used_at

    def test_last_use_is_recorded_once_a_minute(
        self, bearer: Any, django_assert_num_queries: Any
    ) -> None:
        client = bearer()
        client.get(ARTICLES)
        token = ApiToken.objects.get()
        assert token.last_used_at
        assert now() - token.last_used_at < timedelta(seconds=30)
        # Token with user, and the list.
        with django_assert_num_queries(2):
            client.get(ARTICLES)
        ApiToken.objects.update(last_used_at=now() - timedelta(seconds=61))
        with django_assert_num_queries(3):
            client.get(ARTICLES)
        token.refresh_from_db()
        assert now() - token.last_used_at < timedelta(seconds=30)

    @pytest.mark.parametrize("url", [ARTICLES, "/api/v1/nothing/"])
    def test_token_is_read_once_per_request(self, bearer: Any, settings: Any, url: str) -> None:
        settings.READS_PER_MINUTE = 1000
        client = bearer()
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        statements = [query["sql"].split()[0] for query in queries if "apitoken" in query["sql"]]
        # The lookup, and then the record of its use.
        assert statements == ["SELECT", "UPDATE"]

    def test_unknown_token_records_no_use(self, bearer: Any, db: None) -> None:
        bearer()
        CheckingClient().get(ARTICLES, HTTP_AUTHORIZATION="Bearer pmk_wrong")
        assert ApiToken.objects.get().last_used_at is None


class TestRateLimits:
    @pytest.fixture(autouse=True)
    def _few(self, settings: Any) -> Iterator[None]:
        settings.ANONYMOUS_PER_MINUTE, settings.READS_PER_MINUTE = 2, 3
        settings.WRITES_PER_MINUTE = 1
        cache.clear()
        # Do not run across the end of a window.
        if (left := rate_limits.WINDOW - time.time() % rate_limits.WINDOW) < 5:
            time.sleep(left)
        yield
        cache.clear()

    def test_anonymous_requests_are_limited_by_address(self, db: None) -> None:
        client = CheckingClient()
        first = client.get(ARTICLES)
        assert first["RateLimit-Policy"] == '"anonymous";q=2;w=60'
        assert first["RateLimit"].startswith('"anonymous";r=1;t=')
        # Unknown URLs count too.
        lost = client.get("/api/v1/nothing/")
        assert (lost.status_code, lost["RateLimit"][:16]) == (404, '"anonymous";r=0;')
        rejected = client.get(ARTICLES)
        assert rejected.status_code == 429
        assert rejected["Content-Type"] == "application/problem+json"
        assert rejected.json()["type"] == "urn:pressmark:problem:throttled"
        assert 1 <= int(rejected["Retry-After"]) <= 60
        assert rejected["RateLimit"] == f'"anonymous";r=0;t={rejected["Retry-After"]}'
        assert client.get("/sign-in/").status_code == 200

    def test_reads_and_writes_are_limited_per_token(self, bearer: Any, annotator: User) -> None:
        client = bearer()
        body = {"name": "n", "type": "ORG"}
        created = client.post("/api/v1/entities/", body)
        assert (created.status_code, created["RateLimit"][:12]) == (201, '"write";r=0;')
        assert created["RateLimit-Policy"] == '"read";q=3;w=60, "write";q=1;w=60'
        assert client.post("/api/v1/entities/", body).status_code == 429
        assert [client.get(ARTICLES).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert Entity.objects.count() == 1
        assert bearer().get(ARTICLES)["RateLimit"][:11] == '"read";r=2;'

    def test_session_requests_are_limited_per_user(self, api: Any, annotator: User) -> None:
        statuses = [api(annotator).get(ARTICLES).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        assert CheckingClient().get(ARTICLES).status_code == 200

    def test_unknown_tokens_are_limited_by_address(self, db: None) -> None:
        answers = [
            CheckingClient().get(ARTICLES, HTTP_AUTHORIZATION=f"Bearer pmk_{n}") for n in range(3)
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert answers[0]["RateLimit"].startswith('"anonymous";r=1;')

    def test_limit_resets_with_the_next_window(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rate_limits, "WINDOW", 1)
        time.sleep(1 - time.time() % 1)
        client = CheckingClient()
        assert [client.get(ARTICLES).status_code for _ in range(3)] == [200, 200, 429]
        time.sleep(1)
        assert client.get(ARTICLES).status_code == 200

    def test_zero_disables_the_limit(self, db: None, settings: Any) -> None:
        settings.ANONYMOUS_PER_MINUTE = 0
        answers = [CheckingClient().get(ARTICLES) for _ in range(4)]
        assert {answer.status_code for answer in answers} == {200}
        assert "RateLimit" not in answers[0]
        assert "RateLimit-Policy" not in answers[0]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "counted"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        # The first entry was sent by the client. Only the one appended by our proxy counts.
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (1, "unknown", "192.0.2.1"),
        (1, "2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        (1, "2001:db8:1:2:bbbb::2", "2001:db8:1:2::"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
    ],
)
def test_client_address_comes_from_trusted_proxies(
    rf: Any, settings: Any, proxies: int, forwarded: str, counted: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = rf.get("/", headers=headers, REMOTE_ADDR="192.0.2.1")
    assert rate_limits.get_client_address(request) == counted


class TestCors:
    ORIGIN = {"HTTP_ORIGIN": "https://notebook.example"}

    def test_cross_origin_read(self, db: None) -> None:
        answer = CheckingClient().get(ARTICLES, **self.ORIGIN)
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer
        exposed = answer["Access-Control-Expose-Headers"].split(", ")
        for name in ("ETag", "Link", "Last-Modified", "RateLimit", "RateLimit-Policy"):
            assert name in exposed
        assert {"Retry-After", "Location"} <= set(exposed)

    def test_preflight_lists_allowed_headers(self, db: None) -> None:
        answer = CheckingClient().options(
            "/api/v1/claims/",
            **self.ORIGIN,
            HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
            HTTP_ACCESS_CONTROL_REQUEST_HEADERS="authorization,if-match,idempotency-key",
        )
        assert answer.status_code == 200
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Access-Control-Max-Age"] == "86400"
        allowed = answer["Access-Control-Allow-Headers"].split(", ")
        assert {"Authorization", "If-Match", "If-None-Match", "Idempotency-Key"} <= set(allowed)
        assert "Access-Control-Allow-Credentials" not in answer

    def test_cross_origin_errors_are_readable(self, db: None) -> None:
        wrong = CheckingClient().get(f"{ARTICLES}?nothing=1", **self.ORIGIN)
        assert (wrong.status_code, wrong["Access-Control-Allow-Origin"]) == (400, "*")

    def test_pages_allow_no_cross_origin_reads(self, db: None) -> None:
        answer = Client().get("/sign-in/", **self.ORIGIN)
        assert "Access-Control-Allow-Origin" not in answer

    def test_cross_origin_write_with_session_is_rejected(self, annotator: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(annotator)
        body = json.dumps({"name": "n", "type": "ORG"})
        answer = client.post(
            "/api/v1/entities/", body, content_type="application/json", **self.ORIGIN
        )
        assert answer.status_code == 403
        assert not Entity.objects.exists()
