"""What the gallery's staff pages share: rows that are read, and changed by services alone."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class FactsAdmin(admin.ModelAdmin):
    """Rows of people's own: shown without what is theirs alone, never added or deleted here."""

    list_per_page = 50
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return every field that is shown."""
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: these rows are people's wishes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: rows deleted here would leave their files behind."""
        return False
