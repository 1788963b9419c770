"""Who may do what with albums, photos and retouches: the one place that decides it.

Selectors scope every row and every byte by these; nothing else compares owners.
"""

from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from gallery.models import Album, Photo, Retouch, Upload, Webhook

Person = AbstractBaseUser | AnonymousUser


class Action(StrEnum):
    """What somebody wants to do, from the least to the most."""

    VIEW = "view"
    DOWNLOAD = "download"
    EDIT = "edit"
    MANAGE = "manage"


def albums_allowed(person: Person, action: Action) -> QuerySet[Album]:
    """Return the albums with which a person may do something."""
    return Album.objects.filter(owner=person.pk)


def trashed_albums_allowed(person: Person) -> QuerySet[Album]:
    """Return the albums in a person's trash, which only who owns them sees."""
    return Album.with_trashed.filter(owner=person.pk, deleted_at__isnull=False)


def photos_allowed(person: Person, action: Action) -> QuerySet[Photo]:
    """Return the photos, in the trash or not, with which a person may do something."""
    return Photo.objects.filter(owner=person.pk)


def retouches_allowed(person: Person, action: Action) -> QuerySet[Retouch]:
    """Return the retouches with which a person may do something."""
    return Retouch.objects.filter(owner=person.pk)


def webhooks_allowed(person: Person, action: Action) -> QuerySet[Webhook]:
    """Return the webhooks with which a person may do something."""
    return Webhook.objects.filter(owner=person.pk)


def uploads_allowed(person: Person) -> QuerySet[Upload]:
    """Return the uploads that a person may continue, read and end: those they began."""
    return Upload.objects.filter(owner=person.pk)
