"""Find faces, landmarks and skin; cut the aligned crop and undo the cut."""

from .crop import WORKING_FACE_WIDTH, FaceCrop, face_crop, resize_to_photo, resize_to_working
from .finder import Face, FaceFinder
from .models import FaceModelError
from .skin import skin_mask

__all__ = [
    "WORKING_FACE_WIDTH",
    "Face",
    "FaceCrop",
    "FaceFinder",
    "FaceModelError",
    "face_crop",
    "resize_to_photo",
    "resize_to_working",
    "skin_mask",
]
