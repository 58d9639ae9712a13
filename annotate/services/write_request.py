import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from annotate.models import Annotation, Change
from config.db.retry import retry_on_deadlock
from config.errors import IdempotencyKeyReused, InvalidInput, RevisionConflict, StateConflict

MAX_KEY = 200

Result = TypeVar("Result")


def run_in_transaction(write: Callable[[], Result], *, changing: Iterable[UUID] = ()) -> Result:
    """Run several writes in one transaction; `changing` names the annotations that they change.

    These are locked first and in a fixed order. Otherwise a writer that holds the append lock of
    the change log could wait for a row whose holder waits for the append lock.
    """

    def run() -> Result:
        with transaction.atomic():
            rows = Annotation.objects.filter(public_id__in=list(changing)).order_by("pk")
            list(rows.select_for_update(no_key=True).values_list("pk"))
            return write()

    return retry_on_deadlock(run)


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """Who writes, under which idempotency key; the digest tells a retry from a reused key."""

    actor: Any
    key: str = ""
    digest: str = ""

    @classmethod
    def build(cls, actor: Any, key: str, **asked: Any) -> Self:
        if len(key) > MAX_KEY or not key.isprintable():
            raise InvalidInput.for_field(
                "idempotency_key",
                _("Use at most %(max)d printable characters, such as a UUID.") % {"max": MAX_KEY},
            )
        if not key:
            return cls(actor)
        serialized = json.dumps(asked, default=_serialize, sort_keys=True)
        digest = hashlib.sha256(serialized.encode(errors="replace")).hexdigest()
        return cls(actor, key, digest)

    def run_once(self, write: Callable[[], Annotation]) -> Annotation:
        """Call `write` in a transaction, unless this request was already executed."""

        def run() -> Annotation:
            with transaction.atomic():
                return self._find_result() or write()

        try:
            return retry_on_deadlock(run)
        except (IntegrityError, RevisionConflict, StateConflict):
            # The same request may have come twice at the same time, and the other one won.
            if result := self._find_result():
                return result
            raise

    def _find_result(self) -> Annotation | None:
        if not self.key:
            return None
        change = Change.objects.filter(actor=self.actor, idempotency_key=self.key).first()
        if change is None:
            return None
        if change.request_digest != self.digest:
            raise IdempotencyKeyReused
        return Annotation.objects.for_reading().get(pk=change.annotation_id)


def _serialize(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, models.Model):
        return str(getattr(value, "public_id", value.pk))
    return str(value)
