"""Staff pages of the gallery: retouches with their errors."""

from django.contrib import admin
from django.http import HttpRequest

from gallery.models import Retouch


@admin.register(Retouch)
class RetouchAdmin(admin.ModelAdmin):
    """What was wished and how it went; people's photos are not shown."""

    list_display = ("id", "owner", "status", "version", "attempt", "error_code", "created_at")
    list_filter = ("status", "error_code")
    readonly_fields = [field.name for field in Retouch._meta.fields]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a wish is a person's."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Retouch | None = None) -> bool:
        """Refuse: rows deleted here would leave their files behind."""
        return False
