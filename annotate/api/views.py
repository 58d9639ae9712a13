import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import services
from annotate.accounts.models import Scope
from annotate.api import filters
from annotate.api.links import add_annotation_links
from annotate.api.serializers import (
    SERIALIZERS,
    AnnotationSerializer,
    ClaimSerializer,
    EntityTagSerializer,
    NoteSerializer,
    SourceLinkSerializer,
    any_annotation,
)
from annotate.models import Annotation, Claim, EntityTag, Kind, Note, SourceLink, State
from annotate.projects.api import ProjectViewSet
from annotate.registry.api import EntityViewSet, SourceViewSet
from articles.api.views import ArticleViewSet, VersionViewSet
from config.api.conditional import ANY, get_record_etag, parse_if_match
from config.api.expansions import Expansion
from config.api.filters import DETAIL_PARAMETERS, check_parameters
from config.api.idempotency import idempotent
from config.api.resources import ResourceViewSet, get_cached_serializer
from config.errors import RevisionConflict
from config.types import Record

# Our ETag, or the revision alone.
REVISION_ETAG = re.compile(r'^"([0-9]{1,9})(?:-[0-9a-f]{1,40})?"$')


def get_revision_etag(record: Record) -> str:
    """Return an ETag of the revision and a hash of the record."""
    return f'"{record["revision"]}-{get_record_etag(record)[1:9]}"'


def find_seen_revision(request: Request, current: int) -> int:
    """Return `current` if `If-Match` has a tag of this revision or is `*`; else 0.

    Raises PreconditionRequired.
    """
    matches = (REVISION_ETAG.match(tag) for tag in parse_if_match(request) if tag != ANY)
    revisions = {int(match[1]) if match else 0 for match in matches}
    return current if not revisions or current in revisions else 0


def _expand_dependents(view: Callable[[], Any], parent_field: str, kind: str = "") -> Expansion:
    """Return the expansion of an annotation to the active ones that belong to it."""
    column, conditions = f"{parent_field}__public_id", {"state": State.ACTIVE}
    return Expansion(view, "id", column, parent_field, many=True, conditions=conditions, kind=kind)


_ANY_KIND = {
    "project": Expansion(lambda: ProjectViewSet, key="project", column="slug", back="slug"),
    "article": Expansion(lambda: ArticleViewSet, key="article"),
    "version": Expansion(lambda: VersionViewSet, key="version"),
    "notes": _expand_dependents(lambda: NoteViewSet, "target"),
}
_OF_CLAIM = {
    "claimant_entity": Expansion(lambda: EntityViewSet, key="claimant_entity"),
    "source_links": _expand_dependents(lambda: SourceLinkViewSet, "claim", kind=Kind.CLAIM),
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
class AnnotationViewSet(ResourceViewSet):
    """Annotations of every kind together; they are written in the collection of their kind."""

    queryset = Annotation.objects.all()
    serializer_class: type[AnnotationSerializer] = AnnotationSerializer
    filterset_class = filters.EveryKindFilter
    ordering_fields = {"id": "public_id", "created_at": "created_at", "updated_at": "updated_at"}
    expansions = {**_ANY_KIND, **_OF_CLAIM, **_OF_ENTITY_TAG, **_OF_SOURCE_LINK, **_OF_NOTE}

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Any]:
        model: type[Annotation] = cls.queryset.model
        return model.objects.visible_to(user)

    @classmethod
    def serialize_rows(cls, rows: Any) -> list[Record]:
        return cast("list[Record]", rows.fetch_records())

    @classmethod
    def iterate_batches(cls, rows: Any) -> Iterator[list[Record]]:
        return cast("Iterator[list[Record]]", rows.iterate_records())

    @classmethod
    def get_field_names(cls) -> list[str]:
        if cls.serializer_class is not AnnotationSerializer:
            return super().get_field_names()
        serializers = map(get_cached_serializer, SERIALIZERS.values())
        return list(dict.fromkeys(name for s in serializers for name in s.fields))

    @classmethod
    def get_etag(cls, record: Record) -> str:
        return get_revision_etag(record)

    @classmethod
    def add_links(cls, record: Record, request: Request) -> Record:
        return add_annotation_links(record, request)

    def fetch_record(self, key: Any) -> Record | None:
        check_parameters(self.request, DETAIL_PARAMETERS)
        model: type[Annotation] = type(self).queryset.model
        return model.objects.fetch_record(key, self.request.user)

    def get_annotation(self) -> Any:
        """Return the annotation at this URL with what a write needs. Raises Http404."""
        rows: Any = self.get_queryset()
        return get_object_or_404(rows.for_reading(), public_id=self.kwargs["public_id"])


