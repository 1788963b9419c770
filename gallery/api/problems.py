"""Refusals with stable codes, answered as problem+json."""

from collections.abc import Iterator
from contextlib import contextmanager

from rest_framework.exceptions import APIException

from gallery.errors import WishError
from gallery.sentences import said
from retouch_engine.retoucher import CheckpointError, ImageError, RecipeError

UPLOAD_STATUS = {"too_large": 413, "too_many_pixels": 413, "unsupported_format": 415}
UUID_PATH = "[^/.]+"


class ProblemError(APIException):
    """A refusal with a stable code, answered as problem+json."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail, code)
        self.status_code = status


@contextmanager
def problems() -> Iterator[None]:
    """Answer the refusals of services and engine as problem+json."""
    try:
        yield
    except ImageError as error:
        raise ProblemError(
            error.code, said(error.detail), UPLOAD_STATUS.get(error.code, 400)
        ) from error
    except RecipeError as error:
        raise ProblemError(error.code, said(error.detail), 400) from error
    except WishError as error:
        raise ProblemError(error.code, said(error.detail), error.status) from error
    except CheckpointError as error:
        raise ProblemError(error.code, said(error.detail), 503) from error
