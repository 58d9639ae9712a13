"""Webhooks send changes in order, at least once, to a real receiver on this machine."""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotate import services
from annotate.models import Annotation, Change, Kind, Note
from annotate.projects.models import Membership, Project
from annotate.webhooks import services as webhooks
from annotate.webhooks.models import Webhook
from articles.text.anchor import Selector
from config.search.queue import index_pending
from tests.http_server import RecordingServer, Reply, Request, recording_server, unused_port
from tests.worker import run_worker

DOCS = Path(__file__).resolve().parents[3] / "docs" / "webhooks.md"


@pytest.fixture
def receiver(settings: Any) -> Iterator[RecordingServer]:
    """A receiver to which Pressmark is allowed to send."""
    with recording_server() as listener:
        settings.ALLOWED_PRIVATE_HOSTS = [listener.host]
        yield listener


@pytest.fixture
def webhook(annotator: User, receiver: RecordingServer) -> Webhook:
    """A webhook of the annotator for all changes that they can see."""
    return Webhook.objects.create(owner=annotator, url=f"{receiver.url}/in")


def get_bodies(receiver: RecordingServer) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in receiver.requests]


def get_received_ids(receiver: RecordingServer) -> list[str]:
    """Return the annotation ids in the order in which their changes arrived."""
    return [
        change["annotation"]["id"] for body in get_bodies(receiver) for change in body["results"]
    ]


def make_due(webhook: Webhook) -> Webhook:
    """Make the next attempt due now."""
    Webhook.objects.filter(pk=webhook.pk).update(next_attempt_at=timezone.now())
    return Webhook.objects.get(pk=webhook.pk)


