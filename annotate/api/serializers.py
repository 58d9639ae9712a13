"""How projects, annotations, entities and sources are written down.

What is sent back of an annotation, an entity or a source is its `record()`; the fields here
read what comes in, and describe both in the schema.
"""

import uuid
from dataclasses import replace
from typing import Any

from django.db import transaction
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from annotate.api.examples import exemplified
from annotate.api.fields import (
    ProjectField,
    SourceDescriptionSerializer,
    SourceField,
    SpanSerializer,
    VersionField,
    VisibleField,
)
from annotate.drafts import (
    ClaimDraft,
    Draft,
    EntityDraft,
    EntityTagDraft,
    NoteDraft,
    SourceDraft,
    SourceLinkDraft,
    draft_of,
)
from annotate.models import (
    Annotation,
    Certainty,
    CheckWorthiness,
    Claim,
    ClaimType,
    Entity,
    EntityType,
    Kind,
    Membership,
    Project,
    Role,
    Source,
    Stance,
    State,
    Tag,
    TagSet,
    Verdict,
)
from articles.api.resources import UrlsField
from articles.api.strict import (
    PartSerializer,
    PublicIdField,
    SlugReferenceField,
    StrictSerializer,
    TextField,
)
from articles.models.language import validate_language_tag


class RecordSerializer(StrictSerializer):
    """A serializer of a model that can write itself down."""

    urls = UrlsField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Give the record."""
        record: dict[str, Any] = instance.record()
        return record


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
    carried_from = serializers.UUIDField(
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

    wording = TextField()
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


class TagSerializer(serializers.ModelSerializer):
    """A type of the tag set."""

    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.code", allow_null=True, default=None
    )

    class Meta:
        model = Tag
        fields = ["code", "name", "description", "key", "parent"]


class TagSetSerializer(serializers.ModelSerializer):
    """The types that a passage can be tagged with."""

    tags = TagSerializer(many=True)

    class Meta:
        model = TagSet
        fields = ["slug", "name", "description", "tags"]


class ProjectSerializer(serializers.ModelSerializer):
    """A project and its tag set."""

    id = serializers.UUIDField(source="public_id")
    tag_set = TagSetSerializer()
    urls = UrlsField()

    class Meta:
        model = Project
        fields = [
            "id",
            "slug",
            "name",
            "description",
            "guidelines",
            "is_public",
            "is_blind",
            "takes_any_article",
            "tag_set",
            "created_at",
            "updated_at",
            "urls",
        ]


@exemplified("project")
class ProjectWriteSerializer(StrictSerializer):
    """What a manager says of a project."""

    slug = serializers.SlugField(max_length=50)
    name = TextField(max_length=200)
    description = TextField(required=False, allow_blank=True)
    guidelines = TextField(required=False, allow_blank=True)
    tag_set = SlugReferenceField(queryset=TagSet.objects.all(), help_text="Its slug.")
    is_public = serializers.BooleanField(required=False)
    is_blind = serializers.BooleanField(required=False)
    takes_any_article = serializers.BooleanField(required=False)

    def validate_slug(self, slug: str) -> str:
        """Refuse one that is taken. Raises ValidationError."""
        others = Project.objects.filter(slug=slug)
        if self.instance is not None:
            others = others.exclude(pk=self.instance.pk)
        if others.exists():
            raise serializers.ValidationError("Another project has this slug.")
        return slug

    def create(self, validated_data: dict[str, Any]) -> Project:
        """Store a project whose maker manages it."""
        with transaction.atomic():
            project = Project.objects.create(
                **{k: v for k, v in validated_data.items() if k != "manager"}
            )
            Membership.objects.create(
                project=project, user=validated_data["manager"], role=Role.MANAGER
            )
        return project

    def update(self, instance: Project, validated_data: dict[str, Any]) -> Project:
        """Change what is said of a project."""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save()
        return instance


class AliasSerializer(PartSerializer):
    """Another name of an entity, in a language."""

    name = TextField(max_length=300)
    language = serializers.CharField(
        max_length=35,
        required=False,
        allow_blank=True,
        default="",
        validators=[validate_language_tag],
    )


class ExternalIdSerializer(PartSerializer):
    """What another registry calls an entity."""

    scheme = serializers.SlugField(max_length=40)
    value = TextField(max_length=200)


@exemplified("entity")
class EntitySerializer(RecordSerializer):
    """An entity of the shared registry."""

    id = serializers.UUIDField(read_only=True)
    name = TextField(max_length=300)
    type = serializers.ChoiceField(choices=EntityType.choices)
    description = TextField(max_length=500, required=False, allow_blank=True)
    qid = serializers.RegexField(
        r"^Q[1-9][0-9]*\Z", max_length=20, required=False, allow_null=True, allow_blank=True
    )
    aliases = serializers.ListField(child=AliasSerializer(), required=False, max_length=200)
    external_ids = serializers.ListField(
        child=ExternalIdSerializer(), required=False, max_length=200
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def draft(self) -> EntityDraft:
        """Give what was sent as a draft, over what is there already."""
        given = dict(self.validated_data)
        for name, parts in (
            ("aliases", ("name", "language")),
            ("external_ids", ("scheme", "value")),
        ):
            if name in given:
                given[name] = tuple((row[parts[0]], row[parts[1]]) for row in given[name])
        if self.instance is None:
            return EntityDraft(**given)
        return replace(EntityDraft.of(self.instance), **given)


@exemplified("source")
class SourceSerializer(RecordSerializer, SourceDescriptionSerializer):
    """A source of the shared registry."""

    id = serializers.UUIDField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    def draft(self) -> SourceDraft:
        """Give what was sent as a draft, over what is there already."""
        if self.instance is None:
            return SourceDraft(**self.validated_data)
        return replace(SourceDraft.of(self.instance), **self.validated_data)


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
