"""Sending changes to webhooks: signed, in order, at least once.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com). Nothing here is
part of writing an annotation: a worker looks for webhooks that are behind and queues a task for
each (`queue_due`). How often a task is run does not matter. What must not be lost is in rows of our
own, and the next look finds it: a webhook's position in the log, which moves in one transaction
with the making of a delivery, and the delivery, which stays pending until it was answered well."""

import base64
import hashlib
import hmac
import json
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast, Length
from django.utils import timezone
from django_tasks import task

from annotate.models import Change
from annotate.webhooks.models import (
    EXCERPT,
    LONGEST_ERROR,
    PREFIX,
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
)
from config import http as outbound

QUEUE = "webhooks"
# The most that one delivery holds, in changes and in characters of them; one alone may be longer.
MOST_CHANGES = 100
MOST_CHARACTERS = 1_000_000
# After each failed attempt it is waited for so long; after the last of them comes a pause.
WAITS = [
    *(timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
    *(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12)),
]
LONGEST_WAIT = WAITS[-1]
# So that many who failed together do not come back together.
JITTER = 0.2
# A backlog is sent for so long before other webhooks have their turn, or a worker may end.
SECONDS_IN_A_ROW = 20
# How long a queued task is waited for before it is queued once more.
QUEUED_FOR = timedelta(minutes=10)
KEPT_DAYS = 30

_random = random.SystemRandom()


# --- What is sent -------------------------------------------------------------------------


def signature(secret: str, delivery: str, timestamp: int, body: bytes) -> str:
    """Sign a body as Standard Webhooks has it: HMAC-SHA256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def body_of(delivery: Delivery) -> bytes | None:
    """Write down what is sent now; None where its owner may see nothing of it any more."""
    document: dict[str, Any] = {
        "type": "ping" if delivery.is_ping else "changes",
        "webhook": str(delivery.webhook.public_id),
        "delivery": str(delivery.public_id),
    }
    if not delivery.is_ping:
        changes = list(delivery.webhook.changes().filter(pk__in=delivery.changes))
        if not changes:
            return None
        document["cursor"] = changes[-1].cursor
        document["results"] = [change.record() for change in changes]
    return json.dumps(document, ensure_ascii=False).encode()


# --- When it is sent ----------------------------------------------------------------------


def queue_due() -> None:
    """Queue a task for each webhook that is behind or whose retry is due.

    Those that failed come last, so that receivers who do not answer hold up no others.
    """
    now = timezone.now()
    for key, failures in Webhook.objects.due(now).values_list("pk", "failures"):
        until = now + QUEUED_FOR
        with transaction.atomic():
            # Another worker may have been first.
            if Webhook.objects.free(now).filter(pk=key).update(leased_until=until):
                queued = send_due.using(priority=-min(failures, len(WAITS)))
                queued.enqueue(key, until.isoformat())


@task(queue_name=QUEUE)
def send_due(key: int, lease: str) -> None:
    """Send what is due of one webhook, in order, for as long as it goes well.

    Who holds the lease is alone at work on the webhook; it is named by the time when it ends.
    """
    held, until = datetime.fromisoformat(lease), time.monotonic() + SECONDS_IN_A_ROW
    while time.monotonic() < until:
        renewed = _renewed(key, held)
        if renewed is None:
            return
        held = renewed
        delivery = _next(key)
        if delivery is None or not _attempt(delivery):
            break
    Webhook.objects.filter(pk=key, leased_until=held).update(leased_until=None)


@task(queue_name=QUEUE)
def send_once(key: int) -> None:
    """Send one delivery out of turn, whatever became of it before: a ping, or once more."""
    delivery = Delivery.objects.select_related("webhook__owner").filter(pk=key).first()
    if delivery is not None and delivery.webhook.owner.is_active:
        _attempt(delivery)


def ping(webhook: Webhook) -> Delivery:
    """Queue a delivery without changes, also to a webhook that is paused."""
    with transaction.atomic():
        delivery = Delivery.objects.create(webhook=webhook, is_ping=True)
        send_once.enqueue(delivery.pk)
    return delivery


def send_again(delivery: Delivery) -> None:
    """Queue a delivery once more, under its id."""
    send_once.enqueue(delivery.pk)


def forget_old() -> None:
    """Delete the deliveries that are over and old."""
    Delivery.objects.old(timezone.now(), KEPT_DAYS).delete()


def _renewed(key: int, lease: datetime) -> datetime | None:
    """Hold the webhook for one more attempt; None where it is another's by now."""
    # Longer than an attempt takes. One that outlasts it all the same is sent twice, not lost.
    until = timezone.now() + timedelta(seconds=2 * settings.WEBHOOK_TIMEOUT + 5)
    held = Webhook.objects.filter(pk=key, leased_until=lease).update(leased_until=until)
    return until if held else None


