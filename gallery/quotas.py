"""How much a person may keep here: photos and bytes, those in the trash and analyses included."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from accounts.models import User
from gallery.errors import WishError
from gallery.models import Analysis, Photo


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


def quota_check(owner: User, more_bytes: int) -> None:
    """Refuse one photo more of so many bytes if there is no room; raises WishError.

    Called in the transaction that adds the photo: uploads of one person wait for each other here.
    """
    usage = usage_of(User.objects.select_for_update().get(pk=owner.pk))
    if usage.photos >= usage.photo_limit:
        text = _(
            "You may keep %(limit)s photos here, the trash included: empty the trash, or ask the "
            "staff for more."
        )
        raise WishError("quota_exceeded", text % {"limit": usage.photo_limit}, 413)
    if usage.bytes + more_bytes > usage.byte_limit:
        text = _(
            "You may keep %(limit)s here, the trash included: empty the trash, or ask the staff "
            "for more."
        )
        raise WishError("quota_exceeded", text % {"limit": filesizeformat(usage.byte_limit)}, 413)
