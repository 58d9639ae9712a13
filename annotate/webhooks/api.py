from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.accounts.scopes import HasScope
from annotate.api.changes import START, parse_cursor
from annotate.api.views import find_seen_revision, get_revision_etag
from annotate.models import Action, Kind
from annotate.projects.api import ProjectField
from annotate.webhooks.models import Attempt, Delivery, DeliveryState, Webhook
from annotate.webhooks.services import ping
from config.api.idempotency import idempotent
from config.api.problems import InvalidParameters, Problem
from config.api.resources import NestedResourceViewSet, ResourceSerializer, ResourceViewSet
from config.api.strict import StrictModelSerializer

MAX_WEBHOOKS_PER_OWNER = 20


def _build_choices_field(enum: type[Kind] | type[Action]) -> serializers.ListField:
    choice = serializers.ChoiceField(choices=enum.choices)
    return serializers.ListField(
        child=choice, required=False, max_length=len(enum), help_text="Empty for all."
    )


class WebhookSerializer(StrictModelSerializer, ResourceSerializer):
    """A webhook."""

    project = ProjectField(
        required=False, allow_null=True, help_text="A slug; null for all changes that you can see."
    )
    kinds = _build_choices_field(Kind)
    actions = _build_choices_field(Action)

    class Meta:
        model = Webhook
        fields = [
            *("id", "project", "url", "kinds", "actions", "is_active", "pause_reason"),
            *("failures", "next_attempt_at", "revision", "created_at", "links"),
        ]


class WebhookCreateSerializer(WebhookSerializer):
    """A webhook to create."""

    after = serializers.CharField(
        source="position",
        required=False,
        write_only=True,
        help_text=f"A cursor of the changes feed, or “{START}”: send the changes after it. Without "
        "it, send the changes that are made from now on.",
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "after"]

    def validate_after(self, cursor: str) -> int:
        """Return the key of the change at the cursor."""
        try:
            change = parse_cursor(cursor)
        except InvalidParameters as error:
            raise serializers.ValidationError(error.document["errors"][0]["detail"]) from None
        return change.pk if change else 0


class WebhookCreatedSerializer(WebhookSerializer):
    """A new webhook with its secret."""

    secret = serializers.CharField(read_only=True, help_text="Signs deliveries. Shown only once.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class AttemptSerializer(serializers.ModelSerializer):
    """One request that sent a delivery."""

    attempt = serializers.IntegerField(source="number")

    class Meta:
        model = Attempt
        fields = read_only_fields = [
            *("attempt", "attempted_at", "milliseconds", "status"),
            *("error", "response_excerpt", "next_attempt_at"),
        ]


class DeliverySerializer(ResourceSerializer):
    """Changes sent to a webhook in one request; its id is in the header webhook-id."""

    webhook = serializers.UUIDField(source="webhook.public_id")
    type = serializers.ChoiceField(choices=["changes", "ping"])
    changes = serializers.SerializerMethodField(help_text="The number of changes.")
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Delivery
        fields = read_only_fields = [
            *("id", "webhook", "type", "changes", "state"),
            *("created_at", "delivered_at", "attempts", "links"),
        ]

    def get_changes(self, delivery: Delivery) -> int:
        return len(delivery.changes)


@extend_schema_view(
    list=extend_schema(summary="List your webhooks"),
    retrieve=extend_schema(summary="Get a webhook"),
    create=extend_schema(
        summary="Create a webhook",
        request=WebhookCreateSerializer,
        responses={201: WebhookCreatedSerializer},
    ),
    partial_update=extend_schema(summary="Change a webhook"),
    destroy=extend_schema(summary="Delete a webhook with its log"),
    test=extend_schema(
        summary="Send a ping to a webhook", request=None, responses={202: DeliverySerializer}
    ),
)
class WebhookViewSet(ResourceViewSet):
    """URLs to which changes are sent as they are made. Users see their own."""

    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    permission_classes = [IsAuthenticated, HasScope]
    actions_without_body = frozenset({"destroy", "test"})
    get_etag = staticmethod(get_revision_etag)
    ordering_fields = {"id": "public_id", "created_at": "created_at"}
    link_templates = {"self": "{api}webhooks/{id}/", "deliveries": "{api}webhooks/{id}/deliveries/"}

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Webhook]:
        return Webhook.objects.filter(owner=user.pk).select_related("project")

    @idempotent()
    def create(self, request: Request) -> Response:
        """Create a webhook; only this response contains the secret."""
        context = self.get_serializer_context()
        serializer = WebhookCreateSerializer(data=request.data, context=context)
        serializer.is_valid(raise_exception=True)
        owner: Any = request.user
        with transaction.atomic():
            if self.get_queryset().count() >= MAX_WEBHOOKS_PER_OWNER:
                raise Problem(
                    "too-many-webhooks",
                    "You have too many webhooks",
                    status=409,
                    detail=f"The limit is {MAX_WEBHOOKS_PER_OWNER}. Delete one first.",
                )
            webhook = Webhook.objects.create(owner=owner, **serializer.validated_data)
        response = self.build_response(self.serialize(webhook), status=201)
        response.data["secret"] = webhook.secret
        return response

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change the given fields, and retry failed deliveries at once."""
        seen = self.get_object()
        self._require_seen(seen)
        serializer = self.get_serializer(seen, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            webhook = self._lock_seen()
            for name, value in serializer.validated_data.items():
                setattr(webhook, name, value)
            webhook.reset_failures()
            webhook.save(update_fields=[*serializer.validated_data, *Webhook.STATE_FIELDS])
        return self.build_response(self.serialize(webhook))

    @transaction.atomic
    def destroy(self, request: Request, **_: Any) -> Response:
        """Delete a webhook with its log."""
        self._lock_seen().delete()
        return Response(status=204)

    @action(detail=True, methods=["post"])
    @idempotent()
    def test(self, request: Request, **_: Any) -> Response:
        """Queue a ping, a delivery without changes; its result is in the log."""
        record = DeliveryViewSet.serialize(ping(self.get_object()))
        return Response(DeliveryViewSet.add_links(record, request), status=202)

    def _lock_seen(self) -> Webhook:
        """Lock and return the webhook if If-Match names its revision. Raises Problem."""
        webhook: Webhook = self.lock_object()
        self._require_seen(webhook)
        return webhook

    def _require_seen(self, webhook: Webhook) -> None:
        """Raise Problem unless If-Match names the revision of the webhook."""
        if not find_seen_revision(self.request, webhook.revision):
            raise Problem(
                "revision-conflict",
                "The webhook has changed",
                status=412,
                detail="Read the current webhook and repeat the request with its ETag.",
                current=self.add_links(self.serialize(webhook), self.request),
            )


class DeliveryFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=DeliveryState.choices)


@extend_schema_view(
    list=extend_schema(summary="List the deliveries of a webhook"),
    retrieve=extend_schema(summary="Get a delivery"),
)
class DeliveryViewSet(NestedResourceViewSet):
    """The log of a webhook; finished deliveries are kept for 30 days."""

    queryset = Delivery.objects.select_related("webhook").prefetch_related("attempts")
    parent = WebhookViewSet
    parent_field = "webhook"
    serializer_class = DeliverySerializer
    permission_classes = [IsAuthenticated, HasScope]
    filterset_class = DeliveryFilter
    ordering_fields = {"id": "public_id", "created_at": "created_at"}
    link_templates = {
        "self": "{api}webhooks/{webhook}/deliveries/{id}/",
        "webhook": "{api}webhooks/{webhook}/",
    }
