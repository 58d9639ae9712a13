"""The shared registries: writing entities and sources."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, EntityAlias, ExternalId, Source
from articles.text.normalise import UnencodableText, normalise
from config.errors import InvalidInput


def clean_string(raw: str, name: str) -> str:
    """Normalise a value from outside and trim it. Raises InvalidInput when it is not text."""
    try:
        return normalise(raw).strip()
    except UnencodableText as error:
        raise InvalidInput.for_field(name, str(error)) from None


def clean_line(raw: str, name: str) -> str:
    """Normalise a value of one line from outside. Raises InvalidInput when it is not text."""
    return " ".join(clean_string(raw, name).split())


def normal_url(raw: str, name: str) -> str:
    """Write a URL so that the same address is always the same string: RFC 3986, 6.2.2.1."""
    url = clean_string(raw, name)
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()))


def find_or_create_source(draft: SourceDraft, *, by: Any) -> tuple[Source, bool]:
    """Give the source with the draft's URL, or store it; the flag says that it is new.

    What the registry knows already is not overwritten. Raises InvalidInput.
    """
    source = _filled(Source(created_by=by), draft)
    if source.url and (known := Source.objects.filter(url=source.url).first()):
        return known, False
    try:
        _check(source)
        with transaction.atomic():
            source.save()
    except IntegrityError:
        return Source.objects.get(url=source.url), False
    return source, True


def revise_source(source: Source, draft: SourceDraft) -> Source:
    """Change what the registry says of a source. Raises InvalidInput."""
    _check(_filled(source, draft))
    _save(source.save, "url", "Another source has this address.")
    return source


def create_entity(draft: EntityDraft, *, by: Any) -> Entity:
    """Store a new entity with its names and ids. Raises InvalidInput."""
    return _save_entity(Entity(created_by=by), draft)


def find_or_create_entity(draft: EntityDraft, *, by: Any) -> Entity:
    """Return the entity with the draft's QID, or create one from the draft."""
    if draft.qid and (known := Entity.objects.filter(qid=draft.qid).first()):
        return known
    return create_entity(draft, by=by)


def revise_entity(entity: Entity, draft: EntityDraft) -> Entity:
    """Make the registry say of an entity what the draft says. Raises InvalidInput."""
    return _save_entity(entity, draft)


def _filled(source: Source, draft: SourceDraft) -> Source:
    source.url = normal_url(draft.url, "url")
    source.title = clean_line(draft.title, "title")
    source.publisher = clean_line(draft.publisher, "publisher")
    source.published_on = draft.published_on
    source.archive_url = normal_url(draft.archive_url, "archive_url")
    if not (source.url or source.title):
        raise InvalidInput.for_field("url", "Give the address of the source, or its title.")
    return source


def _save_entity(entity: Entity, draft: EntityDraft) -> Entity:
    entity.name = clean_line(draft.name, "name")
    entity.type = draft.type
    entity.description = clean_line(draft.description, "description")
    entity.qid = draft.qid or None
    _check(entity)
    # Two that differ only in white space are one.
    names = dict.fromkeys((clean_line(name, "aliases"), lang) for name, lang in draft.aliases)
    ids = dict.fromkeys(
        (scheme, clean_line(value, "external_ids")) for scheme, value in draft.external_ids
    )
    aliases = [EntityAlias(name=name, language=language) for name, language in names]
    others = [ExternalId(scheme=scheme, value=value) for scheme, value in ids]
    _check_all("aliases", aliases)
    _check_all("external_ids", others)

    def save() -> None:
        entity.save()
        entity.aliases.all().delete()
        entity.aliases.set(aliases, bulk=False)
        entity.external_ids.all().delete()
        entity.external_ids.set(others, bulk=False)

    # That the QID is new was checked above.
    _save(save, "external_ids" if others else "qid", "Another entity has this id.")
    # What was prefetched before is no longer true.
    getattr(entity, "_prefetched_objects_cache", {}).clear()
    return entity


def _check(row: Source | Entity) -> None:
    try:
        row.clean_fields()
        if isinstance(row, Entity):
            row.validate_unique()
    except ValidationError as error:
        raise InvalidInput.from_messages(error.message_dict) from None


def _check_all(name: str, rows: list[EntityAlias] | list[ExternalId]) -> None:
    for row in rows:
        try:
            row.clean_fields(exclude=["entity"])
        except ValidationError as error:
            raise InvalidInput.for_field(name, " ".join(error.messages)) from None


def _save(save: Callable[[], None], name: str, message: str) -> None:
    try:
        with transaction.atomic():
            save()
    except IntegrityError:
        raise InvalidInput.for_field(name, message) from None
