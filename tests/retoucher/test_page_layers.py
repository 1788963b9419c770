"""What a page computes from the layers file is what the server renders, at the page's size."""

import json
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from retouch_engine.imaging import ColourTransform, DecodedPhoto, decode_layer
from retouch_engine.recipe import Recipe
from retouch_engine.rendering import composed
from retouch_engine.retoucher import Analysis, Retoucher, as_photo, page_layers
from retouch_engine.services import shipped_checkpoint_path
from tests.support.portraits import painted_astronaut

Pixels = NDArray[np.uint8]
SMOOTH = {"evenness": 1.0, "shine": 0.7, "under_eyes": 1.0}


class PageFile:
    """Reads the file and blends as the page's scripts do, in numpy."""

    def __init__(self, data: bytes) -> None:
        (length,) = struct.unpack("<I", data[:4])
        self.header: dict[str, Any] = json.loads(data[4 : 4 + length])
        self.body = data[4 + length :]
        self.original = self.picture(self.header["original"])
        self.atlas = self.picture(self.header["atlas"])

    def picture(self, place: list[int]) -> Pixels:
        return np.asarray(decode_layer(self.body[place[0] : place[0] + place[1]]), np.uint8)

    def shown(self, removed: set[int], recipe: Recipe) -> NDArray[np.float32]:
        without = self.original.astype(np.int16)
        for mark in self.header["marks"]:
            if mark["id"] in removed:
                without[place(mark)] += self.edit(mark)
        original = self.original.astype(np.float32)
        pixels = original + recipe.blemishes * (np.clip(without, 0, 255) - original)
        for face in self.header["faces"]:
            if face["skin"] is not None:
                self.lay_concerns(pixels, face, recipe.smooth)
        return pixels

    def edit(self, mark: dict[str, int]) -> NDArray[np.int16]:
        rows = slice(mark["v"], mark["v"] + mark["h"])
        patch = self.atlas[rows, mark["u"] : mark["u"] + mark["w"]]
        before = self.original[place(mark)]
        return (before + patch).astype(np.int16) - before

    def lay_concerns(
        self, pixels: NDArray[np.float32], face: dict[str, Any], strengths: dict[str, float]
    ) -> None:
        ys, xs = np.mgrid[: pixels.shape[0], : pixels.shape[1]].astype(np.float32)
        x0, y0, x1, y1 = face["box"]
        u, v = (xs + 0.5 - x0) / (x1 - x0), (ys + 0.5 - y0) / (y1 - y0)
        inside = ((u >= 0) & (u < 1) & (v >= 0) & (v < 1)).astype(np.float32)

        def read(place: list[int]) -> NDArray[np.float32]:
            values = self.picture(place).astype(np.float32)
            height, width = values.shape[:2]
            return cv2.remap(
                values, u * width - 0.5, v * height - 0.5, cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )  # fmt: skip

        density = sum(
            strengths.get(name, 0.0) * (read(values) - 128) / 256
            for name, values in face["concerns"].items()
        )
        skin = (read(face["skin"]) / 255 * inside)[..., None]
        pixels[...] = np.clip((pixels + 1) * np.exp(-skin * density) - 1, 0, 255)


def place(mark: dict[str, int]) -> tuple[slice, slice]:
    return (
        slice(mark["y"], mark["y"] + mark["h"]),
        slice(mark["x"], mark["x"] + mark["w"]),
    )


@pytest.fixture(scope="module")
def photo() -> DecodedPhoto:
    return as_photo(painted_astronaut()[0])


@pytest.fixture(scope="module")
def analysis(photo: DecodedPhoto) -> Analysis:
    return Retoucher.load(shipped_checkpoint_path()).analyse(photo)


def rendered(
    photo: DecodedPhoto, analysis: Analysis, recipe: Recipe, kept: set[int], size: tuple[int, int]
) -> Pixels:
    decisions = {mark.id: "keep" if mark.id in kept else "remove" for mark in analysis.marks}
    pixels = composed(photo, analysis, recipe, decisions)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return ColourTransform(photo.icc_profile).to_srgb(np.asarray(small, np.uint8))


@pytest.mark.parametrize("side", [2048, 700, 333])
@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(blemishes=0.5),
        Recipe(blemishes=0.0, **SMOOTH),
        Recipe(**SMOOTH),
        Recipe(blemishes=0.0),
    ],
)
def test_the_page_shows_what_the_server_renders(
    photo: DecodedPhoto, analysis: Analysis, recipe: Recipe, side: int
) -> None:
    page = PageFile(page_layers(photo, analysis, side))
    height, width = page.original.shape[:2]
    assert max(height, width) == min(side, 1024)
    kept = {mark.id for mark in analysis.marks[::3]}
    ours = page.shown({mark.id for mark in analysis.marks} - kept, recipe)
    theirs = rendered(photo, analysis, recipe, kept, (width, height))
    difference = np.abs(np.rint(ours) - theirs)
    # Where smooth changes are strong, reducing before or after them differs at single pixels.
    assert difference.max() <= 3
    assert (difference > 2).mean() < 1e-4


def test_every_mark_lies_in_the_atlas_once(photo: DecodedPhoto, analysis: Analysis) -> None:
    page = PageFile(page_layers(photo, analysis, 512))
    assert sorted(mark["id"] for mark in page.header["marks"]) == [m.id for m in analysis.marks]
    taken = np.zeros(page.atlas.shape[:2], int)
    for mark in page.header["marks"]:
        taken[mark["v"] : mark["v"] + mark["h"], mark["u"] : mark["u"] + mark["w"]] += 1
        assert page.edit(mark).any()
    assert taken.max() == 1


def test_a_photo_without_faces_is_its_original_alone() -> None:
    photo = as_photo(np.full((90, 130, 3), 120, np.uint8))
    analysis = Retoucher.load(shipped_checkpoint_path()).analyse(photo)
    page = PageFile(page_layers(photo, analysis))
    assert (page.header["marks"], page.header["faces"]) == ([], [])
    assert np.array_equal(page.original, photo.pixels)
