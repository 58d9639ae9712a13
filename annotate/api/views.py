"""Endpoints for projects, annotations, entities and sources. They hold no rule of their own."""

import re
from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import registry, writes
from annotate.api import filters
from annotate.api.problems import problem_of
from annotate.api.serializers import (
    AnnotationSerializer,
    ClaimSerializer,
    EntitySerializer,
    EntityTagSerializer,
    NoteSerializer,
    ProjectSerializer,
    ProjectWriteSerializer,
    SourceLinkSerializer,
    SourceSerializer,
    any_annotation,
)
from annotate.models import (
    Annotation,
    Claim,
    Entity,
    EntityTag,
    Note,
    Project,
    Role,
    Scope,
    Source,
    SourceLink,
)
from annotate.refusals import NotPermitted, Refusal
from articles.api.problems import Problem
from articles.api.streams import StreamedListMixin

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A retry with the same key and body does nothing twice. Use a UUID.",
)
# An entity tag as we give it; a compressing server in between may have made it weak.
ETAG_SHAPE = re.compile(r'^(?:W/)?"([0-9]{1,9})"$')

IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": ETAG_SHAPE.pattern},
    OpenApiParameter.HEADER,
    required=True,
    description='The ETag of the revision that you saw, such as `"3"`.',
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=True,
    description="The revision, for `If-Match`.",
)


class PublicViewSet(viewsets.GenericViewSet):
    """An endpoint for things with public ids, whose refusals become problems."""

    lookup_field = "public_id"
    lookup_value_converter = "uuid"

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what the write path refused."""
        return super().handle_exception(problem_of(exc) if isinstance(exc, Refusal) else exc)


# --- Annotations --------------------------------------------------------------------------


@extend_schema_view(
    list=extend_schema(
        summary="List annotations of every kind", responses=any_annotation(many=True)
    ),
    retrieve=extend_schema(
        summary="Read an annotation of any kind",
        responses=any_annotation(many=False),
        parameters=[ETAG],
    ),
)
class AnnotationViewSet(StreamedListMixin, mixins.RetrieveModelMixin, PublicViewSet):
    """Annotations of every kind together; they are written in the collection of their kind."""

    queryset = Annotation.objects.all()
    serializer_class: type[AnnotationSerializer] = AnnotationSerializer
    filterset_class = filters.EveryKindFilter

    def get_queryset(self) -> QuerySet[Any]:
        """Give what the asker may see."""
        model: type[Annotation] = type(self).queryset.model
        return model.objects.visible_to(self.request.user).for_reading()

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read one annotation, active or retracted."""
        return self.answer(self.get_object())

    def answer(self, annotation: Annotation, status: int = 200) -> Response:
        """Write an annotation down, with the tag of its revision."""
        return Response(annotation.record(), status=status, headers={"ETag": annotation.etag})


