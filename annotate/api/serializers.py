"""Serializers validate requests and describe the API; `record()` builds responses."""

import copy
import uuid
from functools import cache
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from annotate import services
from annotate.api.fields import SpanSerializer, VersionField, build_field
from annotate.models import Annotation, Claim, EntityTag, Kind, Note, SourceLink, State
from annotate.projects.api import ProjectField
from annotate.registry.models import Entity
from config.api.examples import add_example
from config.api.strict import RecordSerializer


def build_example(model: type[Annotation]) -> dict[str, Any]:
    """Return a request body that creates an annotation of a kind; its ids are made up."""
    if model.example.get(model.parent_field):
        return {"project": "demo", **model.example}
    version, spans = "0199f3a5-7a10-7c3e-9d3f-0f3c6a1be001", [{"exact": "exports rose by 12 %"}]
    return {"project": "demo", "version": version, "spans": spans, **model.example}


class AnnotationSerializer(RecordSerializer):
    """What every kind of annotation has. The fields of each kind come from its model."""

    model: type[Annotation] = Annotation

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
        help_text="The annotation on an earlier version that this one was re-anchored from.",
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    spans = SpanSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        return copy.deepcopy(_build_fields(type(self)))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse to move an annotation to another project or version."""
        for name in ("project", "version") if self.instance else ():
            if name in attrs and attrs.pop(name).pk != getattr(self.instance, f"{name}_id"):
                raise serializers.ValidationError(
                    {name: f"The {name} of an annotation cannot change. Create a new one."}
                )
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Annotation:
        place = {name: validated_data.pop(name) for name in ("project", "version")}
        actor = self.context["request"].user
        return services.create(self.model, validated_data, actor=actor, **place)

    def update(self, instance: Annotation, validated_data: dict[str, Any]) -> Annotation:
        """Revise the annotation; pass `seen_revision` to `save`."""
        seen = validated_data.pop("seen_revision")
        actor = self.context["request"].user
        return services.revise(instance, validated_data, seen_revision=seen, actor=actor)


@cache
def _build_fields(serializer: type[AnnotationSerializer]) -> dict[str, serializers.Field]:
    """Return the fields of a serializer: the shared ones, then those of its model."""
    declared = serializer._declared_fields
    content = {
        field.name: declared.get(field.name) or build_field(field)
        for field in serializer.model.content_fields()
    }
    shared = {name: field for name, field in declared.items() if name not in content}
    return shared | content


@add_example("A claim", build_example(Claim))
class ClaimSerializer(AnnotationSerializer):
    """A claim. The claimant is free text (`claimant`) or an entity (`claimant_entity`)."""

    model = Claim

    claimant = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="A name, or the id of an entity. Responses have the entity's name, if any.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Determine the claimant from either field."""
        attrs = super().validate(attrs)
        if "claimant" not in attrs and "claimant_entity" not in attrs:
            return attrs
        name, entity = attrs.get("claimant", ""), attrs.get("claimant_entity")
        # A record that is sent back has both.
        if entity and name not in ("", entity.name, str(entity.public_id)):
            raise serializers.ValidationError(
                {"claimant": "Give `claimant` as free text or `claimant_entity`, not both."}
            )
        entity = entity or _find_entity(name, self.context["request"].user)
        return {**attrs, "claimant_entity": entity, "claimant": "" if entity else name}


def _find_entity(public_id: str, user: Any) -> Entity | None:
    try:
        return Entity.objects.visible_to(user).filter(public_id=uuid.UUID(public_id)).first()
    except ValueError:
        return None


@add_example("An entity tag", build_example(EntityTag))
class EntityTagSerializer(AnnotationSerializer):
    """An entity tag. `type` is a code of the project's tag set."""

    model = EntityTag


class _DependentSerializer(AnnotationSerializer):
    """An annotation that can belong to another one, and then needs no spans or version."""

    version = VersionField(required=False, help_text="By default that of the claim or target.")
    spans = SpanSerializer(many=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if self.instance is None and "version" not in attrs:
            parent = attrs.get(self.model.parent_field)
            if parent is None:
                raise serializers.ValidationError({"version": "This field is required."})
            attrs["version"] = parent.version
        return attrs


@add_example("A source link", build_example(SourceLink))
class SourceLinkSerializer(_DependentSerializer):
    """A source for a claim, or for a passage."""

    model = SourceLink


@add_example("A note", build_example(Note))
class NoteSerializer(_DependentSerializer):
    """A free comment on an annotation (`target`) or a passage."""

    model = Note


SERIALIZERS: dict[str, type[AnnotationSerializer]] = {
    str(serializer.model.KIND): serializer
    for serializer in (ClaimSerializer, EntityTagSerializer, SourceLinkSerializer, NoteSerializer)
}


def any_annotation(*, many: bool) -> PolymorphicProxySerializer:
    """Return the schema of an annotation of any kind."""
    return PolymorphicProxySerializer(
        component_name="Annotation",
        serializers=dict(SERIALIZERS),
        resource_type_field_name="kind",
        many=many,
    )
