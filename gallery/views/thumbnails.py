"""The small pictures of grids, of an original or of what was made of it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest

from gallery import selectors
from gallery.cards import ORIGINAL
from gallery.file_responses import file_response
from retouch_engine.retoucher import GRID_PICTURES

# These never change under their address: after a day a browser asks whether it may still show them.
CACHED_SECONDS = 86_400


@login_required
def photo_picture(request: HttpRequest, photo_id: UUID, source: str, name: str) -> FileResponse:
    """Show picture `name` (such as `256.avif`) of a photo's original or of rendition `source`."""
    photo = selectors.pictured_photo_for(request.user, photo_id)
    folder = f"photos/{photo.pk}"
    if source != ORIGINAL:
        rendition = selectors.rendition_for(request.user, photo, source)
        folder = f"renditions/{rendition.pk}"
    return picture_response(folder, name)


def picture_response(folder: str, name: str) -> FileResponse:
    """Answer with a grid picture that the caller has authorised; raises Http404."""
    if name not in GRID_PICTURES:
        raise Http404
    response = file_response(
        f"{folder}/grid/{name}",
        content_type=f"image/{name.rpartition('.')[2]}",
        file_name=name,
        etag=f"{folder.rpartition('/')[2]}-{name}",
    )
    response["Cache-Control"] = f"private, max-age={CACHED_SECONDS}"
    return response
