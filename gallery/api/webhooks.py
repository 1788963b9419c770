"""REST handlers of webhooks and their deliveries."""

from datetime import UTC
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from gallery.api.problems import UUID_PATH, problems
from gallery.api.serializers import ErrorSerializer
from gallery.models import Webhook, WebhookDelivery
from gallery.permissions import Action
from gallery.webhooks import selectors, services
from gallery.webhooks.addresses import LONGEST_URL
from gallery.webhooks.signing import webhook_secret

# The API's times are in UTC, whatever the installation's time zone.
IN_UTC = {"default_timezone": UTC}
REASONS = {
    "failed_for_a_day": "Every delivery failed for a day.",
    "gone": "The receiver answered 410: gone.",
}


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """A webhook; `problem` says why the platform disabled it."""

    problem = serializers.SerializerMethodField()

    class Meta:
        model = Webhook
        fields: ClassVar = [
            "id", "url", "events", "enabled", "problem", "failures", "failing_since", "created_at",
        ]  # fmt: skip
        extra_kwargs: ClassVar = dict.fromkeys(("failing_since", "created_at"), IN_UTC)

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_problem(self, webhook: Webhook) -> dict[str, str] | None:
        """Return code and detail."""
        code = webhook.disabled_reason
        return {"code": code, "detail": REASONS.get(code, code)} if code else None


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with its secret, which is shown this once."""

    secret = serializers.SerializerMethodField()

    class Meta:
        model = Webhook
        fields: ClassVar = [*WebhookSerializer.Meta.fields, "secret"]
        extra_kwargs = WebhookSerializer.Meta.extra_kwargs

    def get_secret(self, webhook: Webhook) -> str:
        """Return the secret."""
        return webhook_secret(webhook)


class WebhookWishSerializer(serializers.Serializer[Any]):
    """An address and the events that it wants to hear of."""

    url = serializers.CharField(max_length=LONGEST_URL)
    events = serializers.ListField(child=serializers.ChoiceField(choices=services.EVENTS))


class WebhookChangeSerializer(serializers.Serializer[Any]):
    """Other events, or on and off."""

    events = serializers.ListField(
        child=serializers.ChoiceField(choices=services.EVENTS), required=False
    )
    enabled = serializers.BooleanField(required=False)


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """A delivery: what the receiver answers is not kept, but for its status."""

    class Meta:
        model = WebhookDelivery
        fields = (
            "id", "type", "retouch", "status", "attempts", "response_code", "error",
            "next_attempt_at", "created_at", "finished_at",
        )  # fmt: skip
        extra_kwargs: ClassVar = dict.fromkeys(
            ("next_attempt_at", "created_at", "finished_at"), IN_UTC
        )


class WebhookViewSet(viewsets.GenericViewSet[Any]):
    """Webhooks of the caller."""

    serializer_class = WebhookSerializer
    lookup_value_regex = UUID_PATH

    def get_queryset(self) -> Any:
        """Return the caller's webhooks."""
        return selectors.webhooks_for(self.request.user)

    def list(self, request: Request) -> Response:
        """List webhooks, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=WebhookWishSerializer, responses={201: NewWebhookSerializer})
    def create(self, request: Request) -> Response:
        """Send events to an address; the answer holds the secret, which is shown this once."""
        wish = WebhookWishSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            webhook = services.webhook_create(
                owner=request.user,  # type: ignore[arg-type]
                **wish.validated_data,
            )
        return Response(NewWebhookSerializer(webhook).data, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one webhook."""
        return Response(WebhookSerializer(selectors.webhook_for(request.user, pk)).data)

    @extend_schema(request=WebhookChangeSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Choose other events, disable, or enable again with a clean record."""
        webhook = selectors.webhook_for(request.user, pk, Action.MANAGE)
        wish = WebhookChangeSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        with problems():
            changed = services.webhook_change(webhook=webhook, **wish.validated_data)
        return Response(WebhookSerializer(changed).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a webhook; what was not delivered yet never is."""
        services.webhook_delete(webhook=selectors.webhook_for(request.user, pk, Action.MANAGE))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={202: DeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str) -> Response:
        """Send a message of type `webhook.test`."""
        webhook = selectors.webhook_for(request.user, pk, Action.MANAGE)
        with problems():
            delivery = services.webhook_test(webhook=webhook)
        return Response(DeliverySerializer(delivery).data, status.HTTP_202_ACCEPTED)

    @extend_schema(responses=DeliverySerializer(many=True), filters=False)
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        """List deliveries of the last 30 days, newest first."""
        webhook = selectors.webhook_for(request.user, pk)
        page = self.paginate_queryset(selectors.deliveries_of(webhook))
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)
