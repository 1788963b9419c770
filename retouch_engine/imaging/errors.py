"""Refusals of pictures, with stable codes."""

from dataclasses import dataclass


class ImageError(Exception):
    """A picture that cannot be used.

    code: `not_an_image`, `unsupported_format`, `animated`, `empty_file`, `too_large`,
    `too_many_pixels` or `truncated`; detail: one sentence for the person who sent it.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class ImageLimits:
    """What is refused before a pixel is decoded."""

    max_bytes: int = 100 * 1024 * 1024
    max_pixels: int = 120_000_000
