"""Marks of one person are recognised from photo to photo."""

import cv2
import numpy as np

from retouch_engine.retoucher import Retoucher, as_photo, group_decisions
from tests.support.portraits import painted_astronaut


def test_spots_of_a_turned_and_smaller_photo_are_recognised_as_the_same(
    retoucher: Retoucher,
) -> None:
    photo = as_photo(painted_astronaut()[0])
    analysis = retoucher.analyse(photo)
    turn = cv2.getRotationMatrix2D((512, 512), 9.0, 0.85)
    turned = cv2.warpAffine(photo.pixels, turn, (1024, 1024), flags=cv2.INTER_AREA)
    other = retoucher.analyse(as_photo(np.asarray(turned, np.uint8)))
    decisions = group_decisions([analysis.layers, other.layers])
    kept = [list(chosen.values()).count("keep") for chosen in decisions]
    assert kept[0] == kept[1]
    assert kept[0] >= 0.6 * min(len(analysis.marks), len(other.marks))
