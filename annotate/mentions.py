"""Find untagged mentions of a tagged entity, and tag the ones that the user accepts."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from annotate import services
from annotate.models import Annotation, EntityTag
from annotate.models import Span as AnnotationSpan
from annotate.registry.models import Entity
from articles.models import ArticleVersion
from articles.text.anchor import Selector, Span
from articles.text.mentions import find_mentions


def find_untagged_mentions(tag: EntityTag, version: ArticleVersion, *, user: Any) -> list[Span]:
    """Return where the tag's quotes, or names of its entity, occur without a tag of this type.

    Tags that the user cannot see count as absent, so that blind projects reveal nothing.
    """
    tags = EntityTag.objects.visible_to(user).active()
    tags = tags.filter(project=tag.project_id, version=version, type=tag.type_id)
    tagged = AnnotationSpan.objects.filter(annotation__in=tags.values("pk"))
    covered = list(tagged.values_list("start", "end"))
    names = [span.exact for span in tag.spans.all()]
    if tag.entity:
        names += list_names(tag.entity)
    return [
        span
        for span in find_mentions(version.text, names)
        if not any(start < span.end and span.start < end for start, end in covered)
    ]


def tag_mentions(
    tag: EntityTag,
    spans: Iterable[Span],
    version: ArticleVersion,
    *,
    actor: Any,
    idempotency_key: str,
) -> list[Annotation]:
    """Create a copy of the tag for each span, in one transaction.

    Raise InvalidInput, NotPermitted or IdempotencyKeyReused.
    """
    content = tag.content_values()
    with transaction.atomic():
        return [
            services.create(
                EntityTag,
                {**content, "spans": (Selector(start=span.start, end=span.end),)},
                project=tag.project,
                version=version,
                actor=actor,
                idempotency_key=f"{idempotency_key}/{span.start}" if idempotency_key else "",
            )
            for span in spans
        ]


def list_names(entity: Entity) -> list[str]:
    return [entity.name, *(alias.name for alias in entity.aliases.all())]
