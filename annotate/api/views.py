"""Endpoints for projects, annotations, entities and sources. They hold no rule of their own."""

import re
from collections.abc import Iterator
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import registry, writes
from annotate.api import filters
from annotate.api.addresses import addresses
from annotate.api.problems import problem_of
from annotate.api.serializers import (
    SERIALIZERS,
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
    Kind,
    Note,
    Project,
    Role,
    Scope,
    Source,
    SourceLink,
    State,
)
from annotate.refusals import NotPermitted, Refusal
from articles.api.conditional import names_a_tag, precondition_required, tag_of_record
from articles.api.expansions import Expansion
from articles.api.filters import OF_ONE, check_parameters
from articles.api.idempotency import once
from articles.api.resources import Record, ResourceViewSet, site_of, writer
from articles.api.views import ArticleViewSet, VersionViewSet

# An entity tag as we give it, or of the revision alone; a compressing server in between may have
# made it weak.
ETAG_SHAPE = re.compile(r'^(?:W/)?"([0-9]{1,9})(?:-[0-9a-f]{1,40})?"$')


def revision_tag(record: Record) -> str:
    """Name the revision of a record, and what stands in it."""
    return f'"{record["revision"]}-{tag_of_record(record)[1:9]}"'


def seen_revision(request: Request) -> int:
    """Read the revision from `If-Match`. Raises Problem (428) where no tag is named."""
    if not names_a_tag(request):
        raise precondition_required()
    found = ETAG_SHAPE.match(request.headers["If-Match"].strip())
    # A tag that nothing ever had is as stale as can be.
    return int(found[1]) if found else 0


class PublicViewSet(ResourceViewSet):
    """A resource whose refusals become problems."""

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what the write path refused."""
        if isinstance(exc, Refusal):
            exc = problem_of(exc, self.told_now)
        return super().handle_exception(exc)

    def told_now(self, record: Record) -> Record:
        """Give what is there now to one who has not seen it."""
        return self.told(record, self.request)


# --- Annotations --------------------------------------------------------------------------


_SOURCES_OF_CLAIM = Expansion(
    lambda: SourceLinkViewSet,
    key="id",
    column="claim__public_id",
    back="claim",
    many=True,
    kept={"state": State.ACTIVE},
    kind=Kind.CLAIM,
)
_NOTES = Expansion(
    lambda: NoteViewSet,
    key="id",
    column="target__public_id",
    back="target",
    many=True,
    kept={"state": State.ACTIVE},
)
_ANY_KIND = {
    "project": Expansion(lambda: ProjectViewSet, key="project", column="slug", back="slug"),
    "article": Expansion(lambda: ArticleViewSet, key="article"),
    "version": Expansion(lambda: VersionViewSet, key="version"),
    "notes": _NOTES,
}
_OF_CLAIM = {
    "claimant_entity": Expansion(lambda: EntityViewSet, key="claimant_entity"),
    "source_links": _SOURCES_OF_CLAIM,
}
_OF_ENTITY_TAG = {"entity": Expansion(lambda: EntityViewSet, key="entity")}
_OF_SOURCE_LINK = {
    "claim": Expansion(lambda: ClaimViewSet, key="claim"),
    "source": Expansion(lambda: SourceViewSet, key="source"),
}
_OF_NOTE = {"target": Expansion(lambda: AnnotationViewSet, key="target")}


@extend_schema_view(
    list=extend_schema(
        summary="List annotations of every kind", responses=any_annotation(many=True)
    ),
    retrieve=extend_schema(
        summary="Read an annotation of any kind", responses=any_annotation(many=False)
    ),
)
class AnnotationViewSet(PublicViewSet):
    """Annotations of every kind together; they are written in the collection of their kind."""

    queryset = Annotation.objects.all()
    serializer_class: type[AnnotationSerializer] = AnnotationSerializer
    filterset_class = filters.EveryKindFilter
    ordering_fields = {
        "id": "public_id",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }
    expansions = {
        **_ANY_KIND,
        **_OF_CLAIM,
        **_OF_ENTITY_TAG,
        **_OF_SOURCE_LINK,
        **_OF_NOTE,
    }

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Any]:
        """Give what the user may see."""
        model: type[Annotation] = cls.queryset.model
        return model.objects.visible_to(user)

    @classmethod
    def records(cls, rows: Any) -> list[Record]:
        """Read what is written down of annotations."""
        records: list[Record] = rows.records()
        return records

    @classmethod
    def streamed(cls, rows: Any) -> Iterator[list[Record]]:
        """Read what is written down of any number of annotations."""
        batches: Iterator[list[Record]] = rows.streamed_records()
        return batches

    @classmethod
    def names(cls) -> list[str]:
        """Name the values of annotations of this kind, or of every kind."""
        if cls.serializer_class is not AnnotationSerializer:
            return super().names()
        every = (str(name) for kind in SERIALIZERS.values() for name in writer(kind).fields)
        return list(dict.fromkeys(every))

    @classmethod
    def tag(cls, record: Record) -> str:
        """Name the revision, and what stands in its record."""
        return revision_tag(record)

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of an annotation and of what it is about."""
        return addresses(record, base)

    def read_one(self) -> Record:
        """Give the record of this address. Raises Http404."""
        check_parameters(self.request, OF_ONE)
        model: type[Annotation] = type(self).queryset.model
        found = model.objects.record_of(self.kwargs["public_id"], self.request.user)
        if not found:
            raise Http404
        return found[0]

    def stored(self) -> Any:
        """Give the annotation of this address, to be changed. Raises Http404."""
        rows: Any = self.get_queryset()
        return get_object_or_404(rows.for_reading(), public_id=self.kwargs["public_id"])


