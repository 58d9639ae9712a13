from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.accounts.models import Scope
from annotate.api.fields import SpanSerializer
from annotate.models import Kind
from annotate.reanchoring import services
from annotate.reanchoring.models import STATUS_CHOICES, Decision, Reanchoring
from articles.api.fields import RangeSerializer
from config.api.filters import BooleanFilter
from config.api.idempotency import idempotent
from config.api.resources import ResourceSerializer, ResourceViewSet
from config.api.strict import StrictSerializer


class ReanchoringFilter(filters.FilterSet):
    article = filters.UUIDFilter("target_version__article__public_id", help_text="Article id.")
    target_version = filters.UUIDFilter("target_version__public_id", help_text="New version id.")
    annotation = filters.UUIDFilter("annotation__public_id", help_text="Id of the old annotation.")
    project = filters.CharFilter("annotation__project__slug", help_text="Project slug.")
    author = filters.CharFilter("annotation__author__username", help_text="User name.")
    kind = filters.ChoiceFilter("annotation__kind", choices=Kind.choices)
    status = filters.ChoiceFilter(choices=STATUS_CHOICES)
    needs_review = BooleanFilter(
        method="filter_needs_review",
        help_text="Pending, or moved automatically though the context changed.",
    )
    decision = filters.ChoiceFilter(
        method="filter_decision",
        choices=Decision.choices,
        help_text="`pending`: a person still has to decide.",
    )

    def filter_needs_review(self, queryset: QuerySet[Any], name: str, value: bool) -> Any:
        needing_review = queryset.needing_review()  # type: ignore[attr-defined]
        return needing_review if value else queryset.exclude(pk__in=needing_review.values("pk"))

    def filter_decision(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        if value == Decision.PENDING:
            return queryset.pending()  # type: ignore[attr-defined]
        return queryset.filter(decision=value)


class CandidateSerializer(RangeSerializer):
    """A range that may be the passage's new position; `score` is its similarity, 0 to 1."""

    score = serializers.FloatField()


class TargetSerializer(serializers.Serializer):
    """What was found for one passage; `span` is set if it is certain, or `context_changed`."""

    status = serializers.ChoiceField(choices=STATUS_CHOICES)
    score = serializers.FloatField()
    span = RangeSerializer(allow_null=True)
    candidates = CandidateSerializer(many=True)


class ReanchoringSerializer(ResourceSerializer):
    """The move of an annotation to a later version of its article."""

    annotation = serializers.UUIDField(source="annotation.public_id")
    kind = serializers.ChoiceField(source="annotation.kind", choices=Kind.choices)
    project = serializers.CharField(source="annotation.project.slug")
    author = serializers.CharField(source="annotation.author.username")
    article = serializers.UUIDField(source="target_version.article.public_id")
    source_version = serializers.UUIDField(source="annotation.version.public_id")
    target_version = serializers.UUIDField(source="target_version.public_id")
    targets = TargetSerializer(many=True)
    decided_by = serializers.CharField(source="decided_by.username", allow_null=True)
    new_annotation = serializers.UUIDField(source="new_annotation.public_id", allow_null=True)

    class Meta:
        model = Reanchoring
        fields = read_only_fields = [
            *("id", "annotation", "kind", "project", "author", "article", "source_version"),
            *("target_version", "status", "score", "targets", "decision", "decided_by"),
            *("decided_at", "new_annotation", "created_at", "links"),
        ]


class AcceptSerializer(StrictSerializer):
    """The passages in the new version; by default the best candidates."""

    spans = SpanSerializer(many=True, required=False)


@extend_schema_view(
    list=extend_schema(summary="List re-anchorings"),
    retrieve=extend_schema(summary="Get a re-anchoring"),
    accept=extend_schema(
        summary="Accept a candidate, give the passages yourself, or confirm a move",
        request=AcceptSerializer,
    ),
    reject=extend_schema(summary="Reject: the new version has no such passage", request=None),
    reopen=extend_schema(summary="Reopen a rejected re-anchoring", request=None),
)
class ReanchoringViewSet(ResourceViewSet):
    """Moves of annotations to later versions of their articles."""

    queryset = Reanchoring.objects.all()
    serializer_class = ReanchoringSerializer
    filterset_class = ReanchoringFilter
    write_scope = Scope.ANNOTATE
    actions_without_body = frozenset({"reject", "reopen"})
    ordering_fields = {"id": "public_id", "created_at": "created_at", "score": "score"}
    link_templates = {
        "self": "{api}reanchorings/{id}/",
        "annotation": "{api}annotations/{annotation}/",
        "target_version": "{api}versions/{target_version}/",
        "new_annotation": "{api}annotations/{new_annotation}/",
    }

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Any]:
        return Reanchoring.objects.visible_to(user).for_reading()

    @action(detail=True, methods=["post"])
    @idempotent()
    def accept(self, request: Request, **_: Any) -> Response:
        reanchoring = self.get_object()
        serializer = AcceptSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.accept(reanchoring, actor=request.user, **serializer.validated_data)
        return self.build_response(self.get_record())

    @action(detail=True, methods=["post"])
    @idempotent()
    def reject(self, request: Request, **_: Any) -> Response:
        services.reject(self.get_object(), actor=request.user)
        return self.build_response(self.get_record())

    @action(detail=True, methods=["post"])
    @idempotent()
    def reopen(self, request: Request, **_: Any) -> Response:
        services.reopen(self.get_object(), actor=request.user)
        return self.build_response(self.get_record())
