"""Refusals of the gallery's services, and the end of work that nobody wants any more."""


class WishError(Exception):
    """A wish that contradicts the state of things; code is stable, status the HTTP answer."""

    def __init__(self, code: str, detail: str, status: int = 409) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


class SupersededError(Exception):
    """The row that somebody works on belongs to another attempt by now, or is gone."""