class TypedAnnotationViewSet(AnnotationViewSet):
    """Annotations of one kind, read and write."""

    write_scope = Scope.ANNOTATE
    actions_without_body = frozenset({"destroy", "restore"})

    @idempotent()
    def create(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.build_response(serializer.save().record(), status=201)

    @idempotent()
    def partial_update(self, request: Request, **_: Any) -> Response:
        annotation = self.get_annotation()
        seen_revision = find_seen_revision(request, annotation.revision)
        if not seen_revision:
            # Check this before the fields: read-only fields of a stale record differ as well.
            raise RevisionConflict(annotation)
        serializer = self.get_serializer(annotation, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self.build_response(serializer.save(seen_revision=seen_revision).record())

    @idempotent()
    def destroy(self, request: Request, **_: Any) -> Response:
        return self._write(services.retract)

    @action(detail=True, methods=["post"])
    @idempotent()
    def restore(self, request: Request, **_: Any) -> Response:
        return self._write(services.restore)

    def _write(self, write: Callable[..., Annotation]) -> Response:
        annotation = self.get_annotation()
        seen = find_seen_revision(self.request, annotation.revision)
        written = write(annotation, seen_revision=seen, actor=self.request.user)
        return self.build_response(written.record())


def _describe(name: str, names: str, serializer: type[AnnotationSerializer]) -> Any:
    return extend_schema_view(
        list=extend_schema(summary=f"List {names}", responses=serializer(many=True)),
        retrieve=extend_schema(summary=f"Read {name}", responses=serializer),
        create=extend_schema(
            summary=f"Create {name}", request=serializer, responses={201: serializer}
        ),
        partial_update=extend_schema(summary=f"Revise {name}", responses=serializer),
        destroy=extend_schema(summary=f"Retract {name}", responses={200: serializer}),
        restore=extend_schema(summary=f"Restore {name}", request=None, responses=serializer),
    )


@_describe("a claim", "claims", ClaimSerializer)
class ClaimViewSet(TypedAnnotationViewSet):
    """Claims: a passage makes a checkable assertion."""

    queryset = Claim.objects.all()
    serializer_class = ClaimSerializer
    filterset_class = filters.ClaimFilter
    expansions = {**_ANY_KIND, **_OF_CLAIM}
    ordering_fields = AnnotationViewSet.ordering_fields | {"check_worthiness": "check_worthiness"}


@_describe("an entity tag", "entity tags", EntityTagSerializer)
class EntityTagViewSet(TypedAnnotationViewSet):
    """Entity tags: a passage mentions an entity."""

    queryset = EntityTag.objects.all()
    serializer_class = EntityTagSerializer
    filterset_class = filters.EntityTagFilter
    expansions = {**_ANY_KIND, **_OF_ENTITY_TAG}


@_describe("a source link", "source links", SourceLinkSerializer)
class SourceLinkViewSet(TypedAnnotationViewSet):
    """Source links: they link a source to a claim or a passage."""

    queryset = SourceLink.objects.all()
    serializer_class = SourceLinkSerializer
    filterset_class = filters.SourceLinkFilter
    expansions = {**_ANY_KIND, **_OF_SOURCE_LINK}


@_describe("a note", "notes", NoteSerializer)
class NoteViewSet(TypedAnnotationViewSet):
    """Notes: free comments on annotations or passages."""

    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    filterset_class = filters.NoteFilter
    expansions = {**_ANY_KIND, **_OF_NOTE}
