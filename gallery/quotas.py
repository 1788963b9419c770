"""How much a person may keep here: photos and bytes, those in the trash included.

Bytes are those of originals and analyses. Renditions do not count: they can be made again from
the two without the networks, and a person has no say in how many there are.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import BigIntegerField, Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from gallery.errors import WishError
from gallery.models import Analysis, Photo, Retouch, Upload


@dataclass(frozen=True)
class Usage:
    """What a person keeps and may keep."""

    photos: int
    bytes: int
    photo_limit: int
    byte_limit: int


def usage_of(user: User) -> Usage:
    """Return what a person keeps; limits of their own win over the installation's."""
    return usage_from(users_with_usage(User.objects.all()).get(pk=user.pk))


def users_with_usage(users: QuerySet[User]) -> QuerySet[User]:
    """Return people with `kept_photos`, `kept_bytes` and `newest_wish_at`, in one query."""
    photos = Photo.objects.filter(owner=OuterRef("pk")).order_by().values("owner")
    analyses = Analysis.objects.filter(photo__owner=OuterRef("pk")).order_by()
    wishes = Retouch.objects.filter(owner=OuterRef("pk")).order_by("-created_at")
    return users.annotate(
        kept_photos=_or_zero(photos.annotate(n=Count("pk")).values("n")),
        kept_bytes=_or_zero(photos.annotate(n=Sum("bytes")).values("n"))
        + _or_zero(analyses.values("photo__owner").annotate(n=Sum("bytes")).values("n")),
        newest_wish_at=Subquery(wishes.values("created_at")[:1]),
    )


def _or_zero(query: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(query, output_field=BigIntegerField()), 0)


def usage_from(user: Any) -> Usage:
    """Return the usage of a row that `users_with_usage` gave."""
    return Usage(
        photos=user.kept_photos,
        bytes=user.kept_bytes,
        photo_limit=settings.QUOTA_PHOTOS if user.quota_photos is None else user.quota_photos,
        byte_limit=settings.QUOTA_BYTES if user.quota_bytes is None else user.quota_bytes,
    )


def quota_check(owner: User, more_bytes: int, *, with_unfinished: bool = False) -> None:
    """Refuse one photo more of so many bytes if there is no room; raises WishError.

    Called in the transaction that adds the photo: uploads of one person wait for each other here.
    Before an upload begins, those that are not finished count too.
    """
    usage = usage_of(User.objects.select_for_update().get(pk=owner.pk))
    coming, coming_bytes = _unfinished(owner) if with_unfinished else (0, 0)
    if usage.photos + coming >= usage.photo_limit:
        text = _(
            "You may keep %(limit)s photos here, the trash included: empty the trash, or ask the "
            "staff for more."
        )
        raise _exceeded(text % {"limit": usage.photo_limit}, coming)
    if usage.bytes + coming_bytes + more_bytes > usage.byte_limit:
        text = _(
            "You may keep %(limit)s here, the trash included: empty the trash, or ask the staff "
            "for more."
        )
        raise _exceeded(text % {"limit": filesizeformat(usage.byte_limit)}, coming)


def _unfinished(owner: User) -> tuple[int, int]:
    """Return how many photos of a person are on their way, and their bytes."""
    theirs = Q(album__owner=owner) | Q(album=None, owner=owner)
    found = Upload.objects.filter(theirs, photo=None, expires_at__gt=timezone.now()).aggregate(
        count=Count("pk"), total=Coalesce(Sum("length"), 0)
    )
    return found["count"], found["total"]


def _exceeded(text: str, coming: int) -> WishError:
    if coming:
        text = f"{text} {_('Uploads that are not finished count too.')}"
    return WishError("quota_exceeded", text, 413)
