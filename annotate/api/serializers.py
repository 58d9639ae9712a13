"""How projects, annotations, entities and sources are written down.

What is sent back of an annotation, an entity or a source is its `record()`; the fields here
read what comes in, and describe both in the schema."""

import uuid
from dataclasses import replace
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from annotate.api.examples import exemplified
from annotate.api.fields import SpanSerializer, VersionField, VisibleField
from annotate.drafts import ClaimDraft, Draft, EntityTagDraft, NoteDraft, SourceLinkDraft, draft_of
from annotate.models import (
    Annotation,
    Certainty,
    CheckWorthiness,
    Claim,
    ClaimType,
    Kind,
    Stance,
    State,
    Verdict,
)
from annotate.projects.api import ProjectField
from annotate.registry.api import SourceField
from annotate.registry.models import Entity, Source
from config.api.strict import (
    PublicIdField,
    RecordSerializer,
    TextField,
)


class AnnotationSerializer(RecordSerializer):
    """What every kind of annotation has."""

    DRAFT: type[Draft] = Draft

    id = serializers.UUIDField(read_only=True)
    kind = serializers.ChoiceField(choices=Kind.choices, read_only=True)
    project = ProjectField()
    article = serializers.UUIDField(read_only=True)
    version = VersionField()
    author = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    revision = serializers.IntegerField(read_only=True)
    reanchored_from = serializers.UUIDField(
        read_only=True,
        allow_null=True,
        help_text="The annotation on an earlier version that this one was carried from.",
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    spans = SpanSerializer(many=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to move an annotation elsewhere. Raises ValidationError."""
        if self.instance is not None:
            for name in ("project", "version"):
                if name in attrs and attrs[name].pk != getattr(self.instance, f"{name}_id"):
                    raise serializers.ValidationError(
                        {name: f"An annotation keeps its {name}. Make a new one there."}
                    )
        return attrs

    def draft(self) -> Draft:
        """Give what was sent as a draft, over what is there already."""
        given = self.content()
        if "spans" in given:
            given["spans"] = tuple(given["spans"])
        if self.instance is not None:
            draft: Draft = replace(draft_of(self.instance), **given)
            return draft
        return self.DRAFT(**given)

    def content(self) -> dict[str, Any]:
        """Give the validated values by the names that the draft has for them."""
        return {k: v for k, v in self.validated_data.items() if k not in ("project", "version")}


@exemplified(Kind.CLAIM)
class ClaimSerializer(AnnotationSerializer):
    """A claim. The claimant is free text (`claimant`) or an entity (`claimant_entity`)."""

    DRAFT = ClaimDraft

    text = TextField()
    claim_type = serializers.ChoiceField(choices=ClaimType.choices, required=False)
    claimant = TextField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="A name, or the id of an entity; the entity's name where there is one.",
    )
    claimant_entity = PublicIdField(Entity.objects.all(), required=False, allow_null=True)
    check_worthiness = serializers.ChoiceField(choices=CheckWorthiness.choices, required=False)
    verdict = serializers.ChoiceField(choices=Verdict.choices, required=False)
    rationale = TextField(required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Settle who the claimant is. Raises ValidationError."""
        attrs = super().validate(attrs)
        if "claimant" not in attrs and "claimant_entity" not in attrs:
            return attrs
        name = attrs.pop("claimant", "")
        entity = attrs.get("claimant_entity") or _entity_called(name)
        if (named := attrs.get("claimant_entity")) and name not in _names_of(named):
            raise serializers.ValidationError(
                {"claimant": "Give `claimant` as free text or `claimant_entity`, not both."}
            )
        attrs["claimant_entity"] = entity
        attrs["claimant_name"] = "" if entity else name
        return attrs


def _names_of(entity: Entity) -> tuple[str, ...]:
    """Give what `claimant` may say beside this `claimant_entity`, as in a record sent back."""
    return "", entity.name, str(entity.public_id)


def _entity_called(name: str) -> Entity | None:
    """Find the entity whose id was given in place of a claimant's name."""
    try:
        return Entity.objects.filter(public_id=uuid.UUID(name)).first()
    except ValueError:
        return None


@exemplified(Kind.ENTITY_TAG)
class EntityTagSerializer(AnnotationSerializer):
    """An entity tag. `type` is a code of the project's tag set."""

    DRAFT = EntityTagDraft

    type = serializers.CharField(max_length=40)
    entity = PublicIdField(Entity.objects.all(), required=False, allow_null=True)
    certainty = serializers.ChoiceField(choices=Certainty.choices, required=False)


@exemplified(Kind.SOURCE_LINK)
class SourceLinkSerializer(AnnotationSerializer):
    """A source for a claim, or for a passage."""

    DRAFT = SourceLinkDraft

    version = VersionField(required=False, help_text="The claim's, where a claim is given.")
    spans = SpanSerializer(many=True, required=False)
    claim = VisibleField(Claim, required=False, allow_null=True)
    source = SourceField(Source.objects.all())  # type: ignore[assignment]
    stance = serializers.ChoiceField(choices=Stance.choices)
    evidence = TextField(required=False, allow_blank=True)
    locator = TextField(max_length=300, required=False, allow_blank=True)
    retrieved_at = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take the version from the claim where none is named. Raises ValidationError."""
        return _with_version(super().validate(attrs), self.instance, attrs.get("claim"))


@exemplified(Kind.NOTE)
class NoteSerializer(AnnotationSerializer):
    """A free comment on an annotation (`target`) or a passage."""

    DRAFT = NoteDraft

    version = VersionField(required=False, help_text="The target's, where a target is given.")
    spans = SpanSerializer(many=True, required=False)
    body = TextField()
    target = VisibleField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Take the version from the target where none is named. Raises ValidationError."""
        return _with_version(super().validate(attrs), self.instance, attrs.get("target"))


def _with_version(
    attrs: dict[str, Any], instance: Annotation | None, companion: Annotation | None
) -> dict[str, Any]:
    if instance is None and "version" not in attrs:
        if companion is None:
            raise serializers.ValidationError({"version": "This field is required."})
        attrs["version"] = companion.version
    return attrs


SERIALIZERS: dict[str, type[AnnotationSerializer]] = {
    Kind.CLAIM: ClaimSerializer,
    Kind.ENTITY_TAG: EntityTagSerializer,
    Kind.SOURCE_LINK: SourceLinkSerializer,
    Kind.NOTE: NoteSerializer,
}


def any_annotation(*, many: bool) -> PolymorphicProxySerializer:
    """Tell the schema: an annotation of any kind."""
    return PolymorphicProxySerializer(
        component_name="AnyAnnotation",
        serializers={str(kind): serializer for kind, serializer in SERIALIZERS.items()},
        resource_type_field_name="kind",
        many=many,
    )
