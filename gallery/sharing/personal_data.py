"""What the export of a person's data holds of sharing: all that is theirs or was said to them."""

from typing import Any

from accounts.models import User
from gallery.models import AccessRecord, AlbumRole, Feedback, Group, ShareLink


def sharing_rows(user: User) -> dict[str, Any]:
    """Return a person's roles, links, guests' words, records and sitters as plain rows."""
    given = AlbumRole.objects.filter(album__owner=user)
    links = ShareLink.objects.filter(owner=user)
    said = Feedback.objects.filter(photo__owner=user)
    sitters = Group.objects.filter(owner=user).exclude(sitter_name="")
    return {
        "roles_given": list(given.values("album", "email", "role", "may_download", "created_at")),
        "roles_received": list(user.album_roles.values("album", "role", "created_at")),
        "share_links": list(
            links.values(
                "id", "title", "album", "may_download", "shows_originals",
                "expires_at", "revoked_at", "created_at",
            )
        ),
        "feedback": list(
            said.values("photo", "guest__share", "guest__name", "verdict", "comment", "updated_at")
        ),
        "access_records": list(
            AccessRecord.objects.filter(owner=user).values("event", "subject", "created_at")
        ),
        "sitters": list(sitters.values("id", "sitter_name", "consent_note", "delete_by")),
    }  # fmt: skip
