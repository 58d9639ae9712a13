"""What was carried to new versions, and deciding about what waits."""

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
from annotate.reanchoring import services as carry
from annotate.reanchoring.models import Decision, Reanchoring
from articles.text.reanchor import Status
from config.api.idempotency import once
from config.api.resources import Record
from config.api.strict import RecordSerializer, StrictSerializer
from config.api.write_errors import PublicViewSet

STATUSES = [(status.value, status.name.title()) for status in Status]


class ReanchoringFilter(filters.FilterSet):
    """Which reanchorings."""

    article = filters.UUIDFilter("version__article__public_id", help_text="The article's id.")
    version = filters.UUIDFilter("version__public_id", help_text="The new version's id.")
    annotation = filters.UUIDFilter("annotation__public_id", help_text="The old annotation's id.")
    project = filters.CharFilter("annotation__project__slug", help_text="The project's slug.")
    author = filters.CharFilter("annotation__author__username", help_text="The user name.")
    kind = filters.ChoiceFilter("annotation__kind", choices=Kind.choices)
    status = filters.ChoiceFilter(choices=STATUSES)
    decision = filters.ChoiceFilter(
        method="filter_decision",
        choices=Decision.choices,
        help_text="`waiting` is what a person still has to decide.",
    )

    class Meta:
        model = Reanchoring
        fields: list[str] = []

    def filter_decision(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep one decision; what waits and was retracted meanwhile waits no longer."""
        if value == Decision.WAITING:
            return queryset.waiting()  # type: ignore[attr-defined]
        return queryset.filter(decision=value)


class PassageSerializer(serializers.Serializer):
    """`[start, end)` of the new version's text, in code points."""

    start = serializers.IntegerField(min_value=0)
    end = serializers.IntegerField(min_value=1)


class CandidateSerializer(PassageSerializer):
    """A place where the passage may stand now; `score` is its likeness, 0 to 1."""

    score = serializers.FloatField()


class PlaceSerializer(serializers.Serializer):
    """What was found of one passage; `span` where it is certain."""

    status = serializers.ChoiceField(choices=STATUSES)
    score = serializers.FloatField()
    span = PassageSerializer(allow_null=True)
    candidates = CandidateSerializer(many=True)


class ReanchoringSerializer(RecordSerializer):
    """An annotation on its way to another version."""

    id = serializers.UUIDField()
    annotation = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    project = serializers.CharField()
    author = serializers.CharField()
    article = serializers.UUIDField()
    from_version = serializers.UUIDField()
    version = serializers.UUIDField()
    status = serializers.ChoiceField(choices=STATUSES)
    score = serializers.FloatField()
    places = PlaceSerializer(many=True)
    decision = serializers.ChoiceField(choices=Decision.choices)
    decided_by = serializers.CharField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    carried = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()


class AcceptSerializer(StrictSerializer):
    """Where the annotation stands now; the likeliest places if not given."""

    spans = SpanSerializer(many=True, required=False)


@extend_schema_view(
    list=extend_schema(summary="List what was carried to new versions, and what waits"),
    retrieve=extend_schema(summary="Read what became of an annotation in a new version"),
)
class ReanchoringViewSet(PublicViewSet):
    """Annotations on their way to new versions of their articles."""

    queryset = Reanchoring.objects.all()
    serializer_class = ReanchoringSerializer
    filterset_class = ReanchoringFilter
    write_scope = Scope.ANNOTATE
    ordering_fields = {"id": "public_id", "created_at": "created_at", "score": "score"}

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Any]:
        """Give what the user may see."""
        return Reanchoring.objects.visible_to(user).for_reading()

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a reanchoring, and of the annotations that it is between."""
        found = {
            "self": f"{base}reanchorings/{record['id']}/",
            "annotation": f"{base}annotations/{record['annotation']}/",
            "version": f"{base}versions/{record['version']}/",
        }
        if record["carried"]:
            found["carried"] = f"{base}annotations/{record['carried']}/"
        return found

    @extend_schema(
        summary="Carry it to a proposed place, or to a selected one",
        request=AcceptSerializer,
        responses=ReanchoringSerializer,
    )
    @action(detail=True, methods=["post"])
    @once
    def accept(self, request: Request, **_: Any) -> Response:
        """Carry an annotation that waits."""
        reanchoring = self.get_object()
        serializer = AcceptSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        carry.accept(reanchoring, actor=request.user, spans=serializer.validated_data.get("spans"))
        return self._now(reanchoring)

    @extend_schema(
        summary="Say that it does not stand there any more",
        request=None,
        responses=ReanchoringSerializer,
    )
    @action(detail=True, methods=["post"])
    @once
    def drop(self, request: Request, **_: Any) -> Response:
        """Leave an annotation that waits on its old version alone."""
        reanchoring = self.get_object()
        carry.drop(reanchoring, actor=request.user)
        return self._now(reanchoring)

    @extend_schema(
        summary="Take up again what was dropped", request=None, responses=ReanchoringSerializer
    )
    @action(detail=True, methods=["post"])
    @once
    def reopen(self, request: Request, **_: Any) -> Response:
        """Let an annotation that was dropped wait again."""
        reanchoring = self.get_object()
        carry.reopen(reanchoring, actor=request.user)
        return self._now(reanchoring)

    def _now(self, reanchoring: Reanchoring) -> Response:
        return self.written(self.get_queryset().get(pk=reanchoring.pk).record())
