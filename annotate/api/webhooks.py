"""Webhooks over the API: their owners make, change and test them, and read their log."""

from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import webhooks
from annotate.api.changes import START, change_at
from annotate.api.fields import ProjectField
from annotate.api.serializers import RecordSerializer
from annotate.api.views import ETAG, ETAG_SHAPE, IF_MATCH, PublicViewSet
from annotate.models import Action, Delivery, DeliveryState, Kind, Webhook
from articles import outbound
from articles.api.problems import InvalidFields, InvalidParameters, Problem
from articles.api.streams import StreamedListMixin
from articles.api.strict import StrictSerializer

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
        except outbound.Refused as refused:
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
    type = serializers.ChoiceField(choices=["changes", "ping"])
    changes = serializers.IntegerField(help_text="How many.")
    state = serializers.ChoiceField(choices=DeliveryState.choices)
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(many=True)


@extend_schema_view(
    list=extend_schema(summary="List your webhooks"),
    retrieve=extend_schema(summary="Read a webhook", parameters=[ETAG]),
    create=extend_schema(
        summary="Make a webhook",
        request=NewWebhookSerializer,
        responses={201: MadeWebhookSerializer},
        parameters=[ETAG],
    ),
    partial_update=extend_schema(summary="Change a webhook", parameters=[IF_MATCH, ETAG]),
    destroy=extend_schema(summary="Delete a webhook with its log"),
    test=extend_schema(
        summary="Send a ping to a webhook", request=None, responses={202: DeliverySerializer}
    ),
)
class WebhookViewSet(StreamedListMixin, PublicViewSet):
    """Webhooks: where changes are sent to as they are made. Everybody sees their own."""

    queryset = Webhook.objects.all()
    serializer_class = WebhookSerializer
    permission_classes = [IsAuthenticated]

    def get_queryset(self) -> QuerySet[Webhook]:
        """Give the asker's own."""
        return Webhook.objects.of(self.request.user).select_related("project")

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read one."""
        return self.answer(self.get_object())

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
        return self.answer(webhook, status=201, secret=webhook.secret)

    def partial_update(self, request: Request, **_: Any) -> Response:
        """Change one; what is not given stays. One that was paused goes on at once."""
        seen = ETAG_SHAPE.match(request.headers.get("If-Match", "").strip())
        if not seen:
            raise Problem(
                "precondition-required",
                "Name the revision that you saw",
                status=428,
                detail='Send the ETag of the webhook as you read it in If-Match, such as "3".',
            )
        serializer = self.get_serializer(self.get_object(), data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        with transaction.atomic():
            own = Webhook.objects.of(request.user).select_for_update()
            webhook = own.filter(public_id=self.kwargs["public_id"]).first()
            if webhook is None:
                raise NotFound
            if webhook.revision != int(seen[1]):
                raise Problem(
                    "revision-conflict",
                    "The webhook has changed",
                    status=412,
                    detail="Look at what is there now and write again naming that revision.",
                    current=webhook.record(),
                )
            for name, value in serializer.validated_data.items():
                setattr(webhook, name, value)
            webhook.look_again()
            webhook.save(update_fields=[*serializer.validated_data, *Webhook.STATE])
        return self.answer(webhook)

    def destroy(self, request: Request, **_: Any) -> Response:
        """Delete one. Nothing more is sent to it."""
        self.get_object().delete()
        return Response(status=204)

    @action(detail=True, methods=["post"])
    def test(self, request: Request, **_: Any) -> Response:
        """Send a ping soon: a delivery without changes. The log tells what came of it."""
        return Response(webhooks.ping(self.get_object()).record(), status=202)

    def answer(self, webhook: Webhook, status: int = 200, **more: str) -> Response:
        """Write a webhook down, with the tag of its revision."""
        return Response({**webhook.record(), **more}, status=status, headers={"ETag": webhook.etag})


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
class DeliveryViewSet(StreamedListMixin, mixins.RetrieveModelMixin, PublicViewSet):
    """The log of a webhook. What is over is kept for 30 days."""

    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    permission_classes = [IsAuthenticated]
    filterset_class = DeliveryFilter

    def get_queryset(self) -> QuerySet[Delivery]:
        """Give those of one of the asker's own webhooks. Raises NotFound for another's."""
        own = Webhook.objects.of(self.request.user)
        webhook = own.filter(public_id=self.kwargs["webhook"]).first()
        if webhook is None:
            raise NotFound
        return webhook.deliveries.prefetch_related("attempts")


def _key_after(cursor: str) -> int:
    """Give the key of the change that a cursor names. Raises InvalidFields."""
    try:
        change = change_at(cursor)
    except InvalidParameters as wrong:
        raise InvalidFields([(("after",), str(wrong.document["errors"][0]["detail"]))]) from None
    return change.pk if change else 0
