"""Sitters: whose photos a group holds, what was agreed, and when all of it goes."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import erasure
from gallery.errors import WishError
from gallery.groups import LARGEST, photos_owner
from gallery.models import Album, Group, GroupPhoto, Photo

# So long before a day of erasure pages tell of it.
NOTICE = timedelta(days=7)


def sitter_check(
    sitter_name: str, consent_note: str = "", delete_by: date | None = None
) -> dict[str, Any]:
    """Return a group's fields; raises WishError `sitter_missing`, `delete_by_in_past`."""
    name = " ".join(sitter_name.split())[:120]
    if not name:
        raise WishError("sitter_missing", _("Say whose photos these are."), 400)
    if delete_by is not None and delete_by <= timezone.localdate():
        raise WishError("delete_by_in_past", _("Choose a day that lies in the future."), 400)
    note = consent_note.strip()[:2000]
    return {"sitter_name": name, "consent_note": note, "delete_by": delete_by}


@transaction.atomic
def sitter_create(
    *,
    photos: Iterable[Photo],
    sitter_name: str,
    consent_note: str = "",
    delete_by: date | None = None,
) -> Group:
    """Keep photos of one sitter together, without wishing one tone for them.

    Raises WishError as `sitter_check`, `several_owners`, `group_too_large`.
    """
    fields = sitter_check(sitter_name, consent_note, delete_by)
    members = list(photos)
    group = Group.objects.create(owner=photos_owner(members), status=Group.Status.KEPT, **fields)
    sitter_add(group=group, photos=members)
    return group


def sitter_add(*, group: Group, photos: Iterable[Photo]) -> int:
    """Add photos of the same owner to a sitter's group; returns how many are new.

    Raises WishError `group_too_large`.
    """
    known = set(group.members.values_list("photo", flat=True))
    new = [photo for photo in photos if photo.pk not in known and photo.owner_id == group.owner_id]
    if len(known) + len(new) > LARGEST:
        text = _("A group has at most %(count)s photos: choose fewer.") % {"count": LARGEST}
        raise WishError("group_too_large", text, 400)
    GroupPhoto.objects.bulk_create(
        [GroupPhoto(group=group, photo=photo) for photo in new], ignore_conflicts=True
    )
    return len(new)


def sitter_change(
    *, group: Group, sitter_name: str, consent_note: str = "", delete_by: date | None = None
) -> Group:
    """Write down who a group's photos show and what was agreed; raises as `sitter_check`."""
    fields = sitter_check(sitter_name, consent_note, delete_by)
    for field, value in fields.items():
        setattr(group, field, value)
    group.save(update_fields=list(fields))
    return group


def sitters_in(album: Album) -> list[Group]:
    """Return the groups with a sitter's name of which photos lie in an album, newest first."""
    groups = Group.objects.filter(owner=album.owner_id, photos__albums=album)
    return list(groups.exclude(sitter_name="", delete_by=None).distinct())


def erased_soon(album: Album) -> list[Group]:
    """Return those of an album's groups that will be erased within a week."""
    last = timezone.localdate() + NOTICE
    return [g for g in sitters_in(album) if g.delete_by is not None and g.delete_by <= last]


def sitters_sweep() -> None:
    """Erase the groups whose day has come, some photos at a turn."""
    due = Group.objects.filter(delete_by__lte=timezone.localdate()).first()
    if due is not None:
        erasure.group_erase(group=due, seconds=erasure.SWEEPING_SECONDS)
