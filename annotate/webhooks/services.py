"""Sending changes to webhooks: signed, in order, at least once.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com). Writing an
annotation does nothing for webhooks: a worker looks for those that are behind in the change log
and queues a task for each. No change is lost when a task is, as the webhook's position in the log
and the pending delivery are rows, saved in one transaction."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast, Length
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from annotate.models import Change
from annotate.webhooks.models import (
    EXCERPT_BYTES,
    MAX_ERROR_LENGTH,
    PREFIX,
    Attempt,
    Delivery,
    DeliveryState,
    Webhook,
)
from config import http
from config.jobs.backoff import Backoff

QUEUE = "webhooks"
# Limits of one delivery, in changes and in characters of them; a single change may be longer.
MAX_CHANGES = 100
MAX_CHARACTERS = 1_000_000
RETRY = Backoff(timedelta(seconds=10), longest=timedelta(hours=12), factor=3)
# After so many failures in a row, the webhook is paused.
MAX_FAILURES = 10
# A task sends a backlog for this long before other webhooks have their turn.
TURN_SECONDS = 20
# A queued task is considered lost after this, and another is queued.
QUEUE_LEASE = timedelta(minutes=10)


def sign(secret: str, delivery: str, timestamp: int, body: bytes) -> str:
    """Return the Standard Webhooks signature: HMAC-SHA256 over id, timestamp and body."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{delivery}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def build_body(delivery: Delivery) -> bytes | None:
    """Return the body to send now, or None if the owner can no longer see any of the changes."""
    document: dict[str, Any] = {
        "type": delivery.type,
        "webhook": str(delivery.webhook.public_id),
        "delivery": str(delivery.public_id),
    }
    if not delivery.is_ping:
        changes = list(delivery.webhook.get_changes().filter(pk__in=delivery.changes))
        if not changes:
            return None
        document["cursor"] = changes[-1].cursor
        document["results"] = [change.record() for change in changes]
    return json.dumps(document, ensure_ascii=False).encode()


def queue_due() -> None:
    """Queue a task for each due webhook; those that failed have a lower priority."""
    for key, failures in Webhook.objects.due().values_list("pk", "failures"):
        job = send_due.using(priority=-min(failures, MAX_FAILURES))
        Webhook.objects.filter(pk=key).enqueue(job, QUEUE_LEASE)


@task(queue_name=QUEUE)
def send_due(key: int, lease: str) -> None:
    """Send the pending deliveries of a webhook in order, until one fails or time runs out."""
    row = Webhook.objects.filter(pk=key)
    until = time.monotonic() + TURN_SECONDS
    # Longer than an attempt takes. If one does outlast it, the delivery is sent twice, not lost.
    attempt_lease = timedelta(seconds=2 * settings.WEBHOOK_TIMEOUT + 5)
    while time.monotonic() < until:
        if not row.renew(lease, attempt_lease):
            return
        delivery = _get_next_delivery(key)
        if delivery is None or not _attempt(delivery):
            break
    row.release(lease)


@task(queue_name=QUEUE)
def send_once(key: int) -> None:
    """Send one delivery out of order, whatever its state: a ping, or a repetition."""
    delivery = Delivery.objects.select_related("webhook__owner").filter(pk=key).first()
    if delivery is not None and delivery.webhook.owner.is_active:
        _attempt(delivery)


@transaction.atomic
def ping(webhook: Webhook) -> Delivery:
    """Queue a delivery without changes, also for a paused webhook."""
    delivery = Delivery.objects.create(webhook=webhook, is_ping=True)
    send_once.enqueue(delivery.pk)
    return delivery


@transaction.atomic
def _get_next_delivery(key: int) -> Delivery | None:
    """Return the pending delivery, or create one with the next changes."""
    webhook = Webhook.objects.select_for_update().filter(pk=key).first()
    if webhook is None or not webhook.is_active or not webhook.owner.is_active:
        return None
    if webhook.next_attempt_at and webhook.next_attempt_at > timezone.now():
        return None
    delivery = webhook.deliveries.blocking().first()
    if delivery is None:
        keys, webhook.position = _get_next_changes(webhook)
        webhook.save(update_fields=["position"])
        if keys:
            delivery = Delivery.objects.create(webhook=webhook, changes=keys)
    return delivery


