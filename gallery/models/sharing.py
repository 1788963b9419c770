"""Who else may look: roles on albums, share links, guests' verdicts, and what happened to them."""

import uuid
from datetime import date, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .photos import Album, Photo

LONGEST_COMMENT = 1000


class AlbumRole(models.Model):
    """What somebody may do with another's album.

    `person` is empty while nobody has signed up with the address that was invited.
    """

    class Role(models.TextChoices):
        """A viewer looks; an editor also uploads, retouches and renames."""

        VIEWER = "viewer", _("Viewer")
        EDITOR = "editor", _("Editor")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    album = models.ForeignKey(Album, on_delete=models.CASCADE, related_name="roles")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="album_roles",
    )
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)
    may_download = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint("album", Lower("email"), name="album_role_once_per_address"),
            models.UniqueConstraint(fields=["album", "person"], name="album_role_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.album_id}"


class ShareLinkQuerySet(QuerySet["ShareLink"]):
    """Share links that work now, and others."""

    def open(self) -> "ShareLinkQuerySet":
        """Return the links that are neither revoked nor expired, of open accounts."""
        in_time = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        there = Q(album=None) | Q(album__in=Album.objects.all())
        return self.filter(in_time, there, revoked_at=None, owner__is_active=True)


class ShareLink(models.Model):
    """A link by which people without an account see an album or some photos.

    Only the token's digest is stored, so the link is shown once; a new one can be issued.
    `version` grows with every new token and password, which ends what was opened before.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="share_links"
    )
    album = models.ForeignKey(
        Album, on_delete=models.CASCADE, null=True, blank=True, related_name="share_links"
    )
    photos = models.ManyToManyField(Photo, blank=True, related_name="share_links")
    title = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    version = models.PositiveIntegerField(default=1)
    password = models.CharField(max_length=128, blank=True, default="")
    may_download = models.BooleanField(default=False)
    shows_originals = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"share link {self.id}"

    @property
    def is_open(self) -> bool:
        """Return whether the link works now."""
        in_time = self.expires_at is None or self.expires_at > timezone.now()
        return self.revoked_at is None and in_time and self.owner.is_active

    @property
    def last_day(self) -> date | None:
        """Return the last day on which the link works, where it has one."""
        if self.expires_at is None:
            return None
        return timezone.localdate(self.expires_at - timedelta(seconds=1))


class ShareGuest(models.Model):
    """Somebody who opened a share link and gave a name; their browser's cookie holds the id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(ShareLink, on_delete=models.CASCADE, related_name="guests")
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"guest {self.id}"


class Feedback(models.Model):
    """What a guest says of one photo; can be changed until the link ends."""

    class Verdict(models.TextChoices):
        """Open until a guest decides."""

        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    guest = models.ForeignKey(ShareGuest, on_delete=models.CASCADE, related_name="feedback")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="feedback")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.OPEN)
    comment = models.CharField(max_length=LONGEST_COMMENT, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-updated_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["guest", "photo"], name="feedback_once_per_guest")
        ]

    def __str__(self) -> str:
        return f"{self.verdict} on {self.photo_id}"


class AccessRecord(models.Model):
    """What happened to the access to an album or by a link, for its owner; no network addresses."""

    class Event(models.TextChoices):
        """What is recorded."""

        ROLE_GIVEN = "role_given", _("Access given")
        ROLE_CHANGED = "role_changed", _("Access changed")
        ROLE_REMOVED = "role_removed", _("Access removed")
        ROLE_LEFT = "role_left", _("Left the album")
        LINK_CREATED = "link_created", _("Link created")
        LINK_CHANGED = "link_changed", _("Link changed")
        LINK_RENEWED = "link_renewed", _("Link replaced by a new one")
        LINK_REVOKED = "link_revoked", _("Link revoked")
        VISIT = "visit", _("A guest looked")
        GUEST_NAMED = "guest_named", _("A guest gave a name")

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_records"
    )
    album = models.ForeignKey(
        Album, on_delete=models.CASCADE, null=True, blank=True, related_name="access_records"
    )
    share = models.ForeignKey(
        ShareLink, on_delete=models.CASCADE, null=True, blank=True, related_name="records"
    )
    event = models.CharField(max_length=20, choices=Event.choices)
    subject = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.event} at {self.created_at:%Y-%m-%d %H:%M}"
