"""Edit to layers and marks, recomposition and guard; numpy only."""

from .concerns import stored_density, total_density, with_density
from .guard import Verdict, judge
from .layers import KEEP, REMOVE, FaceLayers, Mark, Spot, compose, find_spots, signed_edit

__all__ = [
    "KEEP",
    "REMOVE",
    "FaceLayers",
    "Mark",
    "Spot",
    "Verdict",
    "compose",
    "find_spots",
    "judge",
    "signed_edit",
    "stored_density",
    "total_density",
    "with_density",
]
