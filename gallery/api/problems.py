"""Refusals with stable codes, answered as problem+json."""

from rest_framework.exceptions import APIException


class ProblemError(APIException):
    """A refusal with a stable code, answered as problem+json."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail, code)
        self.status_code = status
