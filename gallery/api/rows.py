"""Rows as programs and pages see them: one shape for REST and the socket."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gallery.groups import group_progress
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
)
from gallery.selectors import newest_version
from gallery.sentences import said
from job_queue.queue import job_id, queue_positions

LEFT_OUT = "This photo could not be read or is in the trash."


def album_row(album: Album) -> dict[str, Any]:
    """Return an album's row."""
    return {
        "id": str(album.pk),
        "title": album.title,
        "cover": str(album.cover_id) if album.cover_id else None,
        "recipe": album.recipe,
        "retouch_on_upload": album.retouch_on_upload,
        "created_at": _time(album.created_at),
    }


def photo_row(photo: Photo) -> dict[str, Any]:
    """Return a photo's row; width and height are upright."""
    return {
        "id": str(photo.pk),
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "bytes": photo.bytes,
        "format": photo.format,
        "name": photo.name,
        "albums": [str(album.pk) for album in photo.albums.all()],
        "taken_at": _time(photo.taken_at),
        "created_at": _time(photo.created_at),
    }


def retouch_row(retouch: Retouch, positions: dict[str, int] | None = None) -> dict[str, Any]:
    """Return a retouch's row; `positions` saves asking the queue for each row of a list."""
    queued = retouch.status == Retouch.Status.QUEUED
    if queued and positions is None:
        positions = queue_positions()
    position = (positions or {}).get(job_id(str(retouch.pk), retouch.enqueue_number))
    version = newest_version(retouch)
    failed = retouch.status == Retouch.Status.FAILED
    return {
        "id": str(retouch.pk),
        "photo": str(retouch.photo_id),
        "recipe": retouch.recipe,
        "checkpoint": {"name": retouch.checkpoint_name, "sha256": retouch.checkpoint_sha256},
        "version": retouch.version,
        "status": retouch.status,
        "progress": retouch.progress,
        "queue_position": position if queued else None,
        "attempt": retouch.attempt,
        "report": version.report if version else None,
        "error": {"code": retouch.error_code, "detail": said(retouch.error_detail)}
        if failed
        else None,
        "created_at": _time(retouch.created_at),
        "started_at": _time(retouch.started_at),
        "finished_at": _time(retouch.finished_at),
    }


def role_row(role: AlbumRole) -> dict[str, Any]:
    """Return a role's row; it does not say whether the address has an account."""
    return {
        "id": str(role.pk),
        "email": role.email,
        "role": role.role,
        "may_download": role.may_download,
        "created_at": _time(role.created_at),
    }


def share_row(link: ShareLink) -> dict[str, Any]:
    """Return a share link's row; the token is shown at its making alone."""
    return {
        "id": str(link.pk),
        "title": link.title,
        "album": str(link.album_id) if link.album_id else None,
        "photos": [str(photo.pk) for photo in link.photos.all()],
        "has_password": bool(link.password),
        "may_download": link.may_download,
        "shows_originals": link.shows_originals,
        "is_open": link.is_open,
        "expires_at": _time(link.expires_at),
        "revoked_at": _time(link.revoked_at),
        "created_at": _time(link.created_at),
    }


def feedback_row(feedback: Feedback) -> dict[str, Any]:
    """Return a row of what a guest says of a photo."""
    return {
        "id": str(feedback.pk),
        "photo": str(feedback.photo_id),
        "share": str(feedback.guest.share_id),
        "guest": feedback.guest.name,
        "verdict": feedback.verdict,
        "comment": feedback.comment,
        "created_at": _time(feedback.created_at),
        "updated_at": _time(feedback.updated_at),
    }


def group_row(group: Group, *, tells_sitter: bool) -> dict[str, Any]:
    """Return a group's row; `failed` holds the photos that could not take part, with the reason.

    tells_sitter: whether what is written down of the sitter is shown, which is the owner's alone.
    """
    day = group.delete_by if tells_sitter else None
    members = list(group.members.select_related("retouch").order_by("pk"))
    return {
        "id": str(group.pk),
        "photos": [str(m.photo_id) for m in members],
        "reference": str(group.reference_id) if group.reference_id else None,
        "status": group.status,
        "progress": group_progress(group),
        "glc_before": group.glc_before,
        "glc_after": group.glc_after,
        "failed": [_left_out(m) for m in members if group.agreed_at and m.is_left_out],
        "error": {"code": group.error_code, "detail": said(group.error_detail)}
        if group.status == Group.Status.FAILED
        else None,
        "sitter_name": group.sitter_name if tells_sitter else "",
        "consent_note": group.consent_note if tells_sitter else "",
        "delete_by": day.isoformat() if day else None,
        "created_at": _time(group.created_at),
        "finished_at": _time(group.finished_at),
    }


def _left_out(member: GroupPhoto) -> dict[str, str]:
    retouch = member.wished
    return {
        "photo": str(member.photo_id),
        "code": retouch.error_code or "left_out",
        "detail": said(retouch.error_detail or LEFT_OUT),
    }


def retouch_rows(retouches: Iterable[Retouch]) -> list[dict[str, Any]]:
    """Return rows of many retouches, asking the queue once."""
    positions = queue_positions()
    return [retouch_row(retouch, positions) for retouch in retouches]


def upload_row(upload: Upload) -> dict[str, Any]:
    """Return an upload's row; photo and retouch are there once it is finished.

    upload: with what its sender may see, see `selectors.uploads_for`.
    """
    return {
        "id": str(upload.pk),
        "name": upload.name,
        "album": str(upload.album_id) if upload.album_id else None,
        "length": upload.length,
        "offset": upload.offset,
        "photo": photo_row(upload.photo) if upload.photo else None,
        "retouch": retouch_row(upload.retouch) if upload.retouch else None,
        "already_here": upload.known,
        "created_at": _time(upload.created_at),
        "expires_at": _time(upload.expires_at),
    }


def _time(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None
