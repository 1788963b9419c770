"""Answers that carry a photo's bytes: always an attachment or a sandboxed picture, never cached
by others."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from gallery import storage


async def _one_by_one(response: StreamingHttpResponse) -> AsyncIterator[bytes]:
    """Yield a response's pieces, each made in a thread; Django would gather them in memory."""
    pieces: Iterator[bytes] = iter(response)
    read = sync_to_async(lambda: next(pieces, b""), thread_sensitive=False)
    while piece := await read():
        yield piece


class PrivateFileResponse(FileResponse):
    """A file that an ASGI server sends piece by piece."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the file's pieces."""
        return _one_by_one(self)


class ZipResponse(StreamingHttpResponse):
    """A zip that is made while it is sent; no piece is empty."""

    def __init__(self, pieces: Iterator[bytes], *, file_name: str) -> None:
        super().__init__(pieces, content_type="application/zip")
        self["Content-Disposition"] = content_disposition_header(True, file_name)
        self["Cache-Control"] = "private, no-store"
        self["X-Content-Type-Options"] = "nosniff"

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the zip's pieces."""
        return _one_by_one(self)


def file_response(
    path: str, *, content_type: str, file_name: str, etag: str, download: bool = False
) -> FileResponse:
    """Stream a stored file that the caller has authorised; raises Http404 where it is gone."""
    if not path or not storage.exists(path):
        raise Http404
    response = PrivateFileResponse(
        storage.open_file(path),
        content_type=content_type,
        as_attachment=download,
        filename=file_name,
    )
    _guard(response, etag)
    return response


def bytes_response(data: bytes, *, content_type: str, etag: str) -> HttpResponse:
    """Answer with a small picture that the caller has authorised and read."""
    response = HttpResponse(data, content_type=content_type)
    _guard(response, etag)
    return response


def _guard(response: HttpResponseBase, etag: str) -> None:
    response["ETag"] = f'"{etag}"'
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
