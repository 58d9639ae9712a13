"""Endpoints for projects, annotations, entities and sources. They hold no rule of their own."""

import re
from collections.abc import Iterator
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import services
from annotate.accounts.models import Scope
from annotate.api import filters
from annotate.api.links import addresses
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
from config.api.conditional import names_a_tag, precondition_required, tag_of_record
from config.api.expansions import Expansion
from config.api.filters import OF_ONE, check_parameters
from config.api.resources import Record, writer
from config.api.write_errors import PublicViewSet

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
        records: list[Record] = rows.fetch_records()
        return records

    @classmethod
    def streamed(cls, rows: Any) -> Iterator[list[Record]]:
        """Read what is written down of any number of annotations."""
        batches: Iterator[list[Record]] = rows.iterate_records()
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
        record = model.objects.fetch_record(self.kwargs["public_id"], self.request.user)
        if record is None:
            raise Http404
        return record

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
        annotation = services.create(
            serializer.model,
            serializer.get_content(),
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
        revised = services.revise(
            annotation,
            serializer.get_content(),
            seen_revision=seen,
            actor=request.user,
            idempotency_key=self.idempotency_key(),
        )
        return self.written(revised.record())

    def destroy(self, request: Request, **_: Any) -> Response:
        """Retract an annotation. It can be restored."""
        return self.written(services.retract(self.stored(), **self.precondition()).record())

    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **_: Any) -> Response:
        """Make a retracted annotation stand again."""
        return self.written(services.restore(self.stored(), **self.precondition()).record())

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