class TypedAnnotationViewSet(AnnotationViewSet):
    """Annotations of one kind, read and write."""

    write_scope = Scope.ANNOTATE
    # The write path itself knows a request that comes again, also to change or retract.
    keeps_keys = True

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
        return self.written(annotation.record(), status=201)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Revise an annotation; what is not given stays as it is."""
        annotation = self.stored()
        seen = seen_revision(self.request)
        serializer = cast(
            "AnnotationSerializer",
            self.get_serializer(annotation, data=request.data, partial=True),
        )
        serializer.is_valid(raise_exception=True)
        revised = writes.revise(
            annotation,
            serializer.draft(),
            seen_revision=seen,
            actor=request.user,
            idempotency_key=self.idempotency_key(),
            asked=serializer.content(),
        )
        return self.written(revised.record())

    def destroy(self, request: Request, **_: Any) -> Response:
        """Retract an annotation. It can be restored."""
        return self.written(writes.retract(self.stored(), **self.precondition()).record())

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **_: Any) -> Response:
        """Make a retracted annotation stand again."""
        return self.written(writes.restore(self.stored(), **self.precondition()).record())

    def precondition(self) -> dict[str, Any]:
        """Give who acts, on which revision, under which key."""
        return {
            "seen_revision": seen_revision(self.request),
            "actor": self.request.user,
            "idempotency_key": self.idempotency_key(),
        }

    def idempotency_key(self) -> str:
        """Read the `Idempotency-Key` header."""
        return str(self.request.headers.get("Idempotency-Key", ""))


def _described(name: str, names: str, serializer: type[AnnotationSerializer]) -> Any:
    """Tell the schema about the endpoint of one kind."""
    return extend_schema_view(
        list=extend_schema(summary=f"List {names}", responses=serializer(many=True)),
        retrieve=extend_schema(summary=f"Read {name}", responses=serializer),
        create=extend_schema(
            summary=f"Make {name}",
            request=serializer,
            responses={201: serializer},
        ),
        partial_update=extend_schema(
            summary=f"Revise {name}",
            responses=serializer,
        ),
        destroy=extend_schema(
            summary=f"Retract {name}",
            responses={200: serializer},
        ),
        restore=extend_schema(
            summary=f"Restore {name}",
            request=None,
            responses=serializer,
        ),
    )


@_described("a claim", "claims", ClaimSerializer)
class ClaimViewSet(TypedAnnotationViewSet):
    """Claims: that a passage asserts something checkable."""

    queryset = Claim.objects.all()
    serializer_class = ClaimSerializer
    filterset_class = filters.ClaimFilter
    expansions = {**_ANY_KIND, **_OF_CLAIM}
    ordering_fields = {
        **AnnotationViewSet.ordering_fields,
        "check_worthiness": "check_worthiness",
    }


@_described("an entity tag", "entity tags", EntityTagSerializer)
class EntityTagViewSet(TypedAnnotationViewSet):
    """Entity tags: that a passage mentions an entity."""

    queryset = EntityTag.objects.all()
    serializer_class = EntityTagSerializer
    filterset_class = filters.EntityTagFilter
    expansions = {**_ANY_KIND, **_OF_ENTITY_TAG}


@_described("a source link", "source links", SourceLinkSerializer)
class SourceLinkViewSet(TypedAnnotationViewSet):
    """Source links: what ties a claim, or a passage, to a source."""

    queryset = SourceLink.objects.all()
    serializer_class = SourceLinkSerializer
    filterset_class = filters.SourceLinkFilter
    expansions = {**_ANY_KIND, **_OF_SOURCE_LINK}


@_described("a note", "notes", NoteSerializer)
class NoteViewSet(TypedAnnotationViewSet):
    """Notes: free comments on annotations or passages."""

    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    filterset_class = filters.NoteFilter
    expansions = {**_ANY_KIND, **_OF_NOTE}


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
class ProjectViewSet(PublicViewSet):
    """Projects, named by their slugs."""

    lookup_field = "slug"
    lookup_value_converter = "slug"
    queryset = Project.objects.all()
    serializer_class = ProjectSerializer
    filterset_class = filters.ProjectFilter
    ordering_fields = {
        "id": "public_id",
        "name": "name",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Project]:
        """Give what the user may see."""
        visible = Project.objects.visible_to(user)
        return visible.select_related("tag_set").prefetch_related("tag_set__tags__parent")

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a project and of what is in it."""
        own = record["slug"]
        return {
            "self": f"{base}projects/{own}/",
            "web": f"{site_of(base)}projects/{own}/",
            "articles": f"{base}articles/?project={own}",
            "annotations": f"{base}annotations/?project={own}",
            "changes": f"{base}changes/?project={own}",
        }

    @once
    def create(self, request: Request) -> Response:
        """Store a project; its maker manages it."""
        serializer = ProjectWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        project = serializer.save(manager=request.user)
        return self.written(self._record(project), status=201)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change a project, as one of its managers."""
        with transaction.atomic():
            project = self.get_object()
            if project.role_of(request.user) != Role.MANAGER:
                raise NotPermitted("Only a manager of the project may change it.")
            Project.objects.select_for_update().only("pk").get(pk=project.pk)
            self.require_seen(self._record(project))
            serializer = ProjectWriteSerializer(project, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save()
        return self.written(self._record(project))

    def _record(self, project: Project) -> Record:
        return self.records(self.get_queryset().filter(pk=project.pk))[0]


class RegistryViewSet(PublicViewSet):
    """A shared registry: anyone signed in adds to it, its keepers correct it."""

    @property
    def write_scope(self) -> Scope:
        """Adding is part of annotating; correcting what others use as well is not."""
        return Scope.ANNOTATE if self.action == "create" else Scope.MANAGE

    def validated(self, row: Any = None) -> Any:
        """Read what was sent. Raises ValidationError."""
        serializer: Any = self.get_serializer(row, data=self.request.data, partial=row is not None)
        serializer.is_valid(raise_exception=True)
        return serializer.draft()

    def kept(self) -> Any:
        """Give the row of this address, locked, to those who may correct it and have seen it."""
        row = self.get_object()
        if not (self.request.user.is_staff or row.created_by_id == self.request.user.pk):
            raise PermissionDenied("Only who added it, or an editor, may correct it.")
        # First the lock, then the reading (as in `annotate.writes`).
        type(row).objects.select_for_update().only("pk").get(pk=row.pk)
        row = self.get_object()
        self.require_seen(row.record())
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
    ordering_fields = {
        "id": "public_id",
        "name": "name",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of an entity and of what is said of it."""
        own = record["id"]
        return {
            "self": f"{base}entities/{own}/",
            "web": f"{site_of(base)}entities/{own}/",
            "mentions": f"{base}entity-tags/?entity={own}",
            "claims": f"{base}claims/?claimant_entity={own}",
        }

    @once
    def create(self, request: Request) -> Response:
        """Add an entity to the registry."""
        entity = registry.create_entity(self.validated(), by=request.user)
        return self.written(entity.record(), status=201)

    @transaction.atomic
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Correct an entity."""
        entity = self.kept()
        return self.written(registry.revise_entity(entity, self.validated(entity)).record())


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
    ordering_fields = {
        "id": "public_id",
        "title": "title",
        "published_on": "published_on",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a source and of what cites it."""
        own = record["id"]
        return {
            "self": f"{base}sources/{own}/",
            "web": f"{site_of(base)}sources/{own}/",
            "source_links": f"{base}source-links/?source={own}",
        }

    @once
    def create(self, request: Request) -> Response:
        """Add a source; one with this address is given back as it is (200)."""
        source, is_new = registry.find_or_create_source(self.validated(), by=request.user)
        return self.written(source.record(), status=201 if is_new else 200)

    @transaction.atomic
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Correct a source."""
        source = self.kept()
        return self.written(registry.revise_source(source, self.validated(source)).record())
