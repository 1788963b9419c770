"""Signing up, and the one-time page that makes the first account staff."""

from allauth.account.forms import SignupForm
from allauth.account.views import SignupView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts.models import EMAIL_TAKEN, User
from accounts.services import staff_invitation_accept


class SignUpView(SignupView):
    """allauth's page; 403 where sign-up is closed, no failure where two sign up at once."""

    def closed(self) -> HttpResponse:
        """Say that sign-up is closed, with the way to sign in."""
        response: HttpResponse = super().closed()
        response.status_code = 403
        return response

    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Make the account; an address that was taken since it was checked is the form's error."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().form_valid(form)
        except IntegrityError:
            if not User.objects.filter(email__iexact=form.cleaned_data["email"]).exists():
                raise
            form.add_error("email", _(EMAIL_TAKEN))
            return self.render_to_response(self.get_context_data(form=form))
        return response


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
