"""/api/v1/webhooks/ and the log of deliveries."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate.projects.models import Membership, Project
from annotate.webhooks.models import Webhook
from tests.http_server import RecordingServer, Reply, recording_server
from tests.worker import run_worker

ADDRESS = "/api/v1/webhooks/"
URL = "https://hooks.example/in"


@pytest.fixture
def create_webhook(api: Any, annotator: User) -> Callable[..., dict[str, Any]]:
    """Create a webhook of the annotator."""

    def make(**given: Any) -> dict[str, Any]:
        answer = api(annotator).post(ADDRESS, {"url": URL, **given})
        assert answer.status_code == 201, answer.json()
        webhook: dict[str, Any] = answer.json()
        return webhook

    return make


@pytest.fixture
def receiver(settings: Any) -> Iterator[RecordingServer]:
    with recording_server() as listener:
        settings.ALLOWED_PRIVATE_HOSTS = [listener.host]
        yield listener


class TestCreate:
    def test_create_shows_secret_once(self, api: Any, annotator: User, project: Project) -> None:
        body = {"url": URL, "project": "exports", "kinds": ["note"], "actions": ["create"]}
        answer = api(annotator).post(ADDRESS, body)
        assert answer.status_code == 201
        webhook = answer.json()
        assert webhook.pop("secret").startswith("whsec_")
        assert {name: webhook[name] for name in body} == body
        assert (webhook["is_active"], webhook["pause_reason"]) == (True, "")
        assert answer.headers["ETag"].startswith('"1-')
        read = api(annotator).get(f"{ADDRESS}{webhook['id']}/")
        assert (read.json(), read.headers["ETag"]) == (webhook, answer.headers["ETag"])
        assert api(annotator).get(ADDRESS).json()["results"] == [webhook]

    @pytest.mark.parametrize(
        ("given", "pointer", "message"),
        [
            ({}, "/url", "required"),
            ({"url": "ftp://hooks.example/"}, "/url", "http"),
            ({"url": "http://127.0.0.1:8000/"}, "/url", "not public"),
            ({"url": "http://2130706433/"}, "/url", "four decimal numbers"),
            ({"url": "http://localhost/"}, "/url", "private network"),
            ({"url": "http://me:secret@hooks.example/"}, "/url", "password"),
            ({"url": "https://hooks.example:22/"}, "/url", "Port 22"),
            ({"url": URL, "project": "none"}, "/project", "none"),
            ({"url": URL, "kinds": ["dragon"]}, "/kinds/0", "dragon"),
            ({"url": URL, "actions": "create"}, "/actions", "list"),
            ({"url": URL, "after": "7"}, "/after", "cursor"),
            ({"url": URL, "secret": "mine"}, "/secret", "Unknown field"),
        ],
    )
    def test_invalid_fields_are_rejected(
        self, api: Any, annotator: User, given: dict[str, Any], pointer: str, message: str
    ) -> None:
        answer = api(annotator).post(ADDRESS, given)
        assert answer.status_code == 400
        (error,) = answer.json()["errors"]
        assert error["pointer"] == pointer
        assert message in error["detail"]
        assert not Webhook.objects.exists()

    def test_hidden_project_is_rejected(self, api: Any, annotator: User, project: Project) -> None:
        Project.objects.update(is_public=False)
        Membership.objects.all().delete()
        answer = api(annotator).post(ADDRESS, {"url": URL, "project": "exports"})
        assert answer.json()["errors"][0]["detail"] == "“exports” does not exist."

    def test_limit_per_owner_is_enforced(
        self, create_webhook: Any, api: Any, annotator: User
    ) -> None:
        for _ in range(20):
            create_webhook()
        answer = api(annotator).post(ADDRESS, {"url": URL})
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:pressmark:problem:too-many-webhooks"

    def test_after_sets_first_change(
        self,
        api: Any,
        annotate: Any,
        annotator: User,
        receiver: RecordingServer,
        create_webhook: Any,
    ) -> None:
        annotations = [annotate(annotator) for _ in range(3)]
        for after in ("start", f"{annotations[1].public_id}.1"):
            create_webhook(url=f"{receiver.url}/", after=after)
        run_worker()
        assert sorted(request.body.count(b'"text"') for request in receiver.requests) == [1, 3]


class TestPermissions:
    def test_other_users_cannot_see_webhook(
        self, api: Any, create_webhook: Any, annotator: User, other_annotator: User
    ) -> None:
        address = f"{ADDRESS}{create_webhook()['id']}/"
        other = api(other_annotator)
        assert other.get(ADDRESS).json()["results"] == []
        for answer in (
            other.get(address),
            other.patch(address, {"is_active": False}, HTTP_IF_MATCH='"1"'),
            other.delete(address, HTTP_IF_MATCH='"1"'),
            other.post(f"{address}test/"),
            other.get(f"{address}deliveries/"),
        ):
            assert answer.status_code == 404
        assert api(annotator).get(address).json()["is_active"]

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_requires_sign_in(self, api: Any, db: None, method: str) -> None:
        assert getattr(api(), method)(ADDRESS).status_code in (401, 403)

    def test_list_query_count_is_constant(
        self,
        api: Any,
        create_webhook: Any,
        annotator: User,
        project: Project,
        django_assert_num_queries: Any,
    ) -> None:
        client = api(annotator)
        for number in (1, 4):
            for _ in range(number):
                create_webhook(project="exports")
            with django_assert_num_queries(3):
                client.get(ADDRESS)


class TestUpdate:
    def test_patch_changes_given_fields_and_needs_if_match(
        self, api: Any, create_webhook: Any, annotator: User
    ) -> None:
        address = f"{ADDRESS}{create_webhook(kinds=['note'])['id']}/"
        client = api(annotator)
        assert client.patch(address, {"is_active": False}).status_code == 428
        done = client.patch(address, {"is_active": False}, HTTP_IF_MATCH='"1"')
        assert (done.status_code, done.headers["ETag"][:3]) == (200, '"2-')
        assert (done.json()["is_active"], done.json()["kinds"]) == (False, ["note"])
        stale = client.patch(address, {"kinds": []}, HTTP_IF_MATCH='"1"')
        assert stale.status_code == 412
        assert stale.json()["current"] == done.json()
        rejected = client.patch(address, {"url": "http://10.0.0.1/"}, HTTP_IF_MATCH='"2"')
        assert rejected.json()["errors"][0]["pointer"] == "/url"
        after = client.patch(address, {"after": "start"}, HTTP_IF_MATCH='"2"')
        assert after.json()["errors"][0]["pointer"] == "/after"

    def test_resumed_webhook_continues(
        self,
        api: Any,
        annotate: Any,
        create_webhook: Any,
        annotator: User,
        receiver: RecordingServer,
    ) -> None:
        receiver.answer = lambda _: Reply(410)
        address = f"{ADDRESS}{create_webhook(url=f'{receiver.url}/')['id']}/"
        annotate(annotator)
        run_worker()
        paused = api(annotator).get(address)
        assert "410" in paused.json()["pause_reason"]
        receiver.answer = lambda _: Reply()
        tag = paused.headers["ETag"]
        done = api(annotator).patch(address, {"is_active": True}, HTTP_IF_MATCH=tag)
        assert (done.json()["pause_reason"], done.json()["failures"]) == ("", 0)
        run_worker()
        assert len(receiver.requests) == 2

    def test_delete_removes_webhook_and_log(
        self,
        api: Any,
        annotate: Any,
        create_webhook: Any,
        annotator: User,
        receiver: RecordingServer,
    ) -> None:
        address = f"{ADDRESS}{create_webhook(url=f'{receiver.url}/')['id']}/"
        annotate(annotator)
        run_worker()
        assert api(annotator).delete(address).status_code == 428
        tag = api(annotator).get(address)["ETag"]
        assert api(annotator).delete(address, HTTP_IF_MATCH=tag).status_code == 204
        assert api(annotator).get(address).status_code == 404
        annotate(annotator)
        run_worker()
        assert len(receiver.requests) == 1


class TestLog:
    def test_ping_is_queued_and_logged(
        self, api: Any, create_webhook: Any, annotator: User, receiver: RecordingServer
    ) -> None:
        address = f"{ADDRESS}{create_webhook(url=f'{receiver.url}/')['id']}/"
        client = api(annotator)
        sent = client.post(f"{address}test/")
        assert (sent.status_code, sent.json()["type"], sent.json()["state"]) == (
            202,
            "ping",
            "pending",
        )
        receiver.answer = lambda _: Reply(body=b"thanks")
        run_worker()
        found = client.get(f"{address}deliveries/{sent.json()['id']}/").json()
        assert (found["state"], found["changes"]) == ("delivered", 0)
        (attempt,) = found["attempts"]
        assert (attempt["attempt"], attempt["status"], attempt["response_excerpt"]) == (
            1,
            200,
            "thanks",
        )
        assert client.get(f"{address}deliveries/").json()["results"] == [found]

    def test_log_is_filtered_with_constant_query_count(
        self,
        api: Any,
        annotate: Any,
        create_webhook: Any,
        annotator: User,
        receiver: RecordingServer,
        django_assert_num_queries: Any,
    ) -> None:
        address = f"{ADDRESS}{create_webhook(url=f'{receiver.url}/')['id']}/deliveries/"
        client = api(annotator)
        for number in (1, 3):
            for _ in range(number):
                annotate(annotator)
                run_worker()
            with django_assert_num_queries(5):
                log = client.get(address).json()["results"]
        assert [delivery["changes"] for delivery in log] == [1] * 4
        assert client.get(address, {"state": "pending"}).json()["results"] == []
        for name, value in (("state", "dragon"), ("dragon", "1")):
            rejected = client.get(address, {name: value})
            assert rejected.json()["errors"][0]["parameter"] == name
