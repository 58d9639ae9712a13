"""What somebody wants an annotation to say, before it is checked or stored."""

from dataclasses import dataclass, fields
from datetime import date

from annotate.registry.models import Entity, Source


@dataclass(frozen=True, kw_only=True)
class SourceDraft:
    """A document that the registry may or may not know yet; it is recognised by its URL."""

    url: str = ""
    title: str = ""
    publisher: str = ""
    published_on: date | None = None
    archive_url: str = ""

    @classmethod
    def of(cls, source: Source) -> "SourceDraft":
        """Write a stored source down as a draft."""
        return cls(**{f.name: getattr(source, f.name) for f in fields(cls)})


@dataclass(frozen=True, kw_only=True)
class EntityDraft:
    """An entity for the registry: `aliases` as (name, language), `external_ids` (scheme, value)."""

    name: str
    type: str
    description: str = ""
    qid: str | None = None
    aliases: tuple[tuple[str, str], ...] = ()
    external_ids: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, entity: Entity) -> "EntityDraft":
        """Write a stored entity down as a draft."""
        return cls(
            name=entity.name,
            type=entity.type,
            description=entity.description,
            qid=entity.qid,
            aliases=tuple((a.name, a.language) for a in entity.aliases.all()),
            external_ids=tuple((x.scheme, x.value) for x in entity.external_ids.all()),
        )
