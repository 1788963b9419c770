"""Applies a picture's look-up table and gain, judges the dead zone, agrees a group's tone."""

from .application import Tone, apply_tone, at_strength

__all__ = ["Tone", "apply_tone", "at_strength"]
