"""The recipe: what a person wishes for a photo, as a small versioned value."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

VERSION = 1
CONCERNS = ("blemishes", "evenness", "shine", "under_eyes", "light")
FORMATS = ("original", "jpeg", "png", "webp", "avif")


class RecipeError(Exception):
    """A recipe that cannot be followed.

    code: `unknown_recipe_key` or `invalid_recipe`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Recipe:
    """Strengths 0..1 per concern, whether moles and freckles stay, and the output's coding."""

    version: int = VERSION
    blemishes: float = 1.0
    evenness: float = 0.0
    shine: float = 0.0
    under_eyes: float = 0.0
    light: float = 0.5
    keep_marks: bool = True
    format: str = "original"
    quality: int | None = None

    @property
    def smooth(self) -> dict[str, float]:
        """Return the strengths of the smooth changes, by name, that are over 0."""
        strengths = {
            "evenness": self.evenness,
            "shine": self.shine,
            "under_eyes": self.under_eyes,
        }
        return {name: strength for name, strength in strengths.items() if strength > 0}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> "Recipe":
        """Build a recipe, filling in defaults; raises RecipeError."""
        if not isinstance(values or {}, Mapping):
            raise RecipeError("invalid_recipe", "A recipe is an object of keys and values.")
        values = dict(values or {})
        known = [field.name for field in fields(cls)]
        for key in values:
            if key not in known:
                raise RecipeError(
                    "unknown_recipe_key", f"Unknown key {key!r}; known keys: {', '.join(known)}."
                )
        for concern in CONCERNS:
            if concern in values:
                values[concern] = _strength(concern, values[concern])
        _check_rest(values)
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Return every key, defaults included."""
        return asdict(self)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON."""
        canonical = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def _strength(concern: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise RecipeError("invalid_recipe", f"{concern} must be a number from 0 to 1.")
    return float(value)


def _check_rest(values: dict[str, Any]) -> None:
    version = values.get("version", VERSION)
    if type(version) is not int or version != VERSION:
        raise RecipeError("invalid_recipe", f"version must be {VERSION}.")
    if not isinstance(values.get("keep_marks", True), bool):
        raise RecipeError("invalid_recipe", "keep_marks must be true or false.")
    if values.get("format", "original") not in FORMATS:
        raise RecipeError("invalid_recipe", f"format must be one of {', '.join(FORMATS)}.")
    quality = values.get("quality")
    whole = isinstance(quality, int) and not isinstance(quality, bool)
    if quality is not None and not (whole and 1 <= quality <= 100):
        raise RecipeError(
            "invalid_recipe", "quality must be a whole number from 1 to 100, or null."
        )
