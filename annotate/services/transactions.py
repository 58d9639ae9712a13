from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from annotate.models import Annotation
from config.db.retry import retry_on_deadlock

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
