"""`Idempotency-Key`: a request that is sent again does nothing twice."""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils.datastructures import MultiValueDict
from rest_framework.request import Request
from rest_framework.response import Response

from config.api.models import IdempotencyRecord
from config.api.problems import Problem
from config.api.renderers import to_json
from config.db.retry import retry_on_deadlock

LONGEST_KEY = 200
_KEPT_HEADERS = ("ETag", "Location")


def once(act: Callable[..., Response]) -> Callable[..., Response]:
    """Let a view's method answer a repeated request with what it answered before.

    The key is taken, the work done and its answer kept in one transaction: of two requests that
    come at once, the second waits for the first. What was refused is not kept.
    """

    @wraps(act)
    def answered(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = _key_of(request)
        if not key:
            return act(self, request, *args, **kwargs)
        digest = _digest(request)
        IdempotencyRecord.objects.forget_old()

        def acted() -> Response | None:
            with transaction.atomic():
                kept = _taken(request.user, key, digest)
                if kept is None:
                    return None
                response = act(self, request, *args, **kwargs)
                kept.status = response.status_code
                kept.headers = {n: response[n] for n in _KEPT_HEADERS if n in response}
                kept.body = to_json(response.data).decode()
                kept.save()
                return response

        return retry_on_deadlock(acted) or _answer_before(request.user, key, digest)

    return answered


def once_after(prepare: Callable[..., Any]) -> Callable[..., Callable[..., Response]]:
    """Like `once`, for what begins with asking others: `prepare` does that, with no transaction
    open. What it gives is handed on as `prepared`.
    """

    def decorate(act: Callable[..., Response]) -> Callable[..., Response]:
        keeping = once(act)

        @wraps(act)
        def answered(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
            key = _key_of(request)
            IdempotencyRecord.objects.forget_old()
            user: Any = request.user
            if key and IdempotencyRecord.objects.filter(user=user, key=key).exists():
                return _answer_before(user, key, _digest(request))
            prepared = prepare(self, request, *args, **kwargs)
            return keeping(self, request, *args, prepared=prepared, **kwargs)

        return answered

    return decorate


def _key_of(request: Request) -> str:
    """Give the key of a request; "" where it has none. Raises Problem where it cannot be used."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or not request.user.is_authenticated:
        return ""
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Problem(
            "invalid-idempotency-key",
            "This idempotency key cannot be used",
            status=400,
            detail=f"Use at most {LONGEST_KEY} printable characters, such as a UUID.",
        )
    return key


def _digest(request: Request) -> str:
    asked = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if isinstance(request.data, MultiValueDict):
        asked.update(to_json(_form_of(request.data)))
        return asked.hexdigest()
    # Read from the data, as the body has been consumed: spaces and order make no other request.
    asked.update(orjson.dumps(_encodable(request.data), option=orjson.OPT_SORT_KEYS))
    return asked.hexdigest()


def _form_of(data: "MultiValueDict[str, Any]") -> list[Any]:
    """Write a form down: words as they are, files by their names and the digest of their bytes."""
    return [(name, [_part_of(value) for value in values]) for name, values in sorted(data.lists())]


def _part_of(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return repr(value)
    value.seek(0)
    digest = hashlib.file_digest(value, "sha256").hexdigest()
    value.seek(0)
    return [repr(value.name), digest]


def _encodable(value: Any) -> Any:
    """Write what JSON can say and orjson cannot, such as half a surrogate pair, as its name."""
    try:
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return repr(value)
    return value


def _taken(user: Any, key: str, digest: str) -> IdempotencyRecord | None:
    try:
        with transaction.atomic():
            return IdempotencyRecord.objects.create(user=user, key=key, request_digest=digest)
    except IntegrityError:
        return None


def _answer_before(user: Any, key: str, digest: str) -> Response:
    kept = IdempotencyRecord.objects.get(user=user, key=key)
    if kept.request_digest != digest:
        raise Problem(
            "idempotency-key-reused",
            "The idempotency key was used before",
            status=422,
            detail="This idempotency key was used for a different request. "
            "Use a new key for a new one.",
        )
    return Response(
        orjson.loads(kept.body),
        status=kept.status,
        headers={**kept.headers, "Idempotent-Replayed": "true"},
    )
