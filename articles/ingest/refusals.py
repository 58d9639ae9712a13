"""Why what was asked for does not come in."""

from articles.ingest.store import IngestError


class NotFetched(IngestError):
    """A URL gave no article. `reason` is for programs, the message for people.

    Reasons are those of `articles.outbound`, of obstacles on a page, and `robots`, `busy` and
    `status`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__({"url": [detail]})


class AlreadyHere(IngestError):
    """The article is here already; `public_id` says which it is."""

    def __init__(self, public_id: str, detail: str) -> None:
        self.public_id = public_id
        super().__init__({"url": [detail]})
