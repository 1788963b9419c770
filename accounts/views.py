"""The one-time page that makes the first account staff."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.services import staff_invitation_accept


@login_required
def become_staff(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, then make the signed-in person staff; a link that was used says so."""
    if request.method != "POST":
        return render(request, "accounts/become_staff.html")
    if staff_invitation_accept(user=request.user, token=token):  # type: ignore[arg-type]
        messages.success(request, _("You are staff now."))
    else:
        messages.error(request, _("This link was used already or is not the newest one."))
    return redirect("gallery:album_list")
