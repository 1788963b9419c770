"""Forms of the settings page."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User

DAYS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("", _("never")))
RIGHTS = (("read write", _("read and change")), ("read", _("read only")))


class PasswordForm(forms.Form):
    """Asks for the password again before something that a thief of a session must not do."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        """Refuse a wrong password."""
        password = str(self.cleaned_data["password"])
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password


class ApiKeyForm(PasswordForm):
    """A new key for a program."""

    name = forms.CharField(
        label=_("What it is for"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    rights = forms.ChoiceField(label=_("It may"), choices=RIGHTS)
    days = forms.ChoiceField(label=_("Ends after"), choices=DAYS, required=False)
    field_order = ("name", "rights", "days", "password")

    def key(self) -> dict[str, Any]:
        """Return what the service needs to make the key."""
        days = self.cleaned_data["days"]
        return {
            "name": self.cleaned_data["name"],
            "scopes": self.cleaned_data["rights"].split(),
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
        }


class DeleteAccountForm(PasswordForm):
    """The last question before an account goes."""

    sure = forms.BooleanField(
        label=_("Yes, delete my account and all my photos for ever"),
        error_messages={"required": _("Tick this box to go on.")},
    )
    field_order = ("sure", "password")
