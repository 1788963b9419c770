"""Tiles of a picture at its full size, for pages that zoom in.

They are made by a worker when somebody asks, shared by all who may see the photo, and thrown away
again, those first that nobody asked for longest, where all together take more than TILES_BYTES.
"""

import logging
from itertools import accumulate, pairwise
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from gallery import storage
from gallery.errands import errand_queue, errand_run
from gallery.models import Errand, Photo, Rendition, TileSet
from gallery.runs import PREVIEW_SIZE
from retouch_engine import retoucher
from retouch_engine.retoucher import ImageLimits

logger = logging.getLogger(__name__)

CONTENT_TYPE = "image/jpeg"
# Our own renditions may take more bytes than an upload: a PNG of a JPEG does.
LARGEST_FILE = 2**40


@transaction.atomic
def tiles_request(*, photo: Photo, rendition: Rendition | None = None) -> TileSet:
    """Return the tiles of a photo's original, or of one of its renditions; made if they are not."""
    held = TileSet.objects.select_for_update()
    row, created = held.get_or_create(photo=photo, rendition=rendition)
    TileSet.objects.filter(pk=row.pk).update(used_at=timezone.now())
    gone = row.status == Errand.Status.SUCCEEDED and not storage.exists(row.file)
    if created or gone or row.status == Errand.Status.FAILED:
        errand_queue(row, first=True)
    return row


def tiles_run(identifier: str) -> None:
    """Cut the picture of job `{row id}-{number}`."""
    errand_run(TileSet, identifier, _cut)
    tiles_evict()


def _cut(row: TileSet) -> dict[str, Any]:
    source = row.photo.file if row.rendition is None else row.rendition.file
    limits = ImageLimits(LARGEST_FILE, settings.UPLOAD_MAX_PIXELS)
    picture = retoucher.decode(storage.read(source), limits)
    levels = retoucher.tile_levels(retoucher.srgb_pixels(picture), PREVIEW_SIZE)
    tiles = [tile for level in levels for tile in level.tiles]
    ends = iter(accumulate(len(tile) for tile in tiles))
    described = [
        {
            "width": level.width,
            "height": level.height,
            "columns": level.columns,
            "rows": level.rows,
            "ends": [next(ends) for _ in level.tiles],
        }
        for level in levels
    ]
    # Under one name: what is made again, or by two at once, replaces the same file.
    name = f"tiles/{row.pk}"
    storage.replace(name, b"".join(tiles))
    return {"file": name, "bytes": sum(map(len, tiles)), "levels": described}


def tile_read(row: TileSet, level: int, column: int, line: int) -> bytes | None:
    """Return one tile's JPEG; None where there is none or its file is gone."""
    if row.status != Errand.Status.SUCCEEDED or level >= len(row.levels):
        return None
    found = row.levels[level]
    if column >= found["columns"] or line >= found["rows"]:
        return None
    before = row.levels[level - 1]["ends"][-1] if level else 0
    spans = list(pairwise([before, *found["ends"]]))
    start, end = spans[line * found["columns"] + column]
    try:
        with storage.open_file(row.file) as file:
            file.seek(start)
            return bytes(file.read(end - start))
    except OSError:
        return None


def tiles_evict() -> None:
    """Remove the sets that nobody asked for longest, until the rest takes at most TILES_BYTES."""
    finished = TileSet.objects.filter(status=Errand.Status.SUCCEEDED)
    excess = (finished.aggregate(total=Sum("bytes"))["total"] or 0) - settings.TILES_BYTES
    if excess <= 0:
        return
    for row in finished.order_by("used_at").iterator():
        row.delete()
        storage.remove(row.file)
        excess -= row.bytes
        if excess <= 0:
            break
