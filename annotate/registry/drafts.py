from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class SourceDraft:
    """A source that may be in the registry already, under the same URL."""

    url: str = ""
    title: str = ""
    publisher: str = ""
    published_on: date | None = None
    archive_url: str = ""
    is_public: bool = False


@dataclass(frozen=True, kw_only=True)
class EntityDraft:
    """An entity to create. `aliases` are (name, language), `external_ids` (scheme, value)."""

    name: str
    type: str
    description: str = ""
    qid: str | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    external_ids: tuple[tuple[str, str], ...] = ()
    is_public: bool = False
