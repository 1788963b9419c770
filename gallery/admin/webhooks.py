"""Webhooks and their deliveries: hosts and codes; the rest of an address is its owner's secret."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import ngettext

from gallery.admin.facts import FactsAdmin
from gallery.models import Webhook, WebhookDelivery
from gallery.webhooks.services import delivery_resend, webhook_change


@admin.register(Webhook)
class WebhookAdmin(FactsAdmin):
    """Who is told of events, and how that goes."""

    list_display = ("id", "owner", "host", "events", "enabled", "disabled_reason", "failures",
                    "failing_since", "created_at")  # fmt: skip
    list_filter = ("enabled", "disabled_reason")
    list_select_related = ("owner",)
    search_fields = ("=id", "owner__email")
    search_help_text = "The id of a webhook, or an e-mail address."
    actions = ["enable_selected", "disable_selected"]
    fields = ("id", "owner", "host", "events", "enabled", "disabled_reason", "failures",
              "failing_since", "paused_until", "created_at")  # fmt: skip

    @admin.action(description="Enable selected", permissions=["change"])
    def enable_selected(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        """Begin again with a clean record."""
        self._switch(request, chosen, enabled=True)

    @admin.action(description="Disable selected", permissions=["change"])
    def disable_selected(self, request: HttpRequest, chosen: QuerySet[Webhook]) -> None:
        """Send nothing any more."""
        self._switch(request, chosen, enabled=False)

    def _switch(self, request: HttpRequest, chosen: QuerySet[Webhook], *, enabled: bool) -> None:
        word = "enabled" if enabled else "disabled"
        for webhook in chosen:
            webhook_change(webhook=webhook, enabled=enabled)
            self.log_change(request, webhook, word)
        text = ngettext("%(n)s webhook is %(word)s.", "%(n)s webhooks are %(word)s.", len(chosen))
        self.message_user(request, text % {"n": len(chosen), "word": word}, messages.SUCCESS)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(FactsAdmin):
    """What was sent, how often it was tried, and what the receivers answered."""

    list_display = ("id", "webhook", "type", "status", "attempts", "response_code", "error",
                    "next_attempt_at", "created_at", "finished_at")  # fmt: skip
    list_filter = ("status", "type", "error", "response_code")
    list_select_related = ("webhook",)
    search_fields = ("=id", "=webhook__id", "=retouch__id")
    search_help_text = "The id of a delivery, of its webhook or of its retouch."
    actions = ["resend_selected"]
    fields = ("id", "webhook", "retouch", "type", "status", "attempts", "response_code", "error",
              "enqueue_number", "next_attempt_at", "created_at", "finished_at")  # fmt: skip

    @admin.action(description="Send selected again (failed)", permissions=["change"])
    def resend_selected(self, request: HttpRequest, chosen: QuerySet[WebhookDelivery]) -> None:
        """Try failed deliveries of enabled webhooks again."""
        sent = [delivery for delivery in chosen if delivery_resend(delivery=delivery)]
        for delivery in sent:
            self.log_change(request, delivery, "sent again")
        text = ngettext("%(n)s is sent again.", "%(n)s are sent again.", len(sent))
        self.message_user(request, text % {"n": len(sent)}, messages.INFO)
