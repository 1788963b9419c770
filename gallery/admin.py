"""Staff pages of the gallery: retouches with their errors."""

from django.contrib import admin

from gallery.models import Retouch


@admin.register(Retouch)
class RetouchAdmin(admin.ModelAdmin):
    """What was wished and how it went; people's photos are not shown."""

    list_display = ("id", "owner", "status", "version", "attempt", "error_code", "created_at")
    list_filter = ("status", "error_code")
    readonly_fields = [field.name for field in Retouch._meta.fields]