def _get_next_changes(webhook: Webhook) -> tuple[list[int], int]:
    """Return the keys of the next changes, and the webhook's new position in the log."""
    newest = Change.objects.get_last_key()
    changes = webhook.get_changes().filter(pk__gt=webhook.position, pk__lte=newest)
    sized = changes.annotate(size=Length(Cast("after", TextField()))).values_list("pk", "size")
    keys: list[int] = []
    room = MAX_CHARACTERS
    for key, size in sized[:MAX_CHANGES]:
        room -= size
        if keys and room < 0:
            return keys, keys[-1]
        keys.append(key)
    return keys, keys[-1] if len(keys) == MAX_CHANGES else newest


def _attempt(delivery: Delivery) -> bool:
    """Send a delivery and log the result; return whether the next one may follow."""
    body = build_body(delivery)
    if body is None:
        pending = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.PENDING)
        pending.update(state=DeliveryState.DROPPED)
        return True
    attempt, retry_after = _post(delivery, body)
    _save_result(delivery, attempt, retry_after)
    return attempt.is_success


def _post(delivery: Delivery, body: bytes) -> tuple[Attempt, timedelta]:
    """Send a delivery; return the unsaved attempt, and how long the receiver asks to wait."""
    delivery_id, now = str(delivery.public_id), timezone.now()
    started, timestamp = time.monotonic(), int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(delivery.webhook.secret, delivery_id, timestamp, body),
    }
    options = http.FetchOptions(
        headers=headers, max_bytes=EXCERPT_BYTES, timeout=settings.WEBHOOK_TIMEOUT
    )
    attempt, retry_after = Attempt(delivery=delivery, attempted_at=now), timedelta()
    try:
        response = http.post(delivery.webhook.url, body, options)
    except http.RequestError as error:
        attempt.error = str(error)[:MAX_ERROR_LENGTH]
    else:
        attempt.status = response.status
        # PostgreSQL cannot store NUL.
        attempt.response_excerpt = response.body.decode(errors="replace").replace("\0", "\ufffd")
        retry_after = response.retry_after
        if not response.is_success:
            attempt.error = _("The response was %(status)d, not 2xx.") % {"status": response.status}
    attempt.milliseconds = int((time.monotonic() - started) * 1000)
    return attempt, retry_after


@transaction.atomic
def _save_result(delivery: Delivery, attempt: Attempt, retry_after: timedelta) -> None:
    """Log an attempt, and update the delivery and the webhook."""
    webhook = Webhook.objects.select_for_update().filter(pk=delivery.webhook_id).first()
    if webhook is None:
        # The webhook was deleted with its log in the meantime.
        return
    is_pending = delivery.state == DeliveryState.PENDING
    is_blocking = is_pending and not delivery.is_ping
    if attempt.is_success:
        delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, timezone.now()
    elif delivery.is_ping and is_pending:
        delivery.state = DeliveryState.FAILED
    delivery.save(update_fields=["state", "delivered_at"])
    if is_blocking:
        _update_webhook(webhook, attempt, retry_after)
        attempt.next_attempt_at = webhook.next_attempt_at
    attempt.number = delivery.attempts.count() + 1
    attempt.save()


def _update_webhook(webhook: Webhook, attempt: Attempt, retry_after: timedelta) -> None:
    """Continue after a success; after a failure, schedule a retry or pause."""
    if attempt.is_success:
        webhook.failures, webhook.next_attempt_at = 0, None
    else:
        webhook.failures += 1
        if attempt.status == HTTPStatus.GONE:
            webhook.pause(_("The receiver is gone (410)."))
        elif webhook.failures >= MAX_FAILURES:
            reason = _("%(n)d attempts in a row failed. %(error)s")
            webhook.pause(reason % {"n": webhook.failures, "error": attempt.error})
        elif webhook.is_active:
            delay = RETRY.get_delay(webhook.failures - 1, retry_after=retry_after)
            webhook.next_attempt_at = attempt.attempted_at + delay
    webhook.save(update_fields=Webhook.STATE_FIELDS)
