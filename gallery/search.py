"""What a person looks for among photos, and in which order they see them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from gallery.models import Photo

# By name of the order: the fields of a cursor, the last one for photos that are alike otherwise.
ORDERS: dict[str, tuple[str, ...]] = {
    "newest": ("-created_at", "-pk"),
    "oldest": ("created_at", "pk"),
    "name": ("name_key", "pk"),
    "taken": ("-taken_key", "-pk"),
    "taken_first": ("taken_key", "pk"),
}
NEWEST = "newest"
LONGEST_TEXT = 200


@dataclass(frozen=True)
class PhotoSearch:
    """Words of a photo's name, and days (both included) of its upload or its taking."""

    text: str = ""
    uploaded_from: date | None = None
    uploaded_to: date | None = None
    taken_from: date | None = None
    taken_to: date | None = None

    def __bool__(self) -> bool:
        """Return whether anything is looked for."""
        return self != PhotoSearch()

    def among(self, photos: QuerySet[Photo]) -> QuerySet[Photo]:
        """Return those of the photos that are looked for."""
        found = Q()
        for word in self.text.split():
            found &= Q(name__icontains=word)
        found &= _days("created_at", self.uploaded_from, self.uploaded_to)
        # A camera's clock has no time zone: what it showed is kept as if it were UTC.
        found &= _days("taken_at", self.taken_from, self.taken_to, UTC)
        return photos.filter(found)


def _days(field: str, first: date | None, last: date | None, zone: tzinfo | None = None) -> Q:
    found = Q()
    if first is not None:
        found &= Q(**{f"{field}__gte": _midnight(first, zone)})
    if last is not None and last < date.max:
        found &= Q(**{f"{field}__lt": _midnight(last + timedelta(days=1), zone)})
    return found


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), zone)


def ordered(photos: QuerySet[Photo], order: str) -> QuerySet[Photo]:
    """Return the photos in an order of `ORDERS`, with what it is made by."""
    keys: dict[str, Any] = {}
    if order == "name":
        keys = {"name_key": Lower("name")}
    elif order.startswith("taken"):
        # Photos that do not say when they were taken stand where they were uploaded.
        keys = {"taken_key": Coalesce(F("taken_at"), F("created_at"))}
    return photos.annotate(**keys).order_by(*ORDERS[order])
