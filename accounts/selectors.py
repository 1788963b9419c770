"""Reads of accounts, each scoped to one person."""

from django.db.models import QuerySet

from accounts.models import ApiKey, User


def api_keys_of(user: User) -> QuerySet[ApiKey]:
    """Return the keys that a person has not withdrawn, newest first."""
    return ApiKey.objects.filter(user=user, enabled=True).order_by("-created_at")
