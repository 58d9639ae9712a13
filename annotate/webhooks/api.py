"""Webhooks over the API: their owners make, change and test them, and read their log."""

from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.accounts.scopes import HasScope
from annotate.api.changes import START, change_at
from annotate.api.views import revision_tag, seen_revision
from annotate.models import Action, Kind
from annotate.projects.api import ProjectField
from annotate.webhooks import services as webhooks
from annotate.webhooks.models import Delivery, DeliveryState, Webhook
from config import http as outbound
from config.api.idempotency import once
from config.api.problems import InvalidFields, InvalidParameters, Problem
from config.api.resources import Record
from config.api.strict import RecordSerializer, StrictSerializer
from config.api.write_errors import PublicViewSet

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_OF_ONE_OWNER = 20


class WebhookSerializer(RecordSerializer):
    """A webhook."""

    id = serializers.UUIDField(read_only=True)
    project = ProjectField(
        required=False, allow_null=True, help_text="Its slug. Without one: all that you may see."
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
        required=False, help_text="Nothing is lost while it is paused: it goes on where it was."
    )
    paused_because = serializers.CharField(
        read_only=True, help_text="Why Pressmark paused it; empty where it did not."
    )
    failures = serializers.IntegerField(
        read_only=True, help_text="Failed attempts since the last success."
    )
    next_attempt_at = serializers.DateTimeField(read_only=True, allow_null=True)
    revision = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)

    def validate_url(self, url: str) -> str:
        """Refuse what would not be asked. Raises ValidationError."""
        try:
            outbound.check_url(url)
        except outbound.RequestBlocked as refused:
            raise serializers.ValidationError(str(refused)) from None
        return url


class NewWebhookSerializer(WebhookSerializer):
    """A webhook to be made."""

    after = serializers.CharField(
        required=False,
        write_only=True,
        help_text=f"A cursor of the changes feed, or “{START}”: what came after it is sent too. "
        "Without it, what is done from now on.",
    )


class MadeWebhookSerializer(WebhookSerializer):
    """A webhook that was just made, with its secret."""

    secret = serializers.CharField(
        read_only=True, help_text="What deliveries are signed with. Keep it: it is shown this once."
    )


