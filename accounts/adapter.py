"""What this installation answers where allauth asks."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Lets people sign up where the operator wants that."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether anybody may make an account."""
        return bool(settings.SIGN_UP_OPEN)


def sign_up(request: HttpRequest) -> dict[str, bool]:
    """Tell templates whether to offer it."""
    return {"sign_up_open": settings.SIGN_UP_OPEN}
