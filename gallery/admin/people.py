"""People with what they keep: the accounts' own page, and the gallery's figures beside it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from accounts.admin import UserAdmin
from accounts.models import User
from gallery.quotas import usage_from, users_with_usage

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People, what they keep and what they may keep."""

    list_display = (
        "email", "is_active", "is_staff", "photos", "storage", "newest_wish", "last_login",
        "date_joined",
    )  # fmt: skip
    fields = (*UserAdmin.fields, "photos", "storage", "newest_wish")
    readonly_fields = (*UserAdmin.readonly_fields, "photos", "storage", "newest_wish")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Add up what each person keeps in the same query."""
        return users_with_usage(super().get_queryset(request))

    @admin.display(description="photos, of most", ordering="kept_photos")
    def photos(self, user: Any) -> str:
        """Return how many photos a person keeps, and may keep."""
        usage = usage_from(user)
        return f"{usage.photos} of {usage.photo_limit}"

    @admin.display(description="kept, of most", ordering="kept_bytes")
    def storage(self, user: Any) -> str:
        """Return how much a person keeps, and may keep."""
        usage = usage_from(user)
        share = f" ({usage.bytes / usage.byte_limit:.0%})" if usage.byte_limit else ""
        return f"{filesizeformat(usage.bytes)} of {filesizeformat(usage.byte_limit)}{share}"

    @admin.display(description="newest wish", ordering="newest_wish_at")
    def newest_wish(self, user: Any) -> Any:
        """Return when the person wished a retouch last."""
        return user.newest_wish_at
