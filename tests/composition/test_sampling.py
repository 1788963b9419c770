"""Grids that span the same area are sampled as imaging libraries sample them, also in parts."""

import cv2
import numpy as np
import pytest

from retouch_engine.composition.sampling import enlarged, nearest, part_of, sampling

SIZES = [((7, 5), (70, 33)), ((12, 9), (12, 9)), ((1, 1), (6, 4)), ((40, 30), (13, 50))]


@pytest.mark.parametrize(("small", "large"), SIZES)
@pytest.mark.parametrize("channels", [(), (3,)])
def test_bilinear_enlargement_is_the_libraries(
    small: tuple[int, int], large: tuple[int, int], channels: tuple[int, ...]
) -> None:
    values = np.random.default_rng(0).normal(0, 50, (*small, *channels)).astype(np.float32)
    rows, columns = (sampling(small[k], large[k]) for k in (0, 1))
    expected = cv2.resize(values, large[::-1], interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(
        enlarged(values, rows, columns), expected.reshape(*large, *channels), atol=1e-3
    )


def test_a_part_is_sampled_as_in_the_whole() -> None:
    values = np.random.default_rng(1).normal(0, 50, (9, 11, 3)).astype(np.float32)
    rows, columns = sampling(9, 90), sampling(11, 77)
    whole = enlarged(values, rows, columns)
    place = slice(23, 61), slice(40, 76)
    y, x = part_of(rows, place[0]), part_of(columns, place[1])
    assert np.array_equal(enlarged(values, y, x), whole[place])
    top, left = int(y[0][0]), int(x[0][0])
    y, x = part_of(rows, place[0], top), part_of(columns, place[1], left)
    assert np.array_equal(enlarged(values[top:, left:], y, x), whole[place])


@pytest.mark.parametrize(("small", "large"), [(5, 50), (7, 33), (39, 13), (1, 9), (8, 8)])
def test_the_nearest_cell_is_the_one_that_a_pixel_lies_in(small: int, large: int) -> None:
    cells = nearest(small, large)
    expected = cv2.resize(
        np.arange(small, dtype=np.uint8)[None], (large, 1), interpolation=cv2.INTER_NEAREST_EXACT
    )[0]
    assert np.array_equal(cells, expected)
