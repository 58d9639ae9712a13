"""What somebody wants an annotation to say, before it is checked or stored."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone

from annotate.models import (
    Annotation,
    Certainty,
    CheckWorthiness,
    Claim,
    ClaimType,
    EntityTag,
    Kind,
    Note,
    SourceLink,
    Verdict,
)
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, Source
from articles.text.anchor import Selector


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What every kind has: selectors of the passages it is about."""

    MODEL: ClassVar[type[Annotation]]

    spans: tuple[Selector, ...] = ()

    def content(self) -> dict[str, Any]:
        """Give the fields of this kind, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "spans"}


@dataclass(frozen=True, kw_only=True)
class ClaimDraft(Draft):
    """A claim; its claimant is an entity or a name, not both."""

    MODEL = Claim

    text: str
    claim_type: str = ClaimType.FACT
    claimant_entity: Entity | None = None
    claimant_name: str = ""
    check_worthiness: int = CheckWorthiness.LOW
    verdict: str = Verdict.UNREVIEWED
    rationale: str = ""


@dataclass(frozen=True, kw_only=True)
class EntityTagDraft(Draft):
    """An entity tag; `type` is a code of the project's tag set.

    An entity that the registry does not have yet is described.
    """

    MODEL = EntityTag

    type: str
    entity: Entity | EntityDraft | None = None
    certainty: str = Certainty.CERTAIN


@dataclass(frozen=True, kw_only=True)
class SourceLinkDraft(Draft):
    """A source for a claim or a passage; a source not in the registry yet is described."""

    MODEL = SourceLink

    claim: Claim | None = None
    source: Source | SourceDraft
    stance: str
    evidence: str = ""
    locator: str = ""
    retrieved_at: datetime = field(default_factory=timezone.now)


@dataclass(frozen=True, kw_only=True)
class NoteDraft(Draft):
    """A comment on an annotation or a passage."""

    MODEL = Note

    body: str
    target: Annotation | None = None


DRAFTS: dict[str, type[Draft]] = {
    Kind.CLAIM: ClaimDraft,
    Kind.ENTITY_TAG: EntityTagDraft,
    Kind.SOURCE_LINK: SourceLinkDraft,
    Kind.NOTE: NoteDraft,
}


def draft_of(annotation: Annotation) -> Any:
    """Write a stored annotation down as a draft, to be changed with `dataclasses.replace`."""
    content = annotation.content
    kind = DRAFTS[annotation.kind]
    values = {
        f.name: content.tag.code
        if isinstance(content, EntityTag) and f.name == "type"
        else getattr(content, f.name)
        for f in fields(kind)
        if f.name != "spans"
    }
    spans = tuple(Selector(start=s.start, end=s.end) for s in annotation.spans.all())
    return kind(spans=spans, **values)


# Where a record names another row by its public id.
_RELATIONS: dict[str, Any] = {
    "claimant_entity": Entity,
    "entity": Entity,
    "claim": Claim,
    "source": Source,
    "target": Annotation,
}


def draft_from(record: dict[str, Any]) -> Any:
    """Write a record of the change log down as a draft: what the annotation said then."""
    kind = DRAFTS[record["kind"]]
    values = {f.name: record[f.name] for f in fields(kind) if f.name in record}
    for name, model in _RELATIONS.items():
        if values.get(name):
            values[name] = model.objects.get(public_id=values[name])
    if record["kind"] == Kind.CLAIM:
        values["claimant_name"] = "" if values["claimant_entity"] else record["claimant"]
    if "retrieved_at" in values:
        values["retrieved_at"] = datetime.fromisoformat(values["retrieved_at"])
    values["spans"] = tuple(Selector(start=s["start"], end=s["end"]) for s in record["spans"])
    return kind(**values)
