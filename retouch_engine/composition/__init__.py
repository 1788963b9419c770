"""Edit to layers and marks, recomposition and guard; numpy only."""

from .concerns import gain_on_skin, stored_density, total_density, with_density, with_gain
from .enlargement import carried_edit
from .group_marks import group_decisions
from .guard import (
    LIMITS,
    SkinFigures,
    Verdict,
    judge,
    landmarks_moved,
    skin_figures,
    verdict_of,
    worst,
)
from .layers import KEEP, REMOVE, FaceLayers, Mark, signed_edit
from .overlapping import without_overlap
from .patches import added_contrast, added_noise, spill
from .recomposition import compose, overlap, remove_marks, removed_labels
from .spot_classifier import (
    FEATURES,
    SpotClassifier,
    SpotParts,
    check_shares,
)
from .spots import Spot, SpotEvidence, find_spots, parts_of
from .tiles import packed, unpacked

__all__ = [
    "FEATURES",
    "KEEP",
    "LIMITS",
    "REMOVE",
    "FaceLayers",
    "Mark",
    "SkinFigures",
    "Spot",
    "SpotClassifier",
    "SpotEvidence",
    "SpotParts",
    "Verdict",
    "added_contrast",
    "added_noise",
    "carried_edit",
    "check_shares",
    "compose",
    "find_spots",
    "gain_on_skin",
    "group_decisions",
    "judge",
    "landmarks_moved",
    "overlap",
    "packed",
    "parts_of",
    "remove_marks",
    "removed_labels",
    "signed_edit",
    "skin_figures",
    "spill",
    "stored_density",
    "total_density",
    "unpacked",
    "verdict_of",
    "with_density",
    "with_gain",
    "without_overlap",
    "worst",
]
