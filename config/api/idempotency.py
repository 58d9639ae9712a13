"""Idempotency keys: a request that is sent twice acts once.

The first response to a key is stored for 24 hours. The same request under the same key gets that
response again, byte for byte and with `Idempotent-Replayed: true`; another request under the key
is an error.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.models import LIFETIME, IdempotencyRecord
from config.api.problems import Problem, build_problem
from config.api.renderers import to_json
from config.db.retry import retry_on_deadlock
from config.errors import IdempotencyKeyReused

MAX_KEY_LENGTH = 200
_STORED_HEADERS = ("ETag", "Location")

View = Callable[..., Response]


class _KeyInUse(Exception):
    """A record under the key exists, perhaps an expired one."""


def idempotent(prepare: Callable[..., Any] | None = None) -> Callable[[View], View]:
    """Decorate a method of a viewset so that a retry gets the first response.

    The record and the write commit in one transaction: of two concurrent requests, the second
    waits for the first. Errors are not stored. `prepare` runs before that transaction, for
    requests to other servers; its result is passed on as `prepared`.
    """

    def decorate(action: View) -> View:
        @wraps(action)
        def wrapper(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = _get_key(request)
            digest = _compute_digest(request) if key else ""
            if prepare:
                if key and (response := _replay(request, key, digest)):
                    return response
                kwargs["prepared"] = prepare(self, request, *args, **kwargs)
            if not key:
                return action(self, request, *args, **kwargs)

            def run_action() -> Response:
                with transaction.atomic():
                    record = _reserve_key(request, key, digest)
                    response = action(self, request, *args, **kwargs)
                    record.status = response.status_code
                    record.headers = {n: response[n] for n in _STORED_HEADERS if n in response}
                    record.body = to_json(response.data).decode()
                    record.save()
                    return response

            while True:
                try:
                    return retry_on_deadlock(run_action)
                except _KeyInUse:
                    if response := _replay(request, key, digest):
                        return response
                    IdempotencyRecord.delete_expired()

        wrapper.is_idempotent = True  # type: ignore[attr-defined]
        return wrapper

    return decorate


def _get_key(request: Request) -> str:
    """Return the key of a request, empty if it has none. Raises Problem."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or not request.user.is_authenticated:
        return ""
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        title = "The idempotency key is not valid"
        detail = f"Use at most {MAX_KEY_LENGTH} printable characters, such as a UUID."
        raise Problem("invalid-idempotency-key", title, status=400, detail=detail)
    return key


def _compute_digest(request: Request) -> str:
    seen = request.headers.get("If-Match", "")
    # From the parsed data, so that white space and the order of keys do not matter.
    data = request.data
    if isinstance(data, MultiValueDict):
        data = {name: [_describe_part(value) for value in values] for name, values in data.lists()}
    content = [request.method, request.get_full_path(), seen, data]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _describe_part(value: Any) -> Any:
    """Return a part of a form for the digest; a file as its name and the hash of its bytes."""
    if not isinstance(value, UploadedFile):
        return repr(value)
    value.seek(0)
    digest = hashlib.file_digest(value, "sha256").hexdigest()
    value.seek(0)
    return [repr(value.name), digest]


def _reserve_key(request: Request, key: str, digest: str) -> IdempotencyRecord:
    user: Any = request.user
    try:
        return IdempotencyRecord.objects.create(user=user, key=key, request_digest=digest)
    except IntegrityError:
        raise _KeyInUse from None


def _replay(request: Request, key: str, digest: str) -> Response | None:
    user: Any = request.user
    since = timezone.now() - LIFETIME
    record = IdempotencyRecord.objects.filter(user=user, key=key, created_at__gte=since).first()
    if record is None:
        return None
    if record.request_digest != digest:
        raise build_problem(IdempotencyKeyReused())
    return Response(
        orjson.loads(record.body),
        status=record.status,
        headers={**record.headers, "Idempotent-Replayed": "true"},
    )
