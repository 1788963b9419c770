"""Who may call the API: signed-in people, and keys within their scopes."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey

if TYPE_CHECKING:
    # DRF imports this module while it imports its own views.
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """A session may do all; a key needs `read` for safe methods and `write` for the others."""

    message = "This API key lacks the scope for this call."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Check the person, and the key's scope where a key was used."""
        if not (request.user and request.user.is_authenticated):
            return False
        if not isinstance(request.auth, ApiKey):
            return True
        needed = "read" if request.method in SAFE_METHODS else "write"
        return needed in request.auth.scopes
