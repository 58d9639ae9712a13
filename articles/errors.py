"""Why what was asked for does not come in."""

from collections.abc import Mapping, Sequence


class IngestError(ValueError):
    """What came in cannot be an article. `errors` maps the field to what to do about it."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {name: list(messages) for name, messages in errors.items()}
        super().__init__("; ".join(f"{name}: {' '.join(m)}" for name, m in self.errors.items()))

    @property
    def messages(self) -> list[str]:
        """What to do about it, without the fields."""
        return [message for found in self.errors.values() for message in found]

    @property
    def words(self) -> str:
        """The same, in one line."""
        return " ".join(self.messages)


class FetchFailed(IngestError):
    """A URL gave no article. `reason` is for programs, the message for people.

    Reasons are those of `config.http`, of obstacles on a page, and `status`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__({"url": [detail]})


class DuplicateArticle(IngestError):
    """The article is here already; `public_id` says which it is."""

    def __init__(self, public_id: str, detail: str) -> None:
        self.public_id = public_id
        super().__init__({"url": [detail]})
