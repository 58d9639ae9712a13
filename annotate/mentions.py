"""The other mentions of what an entity tag names: finding them, and tagging those accepted."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction

from annotate import services as writes
from annotate.drafts import EntityTagDraft, draft_of
from annotate.models import Annotation, EntityTag
from annotate.models import Span as StoredSpan
from annotate.registry.models import Entity
from articles.models import ArticleVersion
from articles.text.anchor import Selector, Span
from articles.text.mentions import find_mentions


def other_mentions(tag: EntityTag, version: ArticleVersion, *, seen_by: Any) -> list[Span]:
    """Find where the tag's words, or a name of its entity, stand without a tag of this type yet.

    What a person may not see counts as not tagged: blind means blind.
    """
    taken = StoredSpan.objects.filter(
        annotation__in=EntityTag.objects.visible_to(seen_by)
        .active()
        .filter(project=tag.project_id, version=version, tag=tag.tag_id)
        .values("pk")
    ).values_list("start", "end")
    # Two spans overlap when each starts before the other ends.
    covered = sorted(taken)
    return [
        span
        for span in find_mentions(version.text, _names(tag))
        if not any(start < span.end and span.start < end for start, end in covered)
    ]


def tag_all(
    tag: EntityTag, spans: Iterable[Span], version: ArticleVersion, *, actor: Any, key: str
) -> list[Annotation]:
    """Tag each of the spans as the given tag does: all of them, or none.

    Each is an annotation of its own. Raises InvalidInput, NotPermitted or IdempotencyKeyReused.
    """
    like: EntityTagDraft = draft_of(tag)
    with transaction.atomic():
        return [
            writes.create(
                replace(like, spans=(Selector(start=span.start, end=span.end),)),
                project=tag.project,
                version=version,
                actor=actor,
                idempotency_key=f"{key}/{span.start}" if key else "",
            )
            for span in spans
        ]


def _names(tag: EntityTag) -> list[str]:
    names = [span.exact for span in tag.spans.all()]
    if tag.entity:
        entity: Entity = tag.entity
        names += [entity.name, *(alias.name for alias in entity.aliases.all())]
    return names
