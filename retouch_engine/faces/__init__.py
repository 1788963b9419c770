"""Find faces, landmarks and skin; cut the aligned crop and undo the cut."""

from .crop import (
    WORKING_FACE_WIDTH,
    FaceCrop,
    face_crop,
    on_grid,
    resize_to_photo,
    resize_to_working,
)
from .finder import Face, FaceFinder
from .fine_evidence import fine_evidence
from .models import FaceModelError
from .pyramid import Pyramid
from .regions import (
    REGIONS,
    celeba_regions,
    is_celeba_mask,
    mirrored_regions,
    read_celeba_parts,
    region_map,
    under_eye_map,
)
from .skin import face_colour, skin_mask
from .specks import find_specks

__all__ = [
    "REGIONS",
    "WORKING_FACE_WIDTH",
    "Face",
    "FaceCrop",
    "FaceFinder",
    "FaceModelError",
    "Pyramid",
    "celeba_regions",
    "face_colour",
    "face_crop",
    "find_specks",
    "fine_evidence",
    "is_celeba_mask",
    "mirrored_regions",
    "on_grid",
    "read_celeba_parts",
    "region_map",
    "resize_to_photo",
    "resize_to_working",
    "skin_mask",
    "under_eye_map",
]
