"""Applies a picture's look-up table and gain, judges the dead zone, agrees a group's tone."""

from .application import Tone, apply_tone, at_strength
from .dead_zone import DEAD_ZONE, is_well_lit, tone_change
from .storage import TABLE_FILE, read_tone, stored_tone

__all__ = [
    "DEAD_ZONE",
    "TABLE_FILE",
    "Tone",
    "apply_tone",
    "at_strength",
    "is_well_lit",
    "read_tone",
    "stored_tone",
    "tone_change",
]
