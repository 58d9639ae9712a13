from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, EntityAlias, ExternalId, Source
from articles.text.normalise import UnencodableText, normalise_input
from config.db.fields import HttpURLField
from config.errors import InvalidInput

# The values of an entity that are rows of their own, with their fields.
_PARTS: dict[str, tuple[Any, tuple[str, str]]] = {
    "aliases": (EntityAlias, ("name", "language")),
    "external_ids": (ExternalId, ("scheme", "value")),
}


def clean_string(raw: str, name: str) -> str:
    """Normalise and trim the text of a field. Raises InvalidInput."""
    try:
        return normalise_input(raw).strip()
    except UnencodableText as error:
        raise InvalidInput.for_field(name, str(error)) from None


def clean_line(raw: str, name: str) -> str:
    """Normalise the text of a field and collapse its white space. Raises InvalidInput."""
    return " ".join(clean_string(raw, name).split())


def normalise_url(raw: str, name: str) -> str:
    """Put scheme and host into lower case (RFC 3986, 6.2.2.1). Raises InvalidInput."""
    url = clean_string(raw, name)
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower()))


def find_or_create_source(draft: SourceDraft, *, by: Any) -> tuple[Source, bool]:
    """Return the source with the draft's URL, and whether it was created. Raises InvalidInput.

    An existing source stays unchanged. One that this person cannot see counts as absent.
    """
    source = Source(created_by=by)
    _set_fields(source, asdict(draft), by)
    if source.url and (existing := Source.objects.find_visible(by, url=source.url)):
        return existing, False
    _validate(source)
    try:
        with transaction.atomic():
            source.save()
    except IntegrityError:
        return Source.objects.find_visible(by, url=source.url), False
    return source, True


def revise_source(source: Source, *, by: Any, **values: Any) -> Source:
    """Change these fields of a source. Raises InvalidInput."""
    _set_fields(source, values, by)
    _validate(source)
    with _report_duplicate("url", _("Another source has this URL.")):
        source.save()
    return source


def create_entity(draft: EntityDraft, *, by: Any) -> Entity:
    """Create an entity with its aliases and external IDs. Raises InvalidInput."""
    return revise_entity(Entity(created_by=by), by=by, **asdict(draft))


def find_or_create_entity(draft: EntityDraft, *, by: Any) -> Entity:
    """Return the entity with the draft's QID, or create one from the draft."""
    if draft.qid and (existing := Entity.objects.find_visible(by, qid=draft.qid)):
        return cast("Entity", existing)
    return create_entity(draft, by=by)


def revise_entity(entity: Entity, *, by: Any, **values: Any) -> Entity:
    """Change these fields of an entity, also all aliases or external IDs. Raises InvalidInput."""
    pairs = {name: values.pop(name) for name in _PARTS if name in values}
    _set_fields(entity, values, by)
    _validate(entity)
    parts = {name: _build_parts(name, given) for name, given in pairs.items()}
    _check_ids(entity, parts.get("external_ids", []), by)
    with _report_duplicate("qid", _("Another entity has this ID.")):
        entity.save()
        for name, rows in parts.items():
            manager = getattr(entity, name)
            manager.all().delete()
            manager.set(rows, bulk=False)
    getattr(entity, "_prefetched_objects_cache", {}).clear()
    return entity


def _check_ids(entity: Entity, external_ids: Iterable[ExternalId], by: Any) -> None:
    """Raise InvalidInput if another entity that this person can see has one of the IDs."""
    others, message = Entity.objects.exclude(pk=entity.pk), _("Another entity has this ID.")
    if entity.qid and others.find_visible(by, qid=entity.qid):
        raise InvalidInput.for_field("qid", message)
    for row in external_ids:
        same = {"external_ids__scheme": row.scheme, "external_ids__value": row.value}
        if others.find_visible(by, **same):
            raise InvalidInput.for_field("external_ids", message)


def _build_parts(name: str, pairs: Iterable[tuple[str, str]]) -> list[Any]:
    """Return the rows of an entity's aliases or external IDs. Raises InvalidInput."""
    model, fields = _PARTS[name]
    # Without those that differ only in white space.
    cleaned = dict.fromkeys((clean_line(a, name), clean_line(b, name)) for a, b in pairs)
    rows = [model(**dict(zip(fields, pair, strict=True))) for pair in cleaned]
    for row in rows:
        try:
            row.clean_fields(exclude=["entity"])
        except ValidationError as error:
            raise InvalidInput.for_field(name, " ".join(error.messages)) from None
    return rows


def _set_fields(row: Source | Entity, values: Mapping[str, Any], by: Any) -> None:
    if by and not by.is_staff and values.get("is_public", row.is_public) != row.is_public:
        raise InvalidInput.for_field("is_public", _("Only an editor can change this."))
    for name, value in values.items():
        field = row._meta.get_field(name)
        if isinstance(field, HttpURLField):
            value = normalise_url(value, name)
        elif isinstance(field, models.CharField):
            # A nullable text has no empty string: two would not be unique.
            value = clean_line(value or "", name) or (None if field.null else "")
        setattr(row, name, value)


def _validate(row: Source | Entity) -> None:
    try:
        row.full_clean(exclude=["public_id", "created_by"], validate_constraints=False)
    except ValidationError as error:
        raise InvalidInput.from_messages(error.message_dict) from None


@contextmanager
def _report_duplicate(name: str, message: str) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise InvalidInput.for_field(name, message) from None
