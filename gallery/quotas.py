"""How much a person may keep here: photos and bytes, those in the trash and analyses included."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from gallery.errors import WishError
from gallery.models import Analysis, Photo, Upload


@dataclass(frozen=True)
class Usage:
    """What a person keeps and may keep."""

    photos: int
    bytes: int
    photo_limit: int
    byte_limit: int


def usage_of(user: User) -> Usage:
    """Return what a person keeps; limits of their own win over the installation's."""
    photos = Photo.objects.filter(owner=user)
    analyses = Analysis.objects.filter(photo__owner=user)
    total = sum(rows.aggregate(total=Sum("bytes"))["total"] or 0 for rows in (photos, analyses))
    return Usage(
        photos=photos.count(),
        bytes=total,
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
