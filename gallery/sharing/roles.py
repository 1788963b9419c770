"""Roles on albums: given by e-mail address, taken up by whoever has or will have the account."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from gallery.errors import WishError
from gallery.models import AccessRecord, Album, AlbumRole
from gallery.sharing import records

MOST_ROLES = 200
Event = AccessRecord.Event


@transaction.atomic
def role_give(
    *, album: Album, email: str, role: str = AlbumRole.Role.VIEWER, may_download: bool = True
) -> tuple[AlbumRole, bool]:
    """Give the person of an e-mail address a role; returns it and whether it is new.

    Nothing tells whether the address has an account: without one the role takes effect at the
    sign-up. Raises WishError `invalid_email`, `own_album`, `too_many_roles`.
    """
    address = _address(album, email)
    person = User.objects.filter(email__iexact=address).first()
    known = _known_role(album, address, person)
    if known is not None:
        return role_change(role=known, to=role, may_download=may_download), False
    if album.roles.count() >= MOST_ROLES:
        text = _("At most %(count)s people can have a role: use a link for more.")
        raise WishError("too_many_roles", text % {"count": MOST_ROLES}, 400)
    given = AlbumRole.objects.create(
        album=album,
        email=address,
        person=person,
        role=role,
        may_download=may_download,
    )
    records.album_event(album, Event.ROLE_GIVEN, _words(given))
    return given, True


def _known_role(album: Album, address: str, person: User | None) -> AlbumRole | None:
    """Return the role of an address, or of its person by an address that they had before."""
    known = album.roles.filter(email__iexact=address).first()
    if known is not None or person is None:
        return known
    former = album.roles.filter(person=person).first()
    if former is not None:
        former.email = address
        former.save(update_fields=["email"])
    return former


def _address(album: Album, email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        text = _("This is no e-mail address: %(email)s")
        raise WishError("invalid_email", text % {"email": address[:100]}, 400) from error
    if address == album.owner.email.lower():
        raise WishError("own_album", _("This is the album's owner."), 400)
    return address


def _words(role: AlbumRole) -> str:
    downloads = _("with downloads") if role.may_download else _("without downloads")
    return f"{role.email}: {role.get_role_display()}, {downloads}"


@transaction.atomic
def role_change(
    *, role: AlbumRole, to: str | None = None, may_download: bool | None = None
) -> AlbumRole:
    """Give somebody another role, or downloads; holds from the next request on."""
    role.role = to if to is not None else role.role
    role.may_download = role.may_download if may_download is None else may_download
    role.save(update_fields=["role", "may_download"])
    records.album_event(role.album, Event.ROLE_CHANGED, _words(role))
    return role


@transaction.atomic
def role_remove(*, role: AlbumRole) -> None:
    """Take a role away; holds from the next request on."""
    records.album_event(role.album, Event.ROLE_REMOVED, role.email)
    role.delete()


@transaction.atomic
def album_leave(*, album: Album, person: User) -> bool:
    """Give one's own role on an album back; returns whether there was one."""
    role = album.roles.filter(person=person).first()
    if role is None:
        return False
    records.album_event(album, Event.ROLE_LEFT, role.email)
    role.delete()
    return True


def roles_claim(*, person: User) -> None:
    """Let the invitations to a person's address take effect."""
    for role in AlbumRole.objects.filter(email__iexact=person.email, person=None):
        try:
            with transaction.atomic():
                AlbumRole.objects.filter(pk=role.pk).update(person=person)
        except IntegrityError:
            # They have a role on this album already, by an address that they had before.
            role.delete()
