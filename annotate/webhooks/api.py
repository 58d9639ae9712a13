from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.accounts.scopes import HasScope
from annotate.api.changes import START, parse_cursor
from annotate.api.views import get_revision_etag, parse_seen_revision
from annotate.models import Action, Kind
from annotate.projects.api import ProjectField
from annotate.webhooks.models import Delivery, DeliveryState, Webhook
from annotate.webhooks.services import ping
from config import http
from config.api.idempotency import idempotent
from config.api.problems import InvalidFields, InvalidParameters, Problem
from config.api.resources import NestedResourceViewSet, ResourceViewSet
from config.api.strict import RecordSerializer, StrictSerializer
from config.types import Record

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_WEBHOOKS_PER_OWNER = 20


class WebhookSerializer(RecordSerializer):
    """A webhook."""

    id = serializers.UUIDField(read_only=True)
    project = ProjectField(
        required=False, allow_null=True, help_text="A slug; null for all changes that you can see."
    )
    url = serializers.CharField(max_length=2000)
    kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=Kind.choices),
        required=False,
        max_length=len(Kind),
        help_text="Empty for all.",
    )
    actions = serializers.ListField(
        child=serializers.ChoiceField(choices=Action.choices),
        required=False,
        max_length=len(Action),
        help_text="Empty for all.",
    )
    is_active = serializers.BooleanField(
        required=False,
        help_text="Changes made while the webhook is paused are sent when it is resumed.",
    )
    pause_reason = serializers.CharField(
        read_only=True, help_text="Why Pressmark paused it; usually empty."
    )
    failures = serializers.IntegerField(
        read_only=True, help_text="Failed attempts since the last success."
    )
    next_attempt_at = serializers.DateTimeField(read_only=True, allow_null=True)
    revision = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def validate_url(self, url: str) -> str:
        try:
            http.check_url(url)
        except http.RequestBlocked as error:
            raise serializers.ValidationError(str(error)) from None
        return url


class WebhookCreateSerializer(WebhookSerializer):
    """A webhook to create."""

    after = serializers.CharField(
        required=False,
        write_only=True,
        help_text=f"A cursor of the changes feed, or “{START}”: send the changes after it. Without "
        "it, send the changes that are made from now on.",
    )


class WebhookCreatedSerializer(WebhookSerializer):
    """A new webhook with its secret."""

    secret = serializers.CharField(
        read_only=True, help_text="Signs deliveries. It is shown only once."
    )


class AttemptSerializer(StrictSerializer):
    """One request that sent a delivery."""

    attempt = serializers.IntegerField()
    attempted_at = serializers.DateTimeField()
    milliseconds = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="Null if there was no response.")
    error = serializers.CharField()
    response_excerpt = serializers.CharField(help_text="The beginning of the response.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)


class DeliverySerializer(RecordSerializer):
    """Changes sent to a webhook in one request, and the attempts to send them."""

    id = serializers.UUIDField(help_text="The header webhook-id.")
    webhook = serializers.UUIDField()
    type = serializers.ChoiceField(choices=["changes", "ping"])
    changes = serializers.IntegerField(help_text="The number of changes.")
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(many=True)


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
    ordering_fields = {"id": "public_id", "created_at": "created_at"}
    link_templates = {
        "self": "{api}webhooks/{id}/",
        "deliveries": "{api}webhooks/{id}/deliveries/",
    }

    @classmethod
    def get_rows(cls, user: Any) -> QuerySet[Webhook]:
        return Webhook.objects.owned_by(user).select_related("project")

    @classmethod
    def get_etag(cls, record: Record) -> str:
        return get_revision_etag(record)

    @idempotent()
    def create(self, request: Request) -> Response:
        """Create a webhook; only this response contains the secret."""
        serializer = WebhookCreateSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        if "after" in values:
            values["position"] = _get_position(values.pop("after"))
        with transaction.atomic():
            if self.get_queryset().count() >= MAX_WEBHOOKS_PER_OWNER:
                raise Problem(
                    "too-many-webhooks",
                    "You have too many webhooks",
                    status=409,
                    detail=f"The limit is {MAX_WEBHOOKS_PER_OWNER}. Delete one first.",
                )
            webhook = Webhook.objects.create(owner=cast("User", request.user), **values)
        response = self.build_response(webhook.record(), status=201)
        response.data["secret"] = webhook.secret
        return response

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change the given fields, and retry failed deliveries at once."""
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            webhook = self._lock_seen()
            for name, value in serializer.validated_data.items():
                setattr(webhook, name, value)
            webhook.reset_failures()
            webhook.save(update_fields=[*serializer.validated_data, *Webhook.STATE_FIELDS])
        return self.build_response(webhook.record())

    @transaction.atomic
    def destroy(self, request: Request, **_: Any) -> Response:
        """Delete a webhook with its log."""
        self._lock_seen().delete()
        return Response(status=204)

    @action(detail=True, methods=["post"])
    @idempotent()
    def test(self, request: Request, **_: Any) -> Response:
        """Queue a ping, a delivery without changes; its result is in the log."""
        record = ping(self.get_object()).record()
        return Response(DeliveryViewSet.add_links(record, request), status=202)

    def _lock_seen(self) -> Webhook:
        """Lock and return the webhook if If-Match names its revision. Raises Problem."""
        seen = parse_seen_revision(self.request)
        own = Webhook.objects.owned_by(self.request.user).select_for_update()
        webhook = own.filter(public_id=self.kwargs["public_id"]).first()
        if webhook is None:
            raise NotFound
        if webhook.revision != seen:
            raise Problem(
                "revision-conflict",
                "The webhook has changed",
                status=412,
                detail="Read the current webhook and repeat the request with its ETag.",
                current=self.add_links(webhook.record(), self.request),
            )
        return webhook


class DeliveryFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=DeliveryState.choices)

    class Meta:
        model = Delivery
        fields: list[str] = []


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


def _get_position(cursor: str) -> int:
    """Return the key of the change at a cursor. Raises InvalidFields."""
    try:
        change = parse_cursor(cursor)
    except InvalidParameters as error:
        raise InvalidFields([(("after",), str(error.document["errors"][0]["detail"]))]) from None
    return change.pk if change else 0