class TypedAnnotationViewSet(AnnotationViewSet):
    """Annotations of one kind, read and write."""

    write_scope = Scope.ANNOTATE

    def create(self, request: Request) -> Response:
        """Make an annotation."""
        serializer = cast("AnnotationSerializer", self.get_serializer(data=request.data))
        serializer.is_valid(raise_exception=True)
        annotation = writes.create(
            serializer.draft(),
            project=serializer.validated_data["project"],
            version=serializer.validated_data["version"],
            actor=request.user,
            idempotency_key=self.idempotency_key(),
        )
        return self.answer(annotation, status=201)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Revise an annotation; what is not given stays as it is."""
        annotation = self.get_object()
        seen = self.seen_revision()
        serializer = cast(
            "AnnotationSerializer",
            self.get_serializer(annotation, data=request.data, partial=True),
        )
        serializer.is_valid(raise_exception=True)
        return self.answer(
            writes.revise(
                annotation,
                serializer.draft(),
                seen_revision=seen,
                actor=request.user,
                idempotency_key=self.idempotency_key(),
                asked=serializer.content(),
            )
        )

    def destroy(self, request: Request, **_: Any) -> Response:
        """Retract an annotation. It can be restored."""
        return self.answer(writes.retract(self.get_object(), **self.precondition()))

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **_: Any) -> Response:
        """Make a retracted annotation stand again."""
        return self.answer(writes.restore(self.get_object(), **self.precondition()))

    def precondition(self) -> dict[str, Any]:
        """Give who acts, on which revision, under which key."""
        return {
            "seen_revision": self.seen_revision(),
            "actor": self.request.user,
            "idempotency_key": self.idempotency_key(),
        }

    def idempotency_key(self) -> str:
        """Read the `Idempotency-Key` header."""
        return str(self.request.headers.get("Idempotency-Key", ""))

    def seen_revision(self) -> int:
        """Read the revision from `If-Match`. Raises Problem (428) where none is named."""
        found = ETAG_SHAPE.match(self.request.headers.get("If-Match", "").strip())
        if not found:
            raise Problem(
                "precondition-required",
                "Name the revision that you saw",
                status=428,
                detail="Send the ETag of the annotation as you read it in If-Match, such as "
                'If-Match: "3", so that nobody’s work is overwritten unseen.',
            )
        return int(found[1])


def _described(name: str, names: str, serializer: type[AnnotationSerializer]) -> Any:
    """Tell the schema about the endpoint of one kind."""
    return extend_schema_view(
        list=extend_schema(summary=f"List {names}", responses=serializer(many=True)),
        retrieve=extend_schema(summary=f"Read {name}", responses=serializer, parameters=[ETAG]),
        create=extend_schema(
            summary=f"Make {name}",
            request=serializer,
            responses={201: serializer},
            parameters=[IDEMPOTENCY_KEY, ETAG],
        ),
        partial_update=extend_schema(
            summary=f"Revise {name}",
            responses=serializer,
            parameters=[IF_MATCH, IDEMPOTENCY_KEY, ETAG],
        ),
        destroy=extend_schema(
            summary=f"Retract {name}",
            responses={200: serializer},
            parameters=[IF_MATCH, IDEMPOTENCY_KEY, ETAG],
        ),
        restore=extend_schema(
            summary=f"Restore {name}",
            request=None,
            responses=serializer,
            parameters=[IF_MATCH, IDEMPOTENCY_KEY, ETAG],
        ),
    )


@_described("a claim", "claims", ClaimSerializer)
class ClaimViewSet(TypedAnnotationViewSet):
    """Claims: that a passage asserts something checkable."""

    queryset = Claim.objects.all()
    serializer_class = ClaimSerializer
    filterset_class = filters.ClaimFilter


@_described("an entity tag", "entity tags", EntityTagSerializer)
class EntityTagViewSet(TypedAnnotationViewSet):
    """Entity tags: that a passage mentions an entity."""

    queryset = EntityTag.objects.all()
    serializer_class = EntityTagSerializer
    filterset_class = filters.EntityTagFilter


@_described("a source link", "source links", SourceLinkSerializer)
class SourceLinkViewSet(TypedAnnotationViewSet):
    """Source links: what ties a claim, or a passage, to a source."""

    queryset = SourceLink.objects.all()
    serializer_class = SourceLinkSerializer
    filterset_class = filters.SourceLinkFilter


@_described("a note", "notes", NoteSerializer)
class NoteViewSet(TypedAnnotationViewSet):
    """Notes: free comments on annotations or passages."""

    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    filterset_class = filters.NoteFilter


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
class ProjectViewSet(StreamedListMixin, mixins.RetrieveModelMixin, PublicViewSet):
    """Projects, named by their slugs."""

    lookup_field = "slug"
    lookup_value_converter = "slug"
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    filterset_class = filters.ProjectFilter

    def get_queryset(self) -> QuerySet[Project]:
        """Give what the asker may see."""
        visible = Project.objects.visible_to(self.request.user)
        return visible.select_related("tag_set").prefetch_related("tag_set__tags__parent")

    def create(self, request: Request) -> Response:
        """Store a project; its maker manages it."""
        serializer = ProjectWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        project = serializer.save(manager=request.user)
        return Response(self._written(project), status=201)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change a project, as one of its managers."""
        project = self.get_object()
        if project.role_of(request.user) != Role.MANAGER:
            raise NotPermitted("Only a manager of the project may change it.")
        serializer = ProjectWriteSerializer(project, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return Response(self._written(serializer.save()))

    def _written(self, project: Project) -> Any:
        return ProjectSerializer(self.get_queryset().get(pk=project.pk)).data


class RegistryViewSet(StreamedListMixin, mixins.RetrieveModelMixin, PublicViewSet):
    """A shared registry: anyone signed in adds to it, its keepers correct it."""

    @property
    def write_scope(self) -> Scope:
        """Adding is part of annotating; correcting what others use as well is not."""
        return Scope.ANNOTATE if self.action == "create" else Scope.MANAGE

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read one."""
        return Response(self.get_object().record())

    def validated(self, row: Any = None) -> Any:
        """Read what was sent. Raises ValidationError."""
        serializer: Any = self.get_serializer(row, data=self.request.data, partial=row is not None)
        serializer.is_valid(raise_exception=True)
        return serializer.draft()

    def kept(self) -> Any:
        """Give the row of this address, to those who may correct it."""
        row = self.get_object()
        if not (self.request.user.is_staff or row.created_by_id == self.request.user.pk):
            raise PermissionDenied("Only who added it, or an editor, may correct it.")
        return row


@extend_schema_view(
    list=extend_schema(summary="List entities"),
    retrieve=extend_schema(summary="Read an entity"),
    create=extend_schema(summary="Add an entity", responses={201: EntitySerializer}),
    partial_update=extend_schema(summary="Correct an entity"),
)
class EntityViewSet(RegistryViewSet):
    """Entities: who and what the news is about."""

    queryset = Entity.objects.for_reading()
    serializer_class = EntitySerializer
    filterset_class = filters.EntityFilter

    def create(self, request: Request) -> Response:
        """Add an entity to the registry."""
        entity = registry.create_entity(self.validated(), by=request.user)
        return Response(entity.record(), status=201)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Correct an entity."""
        entity = self.kept()
        return Response(registry.revise_entity(entity, self.validated(entity)).record())


@extend_schema_view(
    list=extend_schema(summary="List sources"),
    retrieve=extend_schema(summary="Read a source"),
    create=extend_schema(
        summary="Add a source, or find the one with its address",
        responses={200: SourceSerializer, 201: SourceSerializer},
    ),
    partial_update=extend_schema(summary="Correct a source"),
)
class SourceViewSet(RegistryViewSet):
    """Sources: documents that support or refute."""

    queryset = Source.objects.all()
    serializer_class = SourceSerializer
    filterset_class = filters.SourceFilter

    def create(self, request: Request) -> Response:
        """Add a source; one with this address is given back as it is (200)."""
        source, is_new = registry.find_or_create_source(self.validated(), by=request.user)
        return Response(source.record(), status=201 if is_new else 200)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Correct a source."""
        source = self.kept()
        return Response(registry.revise_source(source, self.validated(source)).record())
