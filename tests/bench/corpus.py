"""A corpus for measuring: many annotations, of the mix that people make, without their texts.

The rows are written directly, by the thousand: what is measured is reading them.
"""

from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from annotate.models import Annotation, Claim, EntityTag, Kind, Note, SourceLink, Span
from annotate.projects.models import Membership, Project, TagSet
from annotate.registry.models import Entity, Source
from articles.extraction.draft import ArticleDraft
from articles.services import create_article
from articles.text.anchor import Span as TextSpan

PER_ARTICLE = 50
# Half of what people mark are entities; a claim has a source more often than not.
MIX = [
    *(Kind.ENTITY_TAG, Kind.CLAIM, Kind.ENTITY_TAG, Kind.SOURCE_LINK, Kind.ENTITY_TAG),
    *(Kind.CLAIM, Kind.ENTITY_TAG, Kind.SOURCE_LINK, Kind.ENTITY_TAG, Kind.NOTE),
]
BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)


def fill(annotations: int) -> Project:
    """Store a public project with so many annotations, fifty on each article."""
    people = [User.objects.create_user(f"person-{n}") for n in range(4)]
    project = Project.objects.create(
        slug="measured",
        name="Measured",
        tag_set=TagSet.objects.get(slug="news"),
        is_public=True,
    )
    Membership.objects.bulk_create(Membership(project=project, user=user) for user in people)
    entities = list(Entity.objects.all()[:40])
    sources = list(Source.objects.all()[:40])
    for number in range(annotations // PER_ARTICLE):
        with transaction.atomic():
            _annotated_article(number, project, people, entities, sources)
    return project


def _annotated_article(
    number: int, project: Project, people: list[User], entities: list[Any], sources: list[Any]
) -> None:
    text = "\n".join(
        f"The board of harbour {number} said that dredging part {part} cost {part + 3} million "
        "in May, and that ships wait less than in any year before."
        for part in range(PER_ARTICLE)
    )
    version: Any = create_article(
        ArticleDraft(title=f"Harbour {number}", text=text, language="en")
    ).current_version
    project.articles.add(version.article_id)
    created = [
        Annotation(
            kind=kind,
            project=project,
            version=version,
            author=people[place % len(people)],
            created_at=BEGIN + timedelta(minutes=number, seconds=place),
            updated_at=BEGIN + timedelta(minutes=number, seconds=place, microseconds=place),
        )
        for place, kind in enumerate(islice(cycle(MIX), PER_ARTICLE))
    ]
    tags = list(project.tag_set.tags.all())
    contents = []
    claim = None
    for place, annotation in enumerate(created):
        own: Any
        if annotation.kind == Kind.CLAIM:
            own = claim = Claim(
                public_id=annotation.public_id,
                text=f"Dredging part {place} of harbour {number} cost {place + 3} million.",
                claimant_entity=entities[place % len(entities)] if place % 2 else None,
                claimant="" if place % 2 else "The board",
            )
        elif annotation.kind == Kind.ENTITY_TAG:
            own = EntityTag(type=tags[place % len(tags)], entity=entities[place % len(entities)])
        elif annotation.kind == Kind.SOURCE_LINK:
            own = SourceLink(
                claim=claim,
                source=sources[place % len(sources)],
                stance="supports",
                evidence="The table on page 3 has it.",
            )
        else:
            own = Note(body="Which year is it compared with?", target=claim)
        contents.append(own)
        setattr(annotation, f"as_{annotation.kind}", own)
    lines = _lines(text)
    spans = [
        Span.build(annotation, TextSpan(line.start + 4, line.start + 30), text)
        for annotation, line in zip(created, lines, strict=True)
    ]
    for annotation, span in zip(created, spans, strict=True):
        annotation.update_document([span])
    Annotation.objects.bulk_create(created)
    for annotation, own, span in zip(created, contents, spans, strict=True):
        span.annotation = annotation
        own.pk = annotation.pk
        for name in ("claim", "target"):
            if other := getattr(own, name, None):
                setattr(own, name, other)
        # The row of its kind alone: what all kinds share is stored already.
        own.save_base(raw=True, force_insert=True)
    Span.objects.bulk_create(spans)


def _lines(text: str) -> list[TextSpan]:
    found, start = [], 0
    for line in text.split("\n"):
        found.append(TextSpan(start, start + len(line)))
        start += len(line) + 1
    return found