def _next(key: int) -> Delivery | None:
    """Give the delivery whose turn it is; where none waits, make one of the next changes."""
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update().filter(pk=key).first()
        if webhook is None or not webhook.is_active or not webhook.owner.is_active:
            return None
        if webhook.next_attempt_at and webhook.next_attempt_at > timezone.now():
            return None
        delivery = webhook.deliveries.in_line().first()
        if delivery is None:
            keys, webhook.position = _next_changes(webhook)
            webhook.save(update_fields=["position"])
            if keys:
                delivery = Delivery(webhook=webhook, changes=keys)
                delivery.save()
        if delivery is not None:
            delivery.webhook = webhook
        return delivery


def _next_changes(webhook: Webhook) -> tuple[list[int], int]:
    """Give the keys of the next changes, and up to which key of the log it was looked."""
    newest = Change.objects.newest_key()
    waiting = webhook.changes().filter(pk__gt=webhook.position, pk__lte=newest)
    sized = waiting.annotate(size=Length(Cast("after", TextField()))).values_list("pk", "size")
    keys: list[int] = []
    room = MOST_CHARACTERS
    for key, size in sized[:MOST_CHANGES]:
        room -= size
        if keys and room < 0:
            return keys, keys[-1]
        keys.append(key)
    return keys, keys[-1] if len(keys) == MOST_CHANGES else newest


# --- One attempt --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of an attempt; no status where there was no answer."""

    at: datetime
    milliseconds: int
    status: int | None = None
    error: str = ""
    excerpt: str = ""
    retry_after: timedelta = timedelta()

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def _attempt(delivery: Delivery) -> bool:
    """Send a delivery and log what came of it. Tell whether the next one may follow."""
    body = body_of(delivery)
    if body is None:
        Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING).update(
            state=DeliveryState.DROPPED
        )
        return True
    outcome = _posted(delivery, body)
    _log(delivery, outcome)
    return outcome.is_success


def _posted(delivery: Delivery, body: bytes) -> _Outcome:
    name, at = str(delivery.public_id), timezone.now()
    began, timestamp = time.monotonic(), int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(delivery.webhook.secret, name, timestamp, body),
    }
    try:
        options = outbound.FetchOptions(
            headers=headers, max_bytes=EXCERPT, timeout=settings.WEBHOOK_TIMEOUT
        )
        answer = outbound.post(delivery.webhook.url, body, options)
    except outbound.RequestError as error:
        return _Outcome(at, _milliseconds(began), error=str(error)[:LONGEST_ERROR])
    return _Outcome(
        at,
        _milliseconds(began),
        status=answer.status,
        error="" if answer.is_success else f"The answer was {answer.status}, not 2xx.",
        # A database takes no NUL.
        excerpt=answer.body.decode(errors="replace").replace("\0", "\ufffd"),
        retry_after=_retry_after(answer.headers.get("retry-after", ""), at),
    )


def _milliseconds(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _retry_after(given: str, now: datetime) -> timedelta:
    """Read `Retry-After`: seconds or a date (RFC 9110, 10.2.3). Nonsense is nothing."""
    if given.isascii() and given.isdigit():
        return timedelta(seconds=min(int(given[:9]), LONGEST_WAIT.total_seconds()))
    try:
        moment = parsedate_to_datetime(given)
    except ValueError:
        return timedelta()
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now


def _log(delivery: Delivery, outcome: _Outcome) -> None:
    """Store an attempt, and what follows from it."""
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update().filter(pk=delivery.webhook_id).first()
        if webhook is None:
            # It was deleted meanwhile, with its log.
            return
        waited_for = delivery.state == DeliveryState.PENDING and not delivery.is_ping
        if outcome.is_success:
            delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, timezone.now()
        elif delivery.is_ping and delivery.state == DeliveryState.PENDING:
            delivery.state = DeliveryState.FAILED
        delivery.save(update_fields=["state", "delivered_at"])
        if waited_for:
            _take_note(webhook, outcome)
        Attempt.objects.create(
            delivery=delivery,
            number=delivery.attempts.count() + 1,
            at=outcome.at,
            milliseconds=outcome.milliseconds,
            status=outcome.status,
            error=outcome.error,
            excerpt=outcome.excerpt,
            next_attempt_at=webhook.next_attempt_at if waited_for else None,
        )


def _take_note(webhook: Webhook, outcome: _Outcome) -> None:
    """Go on, or try again later, or pause."""
    if outcome.is_success:
        webhook.failures, webhook.next_attempt_at = 0, None
    else:
        webhook.failures += 1
        if outcome.status == HTTPStatus.GONE:
            webhook.pause("The receiver answered that it is gone for good (410).")
        elif webhook.failures > len(WAITS):
            webhook.pause(f"It failed {webhook.failures} times in a row. {outcome.error}")
        elif webhook.is_active:
            webhook.next_attempt_at = outcome.at + _wait(webhook.failures, outcome.retry_after)
    webhook.save(update_fields=Webhook.STATE)


def _wait(failures: int, asked: timedelta) -> timedelta:
    """Give how long to wait: what was asked for, between the usual and the longest."""
    usual = WAITS[failures - 1] * _random.uniform(1, 1 + JITTER)
    return max(usual, min(asked, LONGEST_WAIT))
