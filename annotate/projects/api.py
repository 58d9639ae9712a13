"""Fields that annotations share."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.projects.models import Membership, Project, Role, Tag, TagSet
from config.api.examples import add_example
from config.api.filters import UTCDateTimeFilter
from config.api.idempotency import idempotent
from config.api.resources import LinksField, ResourceViewSet
from config.api.strict import (
    SlugReferenceField,
    StrictSerializer,
    TextField,
)
from config.errors import NotPermitted
from config.types import Record


class ProjectField(SlugReferenceField):
    """A project that the asker may see, by its slug."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Project.objects.all(), **kwargs)

    def get_queryset(self) -> QuerySet[Project]:
        """Give the projects that may be named."""
        visible = Project.objects.visible_to(self.context["request"].user)
        return visible.select_related("tag_set")


class ProjectFilter(filters.FilterSet):
    """Projects."""

    slug = filters.CharFilter()
    created_after = UTCDateTimeFilter("created_at", "gte")
    created_before = UTCDateTimeFilter("created_at", "lt")
    q = filters.CharFilter(method="filter_q", help_text="Words in the name or the description.")

    class Meta:
        model = Project
        fields: list[str] = []

    def filter_q(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those in which the words stand."""
        return queryset.filter(Q(name__icontains=value) | Q(description__icontains=value))


class TagSerializer(serializers.ModelSerializer):
    """A type of the tag set."""

    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.code", allow_null=True, default=None
    )

    class Meta:
        model = Tag
        fields = ["code", "name", "description", "shortcut", "parent"]


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
    links = LinksField()

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
            "auto_add_articles",
            "tag_set",
            "created_at",
            "updated_at",
            "links",
        ]


@add_example(
    "A project",
    {
        "slug": "exports",
        "name": "Exports in the news",
        "description": "Claims about exports, and who makes them.",
        "tag_set": "news",
        "is_public": True,
        "auto_add_articles": True,
    },
)
class ProjectWriteSerializer(StrictSerializer):
    """What a manager says of a project."""

    slug = serializers.SlugField(max_length=50)
    name = TextField(max_length=200)
    description = TextField(required=False, allow_blank=True)
    guidelines = TextField(required=False, allow_blank=True)
    tag_set = SlugReferenceField(queryset=TagSet.objects.all(), help_text="Its slug.")
    is_public = serializers.BooleanField(required=False)
    is_blind = serializers.BooleanField(required=False)
    auto_add_articles = serializers.BooleanField(required=False)

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


# --- Projects and registries --------------------------------------------------------------


@extend_schema_view(
    list=extend_schema(summary="List projects"),
    retrieve=extend_schema(summary="Read a project with its guidelines and tag set"),
    create=extend_schema(
        summary="Make a project", request=ProjectWriteSerializer, responses={201: ProjectSerializer}
    ),
    partial_update=extend_schema(
        summary="Change a project",
        request=ProjectWriteSerializer(partial=True),
        responses=ProjectSerializer,
    ),
)
class ProjectViewSet(ResourceViewSet):
    """Projects, named by their slugs."""

    lookup_field = "slug"
    lookup_value_converter = "slug"
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    ordering_fields = {
        "id": "public_id",
        "name": "name",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    link_templates = {
        "self": "{api}projects/{slug}/",
        "web": "{site}projects/{slug}/",
        "articles": "{api}articles/?project={slug}",
        "annotations": "{api}annotations/?project={slug}",
        "changes": "{api}changes/?project={slug}",
    }

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Project]:
        """Give what the user may see."""
        visible = Project.objects.visible_to(user)
        return visible.select_related("tag_set").prefetch_related("tag_set__tags__parent")

    @idempotent()
    def create(self, request: Request) -> Response:
        """Store a project; its maker manages it."""
        serializer = ProjectWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        project = serializer.save(manager=request.user)
        return self.build_response(self._record(project), status=201)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change a project, as one of its managers."""
        with transaction.atomic():
            project = self.get_object()
            if project.get_role(request.user) != Role.MANAGER:
                raise NotPermitted("Only a manager of the project may change it.")
            Project.objects.select_for_update().only("pk").get(pk=project.pk)
            self.require_if_match(self._record(project))
            serializer = ProjectWriteSerializer(project, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save()
        return self.build_response(self._record(project))

    def _record(self, project: Project) -> Record:
        return self.serialize_rows(self.get_queryset().filter(pk=project.pk))[0]
