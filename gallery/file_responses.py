"""Answers that carry a photo's bytes: always an attachment or a sandboxed picture, never cached
by others."""

from django.http import FileResponse, Http404

from gallery import storage


def file_response(
    path: str, *, content_type: str, file_name: str, etag: str, download: bool = False
) -> FileResponse:
    """Stream a stored file that the caller has authorised; raises Http404 where it is gone."""
    if not path or not storage.exists(path):
        raise Http404
    response = FileResponse(
        storage.open_file(path),
        content_type=content_type,
        as_attachment=download,
        filename=file_name,
    )
    response["ETag"] = f'"{etag}"'
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
