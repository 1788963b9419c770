"""Refusals of the gallery's services."""


class WishError(Exception):
    """A wish that contradicts the state of things; code is stable, status the HTTP answer."""

    def __init__(self, code: str, detail: str, status: int = 409) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
