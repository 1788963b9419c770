"""Who may do what with albums, photos, retouches and groups: the one place that decides it.

Selectors scope every row and every byte by these; nothing else compares owners. An owner may do
all, people with a role on an album what the role allows, a share link's guest what the link shows
now. Whatever lies in an album belongs to the album's owner, whoever uploaded it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from gallery.models import (
    Album,
    AlbumRole,
    Feedback,
    Group,
    GroupPhoto,
    Photo,
    Retouch,
    ShareLink,
    Upload,
    Webhook,
)


@dataclass(frozen=True)
class Guest:
    """Somebody who opened a share link; holds only as long as the link has this version."""

    share: UUID
    version: int


Person = AbstractBaseUser | AnonymousUser
Actor = Person | Guest


class Action(StrEnum):
    """What somebody wants to do, from the least to the most.

    VIEW: rows and pictures. COMPARE: the original beside the result, which a link may leave out.
    DOWNLOAD: whole files. EDIT: upload, retouch, decide on marks, rename, read guests' verdicts.
    MANAGE: delete, share, give roles, erase.
    """

    VIEW = "view"
    COMPARE = "compare"
    DOWNLOAD = "download"
    EDIT = "edit"
    MANAGE = "manage"


def albums_allowed(actor: Actor, action: Action) -> QuerySet[Album]:
    """Return the albums with which somebody may do something."""
    if isinstance(actor, Guest):
        return Album.objects.filter(pk__in=_albums(_links(actor, action)))
    return Album.objects.filter(_owned(actor) | Q(pk__in=_joined(actor, action)))


def trashed_albums_allowed(person: Person) -> QuerySet[Album]:
    """Return the albums in a person's trash, which only who owns them sees."""
    return Album.with_trashed.filter(owner=person.pk, deleted_at__isnull=False)


def webhooks_allowed(person: Person, action: Action) -> QuerySet[Webhook]:
    """Return the webhooks with which a person may do something."""
    return Webhook.objects.filter(owner=person.pk)


def uploads_allowed(person: Person) -> QuerySet[Upload]:
    """Return the uploads that a person may continue, read and end: those they began."""
    return Upload.objects.filter(owner=person.pk)


def photos_allowed(actor: Actor, action: Action) -> QuerySet[Photo]:
    """Return the photos with which somebody may do something.

    Those in the trash are their owner's alone.
    """
    if isinstance(actor, Guest):
        links = _links(actor, action)
        chosen = ShareLink.photos.through.objects.filter(sharelink__in=links).values("photo")
        shown = _photos_in(_albums(links))
        return Photo.objects.filter(Q(pk__in=chosen) | Q(pk__in=shown), deleted_at=None)
    joined = Q(pk__in=_photos_in(_joined(actor, action)), deleted_at=None)
    return Photo.objects.filter(_owned(actor) | joined)


def retouches_allowed(actor: Actor, action: Action) -> QuerySet[Retouch]:
    """Return the retouches with which somebody may do something: as with their photos."""
    if isinstance(actor, Guest):
        return Retouch.objects.filter(photo__in=photos_allowed(actor, action))
    joined = Q(photo__in=_photos_in(_joined(actor, action)), photo__deleted_at=None)
    return Retouch.objects.filter(_owned(actor) | joined)


def groups_allowed(actor: Actor, action: Action) -> QuerySet[Group]:
    """Return the groups with which somebody may do something: as with all of their photos."""
    if isinstance(actor, Guest):
        return Group.objects.none()
    members = GroupPhoto.objects.filter(group=OuterRef("pk"))
    out_of_reach = members.exclude(photo__in=photos_allowed(actor, action))
    return Group.objects.filter(_owned(actor) | Exists(members) & ~Exists(out_of_reach))


def feedback_allowed(person: Person, action: Action = Action.EDIT) -> QuerySet[Feedback]:
    """Return guests' verdicts that a person may read: on photos that they may edit."""
    return Feedback.objects.filter(photo__in=photos_allowed(person, action))


def links_allowed(person: Person) -> QuerySet[ShareLink]:
    """Return the share links, open or not, that a person manages."""
    return ShareLink.objects.filter(_owned(person))


def people_allowed(photo_id: UUID, action: Action) -> list[int]:
    """Return the ids of all people who may do something with a photo, its owner first."""
    owners = Photo.objects.filter(pk=photo_id).values_list("owner", flat=True)
    albums = Album.objects.filter(photos=photo_id, photos__deleted_at=None)
    roles = _roles(action).filter(album__in=albums, person__isnull=False)
    return list(dict.fromkeys([*owners, *roles.values_list("person", flat=True)]))


def _owned(person: Person) -> Q:
    # Nobody's id is none; rows that wait for an owner must not be everybody's.
    return Q(owner=person.pk) if person.is_authenticated else Q(pk__in=[])


def _photos_in(albums: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return Photo.albums.through.objects.filter(album__in=albums).values("photo")


def _joined(person: Person, action: Action) -> QuerySet[Any, Any]:
    """Return the ids of others' albums in which a person's role allows something."""
    if not person.is_authenticated:
        return Album.objects.none().values("pk")
    return _albums(_roles(action).filter(person=person.pk))


def _albums(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """Return the ids of the albums of roles or links; what `Album.objects` hides is left out."""
    return Album.objects.filter(pk__in=rows.values("album")).values("pk")


def _roles(action: Action) -> QuerySet[AlbumRole]:
    roles = AlbumRole.objects.filter(album__owner__is_active=True)
    if action in (Action.VIEW, Action.COMPARE):
        return roles
    if action == Action.DOWNLOAD:
        return roles.filter(may_download=True)
    if action == Action.EDIT:
        return roles.filter(role=AlbumRole.Role.EDITOR)
    return roles.none()


def _links(guest: Guest, action: Action) -> QuerySet[ShareLink]:
    """Return the guest's link if it is open now, has not changed, and shows this."""
    links = ShareLink.objects.open().filter(pk=guest.share, version=guest.version)
    if action == Action.VIEW:
        return links
    if action == Action.COMPARE:
        return links.filter(shows_originals=True)
    if action == Action.DOWNLOAD:
        return links.filter(may_download=True)
    return links.none()
