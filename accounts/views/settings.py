"""A person's settings: preferences, sign-in, keys for programs, their data."""

import secrets
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import personal_data, selectors, services
from accounts.forms import ApiKeyForm, DeleteAccountForm, PasswordForm

TICKET = "api_key_ticket"


@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show everything that can be set."""
    return _page(request, ApiKeyForm(user=request.user))  # type: ignore[arg-type]


@login_required
@never_cache
@require_POST
def api_key_create(request: HttpRequest) -> HttpResponse:
    """Make a key and show it this once; the same form sent again makes no second one."""
    form = ApiKeyForm(request.POST, user=request.user)  # type: ignore[arg-type]
    if _too_often(request, form) or not form.is_valid():
        return _page(request, form, status=400)
    if request.session.pop(TICKET, None) != request.POST.get("ticket"):
        messages.warning(
            request,
            _("This form was sent already. If you have not noted the key, withdraw it here."),
        )
        return redirect("settings")
    key, plain = services.api_key_create(user=request.user, **form.key())  # type: ignore[arg-type]
    return _page(request, ApiKeyForm(user=request.user), new_key=key, plain=plain)  # type: ignore[arg-type]


@login_required
@require_POST
def api_key_withdraw(request: HttpRequest, key_id: int) -> HttpResponse:
    """End one of the person's keys."""
    if services.api_key_withdraw(user=request.user, key_id=key_id):  # type: ignore[arg-type]
        messages.success(request, _("The key is withdrawn: programs that use it are refused now."))
    return redirect("settings")


@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send everything that is kept of the person as one archive."""
    entries = personal_data.entries_of(request.user)  # type: ignore[arg-type]
    pieces = personal_data.zip_pieces(entries)
    response = StreamingHttpResponse(
        personal_data.sent_from_threads(pieces), content_type="application/zip"
    )
    response["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
def delete(request: HttpRequest) -> HttpResponse:
    """Ask, then close the account at once and have everything in it erased."""
    form = DeleteAccountForm(request.POST or None, user=request.user)  # type: ignore[arg-type]
    if request.method == "POST" and not _too_often(request, form) and form.is_valid():
        services.account_close(user=request.user)  # type: ignore[arg-type]
        logout(request)
        messages.success(
            request, _("Your account is closed. Your photos are being erased, within minutes.")
        )
        return redirect("home")
    return render(request, "accounts/delete.html", {"form": form})


def _too_often(request: HttpRequest, form: PasswordForm) -> bool:
    """Count a guess at the password; note in the form where there were too many."""
    if ratelimit.consume(request, action="reauthenticate", user=request.user):
        return False
    form.add_error(None, _("Too many tries: wait a few minutes, then try again."))
    return True


def _page(request: HttpRequest, form: ApiKeyForm, status: int = 200, **more: Any) -> HttpResponse:
    ticket = request.session[TICKET] = secrets.token_urlsafe(12)
    context = {
        "form": form,
        "ticket": ticket,
        "keys": selectors.api_keys_of(request.user),  # type: ignore[arg-type]
        "has_password": request.user.has_usable_password(),  # type: ignore[union-attr]
        **more,
    }
    return render(request, "accounts/settings.html", context, status=status)
