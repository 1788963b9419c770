"""Layers keep only tiles with marks, and come back exactly."""

import numpy as np
import pytest

from retouch_engine.composition import packed, unpacked
from retouch_engine.composition.sampling import enlarged, nearest, sampling
from retouch_engine.composition.tiles import TILE, occupied_tiles, tile_place, tile_spans


@pytest.mark.parametrize("size", [(64, 64), (200, 130), (1, 1), (65, 64)])
def test_packed_tiles_come_back_exactly(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(2)
    labels = np.zeros(size, np.uint16)
    labels[rng.integers(0, size[0], 3), rng.integers(0, size[1], 3)] = (1, 2, 3)
    tiles = occupied_tiles(labels)
    assert np.array_equal(unpacked(packed(labels, tiles), tiles, size), labels)
    edit = rng.integers(0, 256, (*size, 3)).astype(np.uint8)
    back = unpacked(packed(edit, tiles), tiles, size)
    for number in range(-(-size[0] // TILE) * -(-size[1] // TILE)):
        place = tile_place(number, size[1])
        assert np.array_equal(back[place], edit[place] * (number in tiles))


def test_an_empty_face_keeps_no_tile() -> None:
    labels = np.zeros((130, 130), np.uint16)
    assert occupied_tiles(labels) == []
    assert not unpacked(packed(labels, []), [], (130, 130)).any()


def test_a_picture_of_another_number_of_tiles_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        unpacked(np.zeros((64, 64), np.uint8), [0, 1, 2], (200, 200))


def test_sampling_puts_centres_on_centres() -> None:
    cells = np.arange(4, dtype=np.float32)[None]
    wide = enlarged(cells, sampling(1, 1), sampling(4, 8))[0]
    assert np.allclose(wide, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    assert nearest(4, 8).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("width", [64, 100, 640])
def test_spans_cover_exactly_the_tiles(width: int) -> None:
    across = -(-width // TILE)
    for numbers in ([], [0], list(range(3 * across)), [0, across, across + 1, 3 * across - 1]):
        covered = np.zeros((3 * TILE, width), int)
        for place in tile_spans(sorted(set(numbers)), width):
            covered[place] += 1
        expected = np.zeros_like(covered)
        for number in set(numbers):
            expected[tile_place(number, width)] = 1
        assert np.array_equal(covered, expected)