class TestDelivery:
    def test_delivery_has_changes_in_order_like_changes_feed(
        self, api: Any, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        claim = annotate(annotator)
        services.retract(claim, seen_revision=1, actor=annotator)
        annotate(annotator, Kind.NOTE)
        run_worker()
        (body,) = get_bodies(receiver)
        feed = api(annotator).get("/api/v1/changes/").json()
        for change in feed["results"]:
            # Links depend on the host of the request.
            del change["annotation"]["links"]
        assert body["results"] == feed["results"]
        assert body["cursor"] == feed["cursor"]
        assert (body["type"], body["webhook"]) == ("changes", str(webhook.public_id))
        (request,) = receiver.requests
        assert (request.method, request.target) == ("POST", "/in")
        assert request.headers["content-type"] == "application/json"
        assert request.headers["webhook-id"] == body["delivery"]
        run_worker()
        assert len(receiver.requests) == 1

    def test_new_webhook_starts_with_later_changes(
        self, annotate: Any, annotator: User, receiver: RecordingServer
    ) -> None:
        annotate(annotator)
        Webhook.objects.create(owner=annotator, url=receiver.url)
        run_worker()
        assert not receiver.requests
        later = annotate(annotator)
        run_worker()
        assert get_received_ids(receiver) == [str(later.public_id)]

    def test_many_changes_are_split_into_deliveries(
        self,
        annotate: Any,
        annotator: User,
        receiver: RecordingServer,
        webhook: Webhook,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(webhooks, "MAX_CHANGES", 3)
        created = [str(annotate(annotator).public_id) for _ in range(7)]
        run_worker()
        assert [len(body["results"]) for body in get_bodies(receiver)] == [3, 3, 1]
        assert get_received_ids(receiver) == created
        assert len({body["delivery"] for body in get_bodies(receiver)}) == 3

    def test_deliveries_are_limited_in_size(
        self,
        annotate: Any,
        annotator: User,
        receiver: RecordingServer,
        webhook: Webhook,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(webhooks, "MAX_CHARACTERS", 15_000)
        spans = (Selector(exact="exports rose by 12 %"),)
        for length in (9000, 9000, 10, 9000):
            annotate(annotator, Note, {"spans": spans, "body": "x" * length})
        run_worker()
        assert [len(body["results"]) for body in get_bodies(receiver)] == [1, 2, 1]

    def test_filters_by_kind_action_and_project(
        self, annotate: Any, annotator: User, project: Project, receiver: RecordingServer
    ) -> None:
        other = Project.objects.create(slug="other", name="Other", tag_set=project.tag_set)
        Membership.objects.create(project=other, user=annotator, role="annotator")
        for given in ({"kinds": ["note"]}, {"actions": ["retract"]}, {"project": other}):
            Webhook.objects.create(owner=annotator, url=receiver.url, **given)
        claim = annotate(annotator)
        note = annotate(annotator, Kind.NOTE)
        elsewhere = annotate(annotator, project=other)
        services.retract(claim, seen_revision=1, actor=annotator)
        run_worker()
        wanted = {str(one.public_id) for one in (note, claim, elsewhere)}
        assert len(receiver.requests) == 3
        assert set(get_received_ids(receiver)) == wanted

    def test_writing_needs_no_queries_for_webhooks(
        self,
        annotate: Any,
        annotator: User,
        receiver: RecordingServer,
        django_assert_num_queries: Any,
    ) -> None:
        annotate(annotator)
        with CaptureQueriesContext(
            connection,
        ) as without:
            annotate(annotator)
        for _ in range(3):
            Webhook.objects.create(owner=annotator, url=receiver.url)
        with django_assert_num_queries(len(without)):
            annotate(annotator)

    def test_query_count_is_constant(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        counts = []
        for number in (1, 9):
            for _ in range(number):
                annotate(annotator)
            # Indexing them for search takes as long as it takes, and is not counted.
            index_pending(None)
            with CaptureQueriesContext(connection) as queries:
                run_worker()
            counts.append(len(queries))
        assert [len(body["results"]) for body in get_bodies(receiver)] == [1, 9]
        assert counts[0] == counts[1]


class TestBlindProject:
    @pytest.fixture(autouse=True)
    def _blind(self, project: Project) -> None:
        Project.objects.update(is_blind=True)

    def test_owner_gets_visible_changes_only(
        self,
        annotate: Any,
        annotator: User,
        other_annotator: User,
        manager: User,
        receiver: RecordingServer,
    ) -> None:
        for owner in (annotator, manager):
            Webhook.objects.create(owner=owner, url=f"{receiver.url}/{owner}")
        annotate(other_annotator)
        mine = annotate(annotator)
        annotate(other_annotator)
        run_worker()
        found = {request.target: json.loads(request.body) for request in receiver.requests}
        assert [c["annotation"]["id"] for c in found["/annotator"]["results"]] == [
            str(mine.public_id)
        ]
        assert found["/annotator"]["cursor"] == f"{mine.public_id}.1"
        assert len(found["/manager"]["results"]) == 3

    def test_hidden_changes_make_no_delivery(
        self, annotate: Any, other_annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        annotate(other_annotator)
        run_worker()
        assert not receiver.requests
        assert not webhook.deliveries.exists()

    def test_retry_is_dropped_when_owner_loses_access(
        self, annotate: Any, annotator: User, manager: User, receiver: RecordingServer
    ) -> None:
        webhook = Webhook.objects.create(owner=manager, url=receiver.url)
        receiver.answer = lambda _: Reply(500)
        annotate(annotator)
        run_worker()
        Membership.objects.filter(user=manager).delete()
        receiver.answer = lambda _: Reply()
        make_due(webhook)
        run_worker()
        assert len(receiver.requests) == 1
        assert webhook.deliveries.get().state == "dropped"

    def test_inactive_owner_gets_nothing(
        self, annotate: Any, annotator: User, manager: User, receiver: RecordingServer
    ) -> None:
        Webhook.objects.create(owner=manager, url=receiver.url)
        User.objects.filter(pk=manager.pk).update(is_active=False)
        annotate(annotator)
        run_worker()
        assert not receiver.requests
        User.objects.filter(pk=manager.pk).update(is_active=True)
        run_worker()
        assert len(receiver.requests) == 1


class TestFailure:
    def test_retry_keeps_id_and_order(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        receiver.answer = lambda _: Reply(503, b"Come \0 later")
        first = annotate(annotator)
        run_worker()
        second = annotate(annotator)
        run_worker()
        assert len(receiver.requests) == 1, "The retry is not due yet."
        receiver.answer = lambda _: Reply(204)
        make_due(webhook)
        run_worker()
        assert get_received_ids(receiver) == [str(a.public_id) for a in (first, first, second)]
        one, again, other = get_bodies(receiver)
        assert one["delivery"] == again["delivery"] != other["delivery"]
        failed, good = webhook.deliveries.last().attempts.all()
        assert (failed.number, failed.status) == (1, 503)
        assert failed.error == "The response was 503, not 2xx."
        assert failed.response_excerpt == "Come � later"
        assert failed.next_attempt_at > failed.attempted_at
        assert (good.number, good.status, good.error, good.next_attempt_at) == (2, 204, "", None)

    def test_retries_back_off_and_then_pause_webhook(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        receiver.answer = lambda _: Reply(500)
        created = annotate(annotator)
        for _ in range(12):
            run_worker()
            webhook = make_due(webhook)
        assert len(receiver.requests) == 10
        assert not webhook.is_active
        waits = [
            attempt.next_attempt_at - attempt.attempted_at
            for attempt in webhook.deliveries.get().attempts.all()
            if attempt.next_attempt_at
        ]
        assert timedelta(seconds=10) <= waits[0] <= timedelta(seconds=12)
        assert timedelta(hours=12) <= waits[-1] <= timedelta(hours=14.4)
        assert waits == sorted(waits)
        assert webhook.pause_reason == (
            "10 attempts in a row failed. The response was 500, not 2xx."
        )
        run_worker()
        assert len(receiver.requests) == 10
        # Whoever looks after it loses nothing.
        receiver.answer = lambda _: Reply()
        webhook.is_active = True
        webhook.reset_failures()
        webhook.save()
        run_worker()
        assert get_received_ids(receiver) == [str(created.public_id)] * 11

    def test_gone_pauses_webhook_at_once(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        receiver.answer = lambda _: Reply(410)
        annotate(annotator)
        run_worker()
        webhook.refresh_from_db()
        assert not webhook.is_active
        assert "410" in webhook.pause_reason

    @pytest.mark.parametrize(
        ("asked", "least", "most"),
        [
            ("120", 120, 120),
            ("1", 10, 12),
            ("999999999999", 12 * 3600, 12 * 3600),
            ("soon", 10, 12),
            ("Thu, 99 Foo 2020", 10, 12),
            ("in two minutes", 118, 121),
        ],
    )
    def test_retry_after_is_honoured_within_bounds(
        self,
        annotate: Any,
        annotator: User,
        receiver: RecordingServer,
        webhook: Webhook,
        asked: str,
        least: int,
        most: int,
    ) -> None:
        if asked == "in two minutes":
            asked = format_datetime(timezone.now() + timedelta(minutes=2), usegmt=True)
        receiver.answer = lambda _: Reply(429, headers={"Retry-After": asked})
        annotate(annotator)
        run_worker()
        attempt = webhook.deliveries.get().attempts.get()
        assert least <= (attempt.next_attempt_at - attempt.attempted_at).total_seconds() <= most

    def test_redirect_is_not_followed(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        receiver.answer = lambda _: Reply(307, headers={"Location": "/elsewhere"})
        annotate(annotator)
        run_worker()
        assert [request.target for request in receiver.requests] == ["/in"]
        assert webhook.deliveries.get().state == "pending"

    @pytest.mark.parametrize(
        ("url", "error"),
        [
            ("http://127.0.0.1:{unused}/", "Cannot connect"),
            ("http://10.0.0.1/", "not public"),
            ("http://localhost/", "private network"),
        ],
    )
    def test_missing_response_is_logged(
        self, annotate: Any, annotator: User, settings: Any, url: str, error: str
    ) -> None:
        unused = unused_port()
        settings.ALLOWED_PRIVATE_HOSTS = [f"127.0.0.1:{unused}"]
        webhook = Webhook.objects.create(owner=annotator, url=url.format(unused=unused))
        annotate(annotator)
        run_worker()
        attempt = webhook.deliveries.get().attempts.get()
        assert attempt.status is None
        assert error in attempt.error

    def test_host_that_is_no_longer_allowed_gets_nothing(
        self,
        annotate: Any,
        annotator: User,
        receiver: RecordingServer,
        webhook: Webhook,
        settings: Any,
    ) -> None:
        settings.ALLOWED_PRIVATE_HOSTS = []
        annotate(annotator)
        run_worker()
        assert not receiver.requests
        assert "not public" in webhook.deliveries.get().attempts.get().error

    def test_slow_receiver_times_out_without_delaying_others(
        self,
        annotate: Any,
        annotator: User,
        receiver: RecordingServer,
        webhook: Webhook,
        settings: Any,
    ) -> None:
        settings.WEBHOOK_TIMEOUT = 0.3
        other = Webhook.objects.create(owner=annotator, url=f"{receiver.url}/quick")

        def answer(request: Request) -> Reply:
            if request.target == "/in":
                time.sleep(6)
            return Reply()

        receiver.answer = answer
        annotate(annotator)
        began = time.monotonic()
        run_worker()
        assert time.monotonic() - began < 5
        assert webhook.deliveries.get().state == "pending"
        assert "within 0.3 s" in webhook.deliveries.get().attempts.get().error
        assert other.deliveries.get().state == "delivered"

    def test_expired_lease_of_killed_worker_is_taken_over(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        annotate(annotator)
        lease = Webhook.objects.all().claim(timedelta(seconds=30))
        run_worker()
        assert not receiver.requests, "Another task holds the lease."
        Webhook.objects.update(lease_expires_at=timezone.now())
        run_worker()
        assert len(receiver.requests) == 1
        # A task that has lost its lease does nothing.
        annotate(annotator)
        webhooks.send_due.call(webhook.pk, str(lease))
        assert len(receiver.requests) == 1

    def test_webhook_deleted_during_attempt(
        self, annotate: Any, annotator: User, webhook: Webhook
    ) -> None:
        annotate(annotator)
        delivery = webhooks._get_next_delivery(webhook.pk)
        assert delivery
        Webhook.objects.all().delete()
        webhooks._attempt(delivery)
        assert not Webhook.objects.exists()


class TestSendOnce:
    def test_ping_has_no_changes_and_is_tried_once(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        receiver.answer = lambda _: Reply(500)
        ping = webhooks.ping(webhook)
        run_worker()
        run_worker()
        assert get_bodies(receiver) == [
            {
                "type": "ping",
                "webhook": str(webhook.public_id),
                "delivery": str(ping.public_id),
            }
        ]
        ping.refresh_from_db()
        webhook.refresh_from_db()
        assert ping.state == "failed"
        assert (webhook.failures, webhook.next_attempt_at) == (0, None)

    def test_delivery_can_be_sent_again(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        annotate(annotator)
        run_worker()
        webhooks.send_once.enqueue(webhook.deliveries.get().pk)
        run_worker()
        assert [request.body for request in receiver.requests] == [receiver.requests[0].body] * 2
        assert webhook.deliveries.get().attempts.count() == 2

    def test_log_is_deleted_after_retention_except_pending(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        annotate(annotator)
        run_worker()
        receiver.answer = lambda _: Reply(500)
        annotate(annotator)
        run_worker()
        webhook.deliveries.update(created_at=timezone.now() - timedelta(days=31))
        run_worker()
        assert webhook.deliveries.get().state == "pending"


class TestSignature:
    def test_signature_matches_standard_webhooks_example(self) -> None:
        # The example of the specification's own libraries.
        assert (
            webhooks.sign(
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1614265330,
                b'{"test": 2432232314}',
            )
            == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        )

    def test_docs_recipe_verifies_signature(
        self, annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
    ) -> None:
        annotate(annotator)
        run_worker()
        (request,) = receiver.requests
        (recipe,) = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
        found: dict[str, Any] = {}
        exec(recipe, found)  # noqa: S102
        verify: Callable[..., Any] = found["verify_delivery"]
        assert verify(webhook.secret, request.headers, request.body) == json.loads(request.body)
        later = {**request.headers, "webhook-timestamp": "1614265330"}
        for secret, headers, body in (
            (webhook.secret, request.headers, request.body + b" "),
            (webhook.secret, {**request.headers, "webhook-id": "other"}, request.body),
            (webhook.secret, later, request.body),
            (Webhook(owner=annotator).secret, request.headers, request.body),
        ):
            with pytest.raises(ValueError, match=r"signature|old"):
                verify(secret, headers, body)


def test_every_change_of_busy_project_arrives_once(
    annotate: Any, annotator: User, receiver: RecordingServer, webhook: Webhook
) -> None:
    for number in range(4):
        for _ in range(number * 3):
            annotate(annotator)
        run_worker()
    assert get_received_ids(receiver) == [
        str(public_id)
        for public_id in Change.objects.order_by("pk").values_list(
            "annotation__public_id", flat=True
        )
    ]
    assert Annotation.objects.count() == len(get_received_ids(receiver)) == 18
