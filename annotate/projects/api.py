from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.validators import UniqueValidator

from annotate.projects.models import Membership, Project, Role, Tag, TagSet
from config.api.examples import add_example
from config.api.filters import CreatedFilterSet
from config.api.idempotency import idempotent
from config.api.resources import ResourceSerializer, ResourceViewSet
from config.api.strict import SlugReferenceField, StrictModelSerializer
from config.errors import NotPermitted
from config.types import Record


class ProjectField(SlugReferenceField):
    """The slug of a project that the user can see."""

    queryset = Project.objects.all()

    def get_queryset(self) -> QuerySet[Project]:
        visible = Project.objects.visible_to(self.context["request"].user)
        return visible.select_related("tag_set")


class TagSetField(SlugReferenceField):
    """The slug of a tag set that the user can see."""

    queryset = TagSet.objects.all()

    def get_queryset(self) -> QuerySet[TagSet]:
        return TagSet.objects.visible_to(self.context["request"].user)


class ProjectFilter(CreatedFilterSet):
    slug = filters.CharFilter()
    q = filters.CharFilter(method="filter_q", help_text="Text in the name or the description.")

    def filter_q(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return queryset.filter(Q(name__icontains=value) | Q(description__icontains=value))


class TagSerializer(serializers.ModelSerializer):
    """A type of a tag set."""

    parent: Any = serializers.SlugRelatedField(slug_field="code", read_only=True, allow_null=True)

    class Meta:
        model = Tag
        fields = ["code", "name", "description", "shortcut", "parent"]


class TagSetSerializer(serializers.ModelSerializer):
    """The types that an entity tag can have."""

    tags = TagSerializer(many=True)

    class Meta:
        model = TagSet
        fields = ["slug", "name", "description", "tags"]


class ProjectSerializer(ResourceSerializer):
    """A project with its tag set."""

    tag_set = TagSetSerializer()

    class Meta:
        model = Project
        fields = [
            *("id", "slug", "name", "description", "guidelines"),
            *("is_public", "is_blind", "auto_add_articles", "tag_set"),
            *("created_at", "updated_at", "links"),
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
class ProjectWriteSerializer(StrictModelSerializer):
    """The settings of a project."""

    tag_set = TagSetField(help_text="Its slug.")

    class Meta:
        model = Project
        fields = [
            *("slug", "name", "description", "guidelines", "tag_set"),
            *("is_public", "is_blind", "auto_add_articles"),
        ]
        extra_kwargs = {
            "slug": {
                "validators": [
                    UniqueValidator(Project.objects.all(), "Another project has this slug.")
                ]
            }
        }

    def validate_slug(self, value: str) -> str:
        if self.instance and value != self.instance.slug:
            raise serializers.ValidationError(
                "The slug cannot be changed: URLs and annotations show it. Change the name."
            )
        return value


@extend_schema_view(
    list=extend_schema(summary="List projects"),
    retrieve=extend_schema(summary="Read a project with its guidelines and tag set"),
    create=extend_schema(
        summary="Create a project",
        request=ProjectWriteSerializer,
        responses={201: ProjectSerializer},
    ),
    partial_update=extend_schema(summary="Change a project", request=ProjectWriteSerializer),
)
class ProjectViewSet(ResourceViewSet):
    """Projects, identified by their slugs."""

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
        visible = Project.objects.visible_to(user)
        return visible.select_related("tag_set").prefetch_related("tag_set__tags__parent")

    @idempotent()
    def create(self, request: Request) -> Response:
        """Create a project. You become its manager."""
        context = self.get_serializer_context()
        serializer = ProjectWriteSerializer(data=request.data, context=context)
        serializer.is_valid(raise_exception=True)
        user: Any = request.user
        with transaction.atomic():
            project = serializer.save()
            Membership.objects.create(project=project, user=user, role=Role.MANAGER)
        return self.build_response(self._get_record(project), status=201)

    @transaction.atomic
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change a project that you manage."""
        project = self.get_object()
        if project.get_role(request.user) != Role.MANAGER:
            raise NotPermitted("Only a manager of the project can change it.")
        Project.objects.select_for_update().only("pk").get(pk=project.pk)
        self.require_if_match(self._get_record(project))
        context = self.get_serializer_context()
        serializer = ProjectWriteSerializer(
            project, data=request.data, partial=True, context=context
        )
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return self.build_response(self._get_record(project))

    def _get_record(self, project: Project) -> Record:
        return self.serialize_rows(self.get_queryset().filter(pk=project.pk))[0]
