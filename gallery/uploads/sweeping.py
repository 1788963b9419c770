"""Forgetting uploads that nobody continued, and partial files that belong to none."""

from django.utils import timezone

from gallery.models import Upload
from gallery.uploads import partial_files
from gallery.uploads.services import upload_end

# Of one turn of the sweeper, which has other things to do.
ENDED_AT_ONCE = 100
# A file is older than its row for a moment only.
ORPHAN_SECONDS = 3600.0


def upload_sweep() -> None:
    """Forget expired uploads, and the partial files of albums and people that are gone."""
    for upload in Upload.objects.filter(expires_at__lt=timezone.now())[:ENDED_AT_ONCE]:
        upload_end(upload=upload)
    old = partial_files.older_than(ORPHAN_SECONDS)
    known = set(Upload.objects.filter(pk__in=old, photo=None).values_list("pk", flat=True))
    for upload_id in set(old) - known:
        partial_files.remove(upload_id)
