"""Files for download as a person wishes them: made by a worker, kept for EXPORT_HOURS."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from gallery import storage
from gallery.analyses import all_decisions, analysis_load, look_anchor
from gallery.errands import errand_progress, errand_queue, errand_run
from gallery.errors import WishError
from gallery.models import Errand, Export, RetouchVersion
from gallery.services import upload_limits
from retouch_engine import retoucher
from retouch_engine.retoucher import EncodedPhoto, ExportOptions, FinishedVersion, Recipe

MOST_UNFINISHED = 10
UNFINISHED = (Errand.Status.QUEUED, Errand.Status.RUNNING)
# Of one turn of the sweeper, which has other things to do.
SWEPT_AT_ONCE = 20


@transaction.atomic
def export_create(
    *, owner: User, version: RetouchVersion, options: Mapping[str, Any]
) -> tuple[Export, bool]:
    """Wish a version's file; returns the row and whether it is new.

    An equal wish of the same person that waits, runs or is done is returned instead. Raises
    RecipeError `invalid_export`, WishError `too_many_exports`.
    """
    wanted = ExportOptions.from_dict(options).to_dict()
    # Two equal wishes at once wait for each other here.
    mine = Export.objects.filter(owner=User.objects.select_for_update().get(pk=owner.pk))
    equal = mine.filter(version=version, options=wanted).exclude(status=Errand.Status.FAILED)
    for found in equal:
        if found.status != Errand.Status.SUCCEEDED or storage.exists(found.file):
            return found, False
    if mine.filter(status__in=UNFINISHED).count() >= MOST_UNFINISHED:
        text = _("At most %(count)s files are made for you at once: wait for one of them.")
        raise WishError("too_many_exports", text % {"count": MOST_UNFINISHED}, 429)
    row = Export.objects.create(owner=owner, version=version, options=wanted)
    errand_queue(row)
    return row, True


def export_run(identifier: str) -> None:
    """Write the file of job `{row id}-{number}`."""
    errand_run(Export, identifier, _write)


def _write(row: Export) -> dict[str, Any]:
    version = row.version
    photo = version.retouch.photo
    decoded = retoucher.decode(storage.read(photo.file), upload_limits())
    errand_progress(row, 0.2)
    finished = FinishedVersion(
        photo=decoded,
        analysis=analysis_load(version.rendition.analysis),
        recipe=Recipe.from_dict(version.recipe),
        decisions=all_decisions(version, version.rendition.analysis_id),
        strength=float(version.report.get("guard_strength", 1.0)),
        anchor=look_anchor(version.look),
    )
    errand_progress(row, 0.4)
    encoded = retoucher.exported(finished, ExportOptions.from_dict(row.options))
    errand_progress(row, 0.9)
    return _stored(row, encoded)


def _stored(row: Export, encoded: EncodedPhoto) -> dict[str, Any]:
    name = f"exports/{row.pk}"
    storage.replace(name, encoded.data)
    original = row.version.retouch.photo.name
    stem = original.rpartition(".")[0] or original
    return {
        "file": name,
        "bytes": len(encoded.data),
        "sha256": hashlib.sha256(encoded.data).hexdigest(),
        "content_type": encoded.content_type,
        "file_name": f"{stem[:200]}-retouched{encoded.extension}",
    }


def exports_sweep() -> None:
    """Remove exports whose hours are over, with their files."""
    before = timezone.now() - timedelta(hours=settings.EXPORT_HOURS)
    for row in Export.objects.filter(finished_at__lt=before)[:SWEPT_AT_ONCE]:
        export_erase(row=row)


def export_erase(*, row: Export) -> None:
    """Remove an export with its file."""
    row.delete()
    if row.file:
        storage.remove(row.file)
