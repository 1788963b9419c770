"""Staff pages of accounts."""

from django.contrib import admin

from accounts.models import ApiKey, User


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People."""

    list_display = ("email", "is_active", "is_staff", "date_joined", "last_login")
    search_fields = ("email",)
    fields = ("email", "first_name", "last_name", "is_active", "is_staff", "is_superuser")


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys; they are made by `create_api_key`, here they are withdrawn."""

    list_display = ("prefix", "user", "scopes", "enabled", "expires_at", "last_used_at")
    fields = ("user", "prefix", "scopes", "enabled", "expires_at", "last_used_at")
    readonly_fields = ("user", "prefix", "scopes", "last_used_at")

    def has_add_permission(self, request: object) -> bool:
        """Refuse: a key typed in here would have no secret."""
        return False
