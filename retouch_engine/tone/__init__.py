"""Applies a picture's look-up table and gain, judges the dead zone, agrees a group's tone."""

from .agreement import (
    Anchor,
    agreed_anchor,
    anchor_of,
    matching_tone,
    mean_chromaticity,
    tone_variance,
)
from .application import Tone, apply_tone, at_strength
from .dead_zone import DEAD_ZONE, needed_tone, tone_change
from .storage import TABLE_FILE, read_tone, shown_tone, stored_tone

__all__ = [
    "DEAD_ZONE",
    "TABLE_FILE",
    "Anchor",
    "Tone",
    "agreed_anchor",
    "anchor_of",
    "apply_tone",
    "at_strength",
    "matching_tone",
    "mean_chromaticity",
    "needed_tone",
    "read_tone",
    "shown_tone",
    "stored_tone",
    "tone_change",
    "tone_variance",
]
