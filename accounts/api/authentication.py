"""API keys as `Authorization: Bearer KEY`."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiKey, User
from accounts.services import api_key_verify


class ApiKeyAuthentication(BaseAuthentication):
    """Authenticates a request by its bearer key; requests without one are left to sessions."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        """Return the key's person and the key; raises AuthenticationFailed for a bad key."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        key = api_key_verify(key=parts[1].decode("latin-1")) if len(parts) == 2 else None
        if key is None:
            raise AuthenticationFailed("The API key is unknown, disabled or expired.")
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """Make failures answer 401 with this challenge."""
        return "Bearer"