class AttemptSerializer(StrictSerializer):
    """One try at sending a delivery."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    milliseconds = serializers.IntegerField()
    status = serializers.IntegerField(
        allow_null=True, help_text="Of the answer; null where there was none."
    )
    error = serializers.CharField()
    excerpt = serializers.CharField(help_text="The beginning of the answer.")
    next_attempt_at = serializers.DateTimeField(allow_null=True)


class DeliverySerializer(RecordSerializer):
    """Some changes on their way to a webhook, and each attempt to send them."""

    id = serializers.UUIDField(help_text="As in the header webhook-id.")
    webhook = serializers.UUIDField()
    type = serializers.ChoiceField(choices=["changes", "ping"])
    changes = serializers.IntegerField(help_text="How many.")
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(many=True)


@extend_schema_view(
    list=extend_schema(summary="List your webhooks"),
    retrieve=extend_schema(summary="Read a webhook"),
    create=extend_schema(
        summary="Make a webhook",
        request=NewWebhookSerializer,
        responses={201: MadeWebhookSerializer},
    ),
    partial_update=extend_schema(summary="Change a webhook"),
    destroy=extend_schema(summary="Delete a webhook with its log"),
    test=extend_schema(
        summary="Send a ping to a webhook", request=None, responses={202: DeliverySerializer}
    ),
)
class WebhookViewSet(PublicViewSet):
    """Webhooks: where changes are sent to as they are made. Everybody sees their own."""

    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    permission_classes = [IsAuthenticated, HasScope]
    ordering_fields = {"id": "public_id", "created_at": "created_at"}

    @classmethod
    def readable(cls, user: Any) -> QuerySet[Webhook]:
        """Give the user's own."""
        return Webhook.objects.of(user).select_related("project")

    @classmethod
    def tag(cls, record: Record) -> str:
        """Name the revision, and what stands in its record."""
        return revision_tag(record)

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a webhook and of its log."""
        own = f"{base}webhooks/{record['id']}/"
        return {"self": own, "deliveries": f"{own}deliveries/"}

    @once
    def create(self, request: Request) -> Response:
        """Make one, and show its secret."""
        serializer = NewWebhookSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        given = dict(serializer.validated_data)
        if "after" in given:
            given["position"] = _key_after(given.pop("after"))
        with transaction.atomic():
            if self.get_queryset().count() >= MOST_OF_ONE_OWNER:
                raise Problem(
                    "too-many-webhooks",
                    "You have too many webhooks",
                    status=409,
                    detail=f"One account has at most {MOST_OF_ONE_OWNER}; delete one first.",
                )
            webhook = Webhook.objects.create(owner=cast("User", request.user), **given)
        response = self.written(webhook.record(), status=201)
        response.data["secret"] = webhook.secret
        return response

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change one; what is not given stays. One that was paused goes on at once."""
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            webhook = self._locked()
            for name, value in serializer.validated_data.items():
                setattr(webhook, name, value)
            webhook.look_again()
            webhook.save(update_fields=[*serializer.validated_data, *Webhook.STATE])
        return self.written(webhook.record())

    @transaction.atomic
    def destroy(self, request: Request, **_: Any) -> Response:
        """Delete one. Nothing more is sent to it."""
        self._locked().delete()
        return Response(status=204)

    @action(detail=True, methods=["post"])
    @once
    def test(self, request: Request, **_: Any) -> Response:
        """Send a ping soon: a delivery without changes. The log tells what came of it."""
        record = webhooks.ping(self.get_object()).record()
        return Response(DeliveryViewSet.told(record, request), status=202)

    def _locked(self) -> Webhook:
        """Give the webhook of this address to one who has seen it as it is. Raises Problem."""
        seen = seen_revision(self.request)
        own = Webhook.objects.of(self.request.user).select_for_update()
        webhook = own.filter(public_id=self.kwargs["public_id"]).first()
        if webhook is None:
            raise NotFound
        if webhook.revision != seen:
            raise Problem(
                "revision-conflict",
                "The webhook has changed",
                status=412,
                detail="Look at what is there now and write again naming that revision.",
                current=self.told(webhook.record(), self.request),
            )
        return webhook


class DeliveryFilter(filters.FilterSet):
    """Which deliveries."""

    state = filters.ChoiceFilter(choices=DeliveryState.choices)

    class Meta:
        model = Delivery
        fields: list[str] = []


_OF_WEBHOOK = OpenApiParameter(
    "webhook", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The id of the webhook."
)


@extend_schema_view(
    list=extend_schema(summary="List what was sent to a webhook", parameters=[_OF_WEBHOOK]),
    retrieve=extend_schema(summary="Read what came of a delivery", parameters=[_OF_WEBHOOK]),
)
class DeliveryViewSet(PublicViewSet):
    """The log of a webhook. What is over is kept for 30 days."""

    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    permission_classes = [IsAuthenticated, HasScope]
    filterset_class = DeliveryFilter
    ordering_fields = {"id": "public_id", "created_at": "created_at"}

    @classmethod
    def urls_of(cls, record: Record, base: str) -> dict[str, str]:
        """Give the addresses of a delivery and of its webhook."""
        webhook = f"{base}webhooks/{record['webhook']}/"
        return {"self": f"{webhook}deliveries/{record['id']}/", "webhook": webhook}

    def get_queryset(self) -> QuerySet[Delivery]:
        """Give those of one of the asker's own webhooks. Raises NotFound for another's."""
        own = Webhook.objects.of(self.request.user)
        webhook = own.filter(public_id=self.kwargs["webhook"]).first()
        if webhook is None:
            raise NotFound
        return webhook.deliveries.select_related("webhook").prefetch_related("attempts")


def _key_after(cursor: str) -> int:
    """Give the key of the change that a cursor names. Raises InvalidFields."""
    try:
        change = change_at(cursor)
    except InvalidParameters as wrong:
        raise InvalidFields([(("after",), str(wrong.document["errors"][0]["detail"]))]) from None
    return change.pk if change else 0
