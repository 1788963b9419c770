"""What every REST endpoint shares: cursor pages and problem+json errors with stable codes."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.response import Response


class CreatedCursorPagination(CursorPagination):
    """Pages `{next, previous, results}`, newest first."""

    ordering = "-created_at"
    # Rows that were made at the same moment are told apart by counting: never too few.
    offset_cutoff = 1_000_000
    page_size_query_param = "page_size"
    max_page_size = 200


class ShallowJSONParser(JSONParser):
    """JSON whose nesting Python can follow; deeper is refused as malformed."""

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the parsed body; raises ParseError."""
        try:
            return super().parse(stream, *args, **kwargs)
        except RecursionError as error:
            raise ParseError("The JSON is nested too deeply.") from error


class JSONOnlyNegotiation(BaseContentNegotiation):
    """Rows are JSON and results are pictures, whatever a client says that it accepts."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        """Return the parser of the request's content type."""
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type


def problem_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer any API error as RFC 9457 problem+json: type, title, status, detail, code."""
    # DRF's views import this module through the settings, so they cannot be imported above.
    from rest_framework.views import exception_handler

    response = exception_handler(exc, context)
    if response is None:
        return None
    problem = {
        "type": "about:blank",
        "title": _phrase(response.status_code),
        "status": response.status_code,
        "detail": _detail(exc),
        "code": _code(exc),
    }
    if isinstance(exc, ValidationError):
        problem["errors"] = exc.detail
    response.data = problem
    response.content_type = "application/problem+json"
    return response


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        # A protocol's own, as tus' 460.
        return "Error"


def _code(exc: Exception) -> str:
    if isinstance(exc, ValidationError):
        return "invalid"
    if isinstance(exc, PermissionDenied):
        return "permission_denied"
    codes = exc.get_codes() if isinstance(exc, APIException) else None
    return codes if isinstance(codes, str) else "not_found"


def _detail(exc: Exception) -> str:
    if isinstance(exc, ValidationError):
        return _first_message(exc.detail)
    if isinstance(exc, PermissionDenied):
        return str(exc) or "Permission denied."
    return str(exc.detail) if isinstance(exc, APIException) else "Not found."


def _first_message(detail: Any) -> str:
    if isinstance(detail, dict):
        field, value = next(iter(detail.items()))
        return f"{field}: {_first_message(value)}"
    if isinstance(detail, list):
        return _first_message(detail[0])
    return str(detail)
