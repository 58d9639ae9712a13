"""Why an article was not created or updated. Extraction raises these too, so no Django here."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from config.translation import gettext as _

logger = logging.getLogger(__name__)


class IngestError(ValueError):
    """Invalid input for an article; `errors` maps field names to messages."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {name: list(messages) for name, messages in errors.items()}
        super().__init__("; ".join(f"{name}: {' '.join(m)}" for name, m in self.errors.items()))

    @property
    def messages(self) -> list[str]:
        return [message for messages in self.errors.values() for message in messages]

    @property
    def message(self) -> str:
        return " ".join(self.messages)


class FetchFailed(IngestError):
    """A URL could not be fetched, or has no article.

    `reason` is machine-readable: "status", "moved", or a value of `config.http.ErrorReason` or
    `articles.extraction.blockers.BlockReason`. With "status", `status` is that of the response and
    `retry_after` is how long the server asks to wait.
    """

    def __init__(
        self, reason: str, detail: str, *, status: int = 0, retry_after: timedelta = timedelta()
    ) -> None:
        self.reason = reason
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        super().__init__({"url": [detail]})


class DuplicateArticle(IngestError):
    """The article already exists; `public_id` is its id."""

    def __init__(self, public_id: str, detail: str) -> None:
        self.public_id = public_id
        super().__init__({"url": [detail]})


@contextmanager
def report_unexpected_errors(field: str) -> Iterator[None]:
    """Log any exception that is no IngestError, and raise an IngestError instead.

    Content comes from outside and passes through libraries: one that fails must cost only the
    article that it fails on.
    """
    try:
        yield
    except IngestError:
        raise
    except Exception as error:
        raise describe_unexpected_error(field, error) from error


def describe_unexpected_error(field: str, error: Exception) -> IngestError:
    """Log an exception, and return the error to show."""
    logger.exception("Unexpected error while reading an article", exc_info=error)
    message = _("It could not be read: an unexpected error occurred and was logged (%(name)s).")
    return IngestError({field: [message % {"name": type(error).__name__}]})
