"""Photos and groups by id: size and state, no pictures, no titles, no file names."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from gallery.admin.facts import FactsAdmin
from gallery.models import Group, Photo


@admin.register(Photo)
class PhotoAdmin(FactsAdmin):
    """What is kept, by id."""

    list_display = ("id", "owner", "format", "size", "kept", "created_at", "deleted_at")
    list_filter = ("format", ("deleted_at", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "=sha256", "owner__email")
    search_help_text = "The id or SHA-256 of a photo, or an e-mail address."
    ordering = ("-created_at",)
    fields = ("id", "owner", "sha256", "format", "size", "kept", "has_preview", "created_at",
              "deleted_at", "retouch_count", "analysis_count")  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Photo | None = None) -> bool:
        """Refuse: an original is immutable."""
        return False

    @admin.display(description="pixels", ordering="width")
    def size(self, photo: Photo) -> str:
        """Return width and height, upright."""
        return f"{photo.width} × {photo.height}"

    @admin.display(description="bytes", ordering="bytes")
    def kept(self, photo: Photo) -> str:
        """Return the original's size."""
        return filesizeformat(photo.bytes)

    @admin.display(description="retouches")
    def retouch_count(self, photo: Photo) -> int:
        """Return how many wishes there are."""
        return photo.retouches.count()

    @admin.display(description="analyses")
    def analysis_count(self, photo: Photo) -> int:
        """Return how often the networks ran on it."""
        return photo.analyses.count()


@admin.register(Group)
class GroupAdmin(FactsAdmin):
    """Photos that get one tone, with the reason where that failed."""

    list_display = ("id", "owner", "status", "photo_count", "left_out", "error_code", "glc_before",
                    "glc_after", "created_at")  # fmt: skip
    list_filter = ("status", "error_code", "created_at")
    list_select_related = ("owner",)
    search_fields = ("=id", "owner__email")
    search_help_text = "The id of a group, or an e-mail address."
    fields = ("id", "owner", "status", "photo_count", "left_out", "error_code", "error_detail",
              "glc_before", "glc_after", "enqueue_number", "queued_at", "created_at", "agreed_at",
              "finished_at")  # fmt: skip

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse: jobs write these rows."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """Count the photos in the same query."""
        out = Q(members__judged=False, members__retouch__isnull=False)
        counts = {"photo_n": Count("members"), "left_out_n": Count("members", filter=out)}
        return super().get_queryset(request).annotate(**counts)

    @admin.display(description="photos", ordering="photo_n")
    def photo_count(self, group: Any) -> int:
        """Return how many photos belong to it."""
        return int(group.photo_n)

    @admin.display(description="left out")
    def left_out(self, group: Any) -> int | str:
        """Return how many photos could not take part, once that is known."""
        return int(group.left_out_n) if group.agreed_at else "-"
