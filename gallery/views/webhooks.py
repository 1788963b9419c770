"""The page of a person's webhooks: add, test, enable again, delete, and see how deliveries went."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from gallery.errors import WishError
from gallery.models import Webhook
from gallery.permissions import Action
from gallery.webhooks import selectors, services
from gallery.webhooks.addresses import LONGEST_URL
from gallery.webhooks.signing import webhook_secret

SHOWN_DELIVERIES = 5
NEW = "new_webhooks"
DOUBLE_CLICK = timedelta(seconds=10)
EVENT_LABELS = (
    (services.SUCCEEDED, gettext_lazy("A retouch succeeded")),
    (services.FAILED, gettext_lazy("A retouch failed")),
)


class WebhookForm(forms.Form):
    """An address and its events."""

    url = forms.CharField(max_length=LONGEST_URL)
    events = forms.MultipleChoiceField(
        choices=EVENT_LABELS,
        error_messages={"required": gettext_lazy("Choose at least one event.")},
    )


@login_required
@never_cache
def webhook_list(request: HttpRequest) -> HttpResponse:
    """Show webhooks and add one; a secret is shown once, right after it was made."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _added(request, form):
        return redirect("gallery:webhooks")
    shown = selectors.webhooks_with_latest(request.user, SHOWN_DELIVERIES)
    new = request.session.pop(NEW, []) if request.method == "GET" else []
    context = {
        "form": form,
        "events": EVENT_LABELS,
        "chosen": form["events"].value() or [] if form.is_bound else services.EVENTS,
        "webhooks": shown,
        "secrets": [(w.url, webhook_secret(w)) for w in shown if str(w.pk) in new],
    }
    return render(request, "gallery/webhooks.html", context, status=400 if form.errors else 200)


def _added(request: HttpRequest, form: WebhookForm) -> bool:
    wish: dict[str, Any] = form.cleaned_data
    webhook = _just_added(request, wish["url"])
    try:
        webhook = webhook or services.webhook_create(
            owner=request.user,  # type: ignore[arg-type]
            **wish,
        )
    except WishError as refusal:
        form.add_error("url", refusal.detail)
        return False
    # The id alone: the secret is made from it again when the page is shown.
    request.session[NEW] = [str(webhook.pk)]
    return True


def _just_added(request: HttpRequest, url: str) -> Webhook | None:
    """Return what the first half of a double click has made."""
    recent = timezone.now() - DOUBLE_CLICK
    mine = selectors.webhooks_for(request.user, Action.MANAGE)
    return mine.filter(url=url, created_at__gte=recent).first()


@login_required
@require_POST
def webhook_test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Send a test message."""
    webhook = selectors.webhook_for(request.user, webhook_id, Action.MANAGE)
    try:
        services.webhook_test(webhook=webhook)
        messages.success(request, _("A test message is on its way: look below in a moment."))
    except WishError as refusal:
        messages.error(request, refusal.detail)
    return redirect("gallery:webhooks")


@login_required
@require_POST
def webhook_enable(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Begin again with a clean record."""
    webhook = selectors.webhook_for(request.user, webhook_id, Action.MANAGE)
    services.webhook_change(webhook=webhook, enabled=True)
    messages.success(request, _("The webhook is enabled."))
    return redirect("gallery:webhooks")


@login_required
@require_POST
def webhook_delete(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Delete a webhook; once it is gone, doing so again changes nothing."""
    webhook = selectors.webhooks_for(request.user, Action.MANAGE).filter(pk=webhook_id).first()
    if webhook is not None:
        services.webhook_delete(webhook=webhook)
        messages.info(request, _("The webhook is deleted."))
    return redirect("gallery:webhooks")
