"""Files for download: every format, profile, metadata and layers, from one finished version."""

import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

from retouch_engine.imaging import ColourTransform, decode
from retouch_engine.recipe import Recipe, RecipeError
from retouch_engine.retoucher import (
    Analysis,
    ExportOptions,
    FinishedVersion,
    Retoucher,
    exported,
    tile_levels,
)
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.tone import Tone
from retouch_engine.tone.application import identity_lut
from tests.support.portraits import encoded, painted_astronaut
from tests.support.profiles import DISPLAY_P3, icc_profile

PROFILE = icc_profile(*DISPLAY_P3, "Display P3")
RECIPE = Recipe(evenness=0.6, shine=0.5, under_eyes=0.7, light=0.5)


def located() -> bytes:
    """Return EXIF that names the camera and the place."""
    tags = Image.Exif()
    tags[ExifTags.Base.Make] = "Camera"
    tags.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: (48.0, 8.0, 0.0)})
    return tags.tobytes()


@pytest.fixture(scope="module")
def source() -> bytes:
    return encoded(painted_astronaut()[0], quality=92, icc_profile=PROFILE, exif=located())


@pytest.fixture(scope="module")
def analysis(source: bytes) -> Analysis:
    found = Retoucher.load(shipped_checkpoint_path()).analyse(decode(source))
    # Whatever the networks think of its eyes and its light, something has to be laid on.
    (face,) = found.layers
    eyes = np.full_like(face.concerns["under_eyes"], 134)
    layers = (replace(face, concerns={**face.concerns, "under_eyes": eyes}),)
    darker = Tone(identity_lut(9) * np.float32(0.9), np.zeros((2, 2, 2), np.float32))
    return replace(found, tone=darker, layers=layers)


@pytest.fixture
def version(source: bytes, analysis: Analysis) -> FinishedVersion:
    return FinishedVersion(decode(source), analysis, RECIPE, {})


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("name", "kind", "most"),
    [("original", "JPEG", 20), ("jpeg", "JPEG", 20), ("png", "PNG", 0), ("webp", "WEBP", 0),
     ("avif", "AVIF", 40)],
)  # fmt: skip
def test_every_format_keeps_profile_and_pixels_and_loses_the_place(
    version: FinishedVersion,
    name: str,
    kind: str,
    most: int,
) -> None:
    image = opened(exported(version, ExportOptions(format=name)).data)
    assert (image.format, image.size) == (kind, (1024, 1024))
    assert image.info["icc_profile"] == PROFILE
    assert image.getexif()[ExifTags.Base.Make] == "Camera"
    assert not image.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    lossless = opened(exported(version, ExportOptions(format="png")).data)
    difference = np.abs(np.asarray(image.convert("RGB")).astype(int) - np.asarray(lossless))
    assert difference.max() <= most


def test_the_file_is_what_the_platform_renders(version: FinishedVersion) -> None:
    result = Retoucher.render(version.photo, version.analysis, version.recipe, {})
    strength = result.report["guard_strength"]
    again = exported(replace(version, strength=strength), ExportOptions())
    assert again.data == result.encoded.data


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "avif"])
def test_the_place_goes_out_only_if_asked_for_and_nothing_where_nothing_is_wished(
    version: FinishedVersion,
    format: str,  # noqa: A002
) -> None:
    kept = opened(exported(version, ExportOptions(format=format, metadata="keep_gps")).data)
    assert kept.getexif().get_ifd(ExifTags.IFD.GPSInfo)[1] == "N"
    bare = opened(exported(version, ExportOptions(format=format, metadata="none")).data)
    assert not dict(bare.getexif())
    assert bare.info["icc_profile"] == PROFILE


def test_an_untouched_file_with_xmp_is_not_copied_with_it() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">exif:GPSLatitude="48,8N"</x:xmpmeta>'
    pixels = np.full((64, 64, 3), 90, np.uint8)
    for kind in ("WEBP", "PNG"):
        buffer = io.BytesIO()
        image = Image.fromarray(pixels)
        if kind == "PNG":
            from PIL.PngImagePlugin import PngInfo

            text = PngInfo()
            text.add_itxt("XML:com.adobe.xmp", xmp.decode())
            image.save(buffer, kind, pnginfo=text)
        else:
            image.save(buffer, kind, lossless=True, xmp=xmp)
        photo = decode(buffer.getvalue())
        analysis = Retoucher.load(shipped_checkpoint_path()).analyse(photo)
        result = Retoucher.render(photo, analysis, Recipe())
        assert b"GPSLatitude" not in result.encoded.data
        assert np.array_equal(np.asarray(opened(result.encoded.data).convert("RGB")), pixels)


def test_the_size_is_reduced_and_never_enlarged(version: FinishedVersion) -> None:
    small = opened(exported(version, ExportOptions(long_side=400, format="png")).data)
    assert small.size == (400, 400)
    same = opened(exported(version, ExportOptions(long_side=4000, format="png")).data)
    assert same.size == (1024, 1024)


def rendered(version: FinishedVersion) -> np.ndarray:
    image = opened(exported(version, ExportOptions(format="png")).data)
    return np.asarray(image.convert("RGB"))


def laid(below: np.ndarray, rgba: np.ndarray, x: int, y: int) -> np.ndarray:
    """Lay a layer over a picture, as programs do: by its opacity."""
    result = below.astype(np.float64)
    height, width = rgba.shape[:2]
    part = result[y : y + height, x : x + width]
    opacity = rgba[..., 3:].astype(np.float64) / rgba[..., 3].max()
    part[...] = part * (1 - opacity) + rgba[..., :3] * opacity
    return result


def test_openraster_layers_compose_to_the_result(version: FinishedVersion) -> None:
    made = exported(version, ExportOptions(layers="openraster"))
    assert (made.extension, made.content_type) == (".ora", "image/openraster")
    assert made.data[30:54] == b"mimetypeimage/openraster"
    archive = zipfile.ZipFile(io.BytesIO(made.data))
    assert archive.testzip() is None
    first = archive.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    stack = ElementTree.fromstring(archive.read("stack.xml"))
    assert (stack.get("w"), stack.get("h")) == ("1024", "1024")
    layers = list(reversed(stack.findall("./stack/layer")))
    assert [layer.get("name") for layer in layers] == [
        "original", "blemishes", "evenness", "shine", "under_eyes", "light",
    ]  # fmt: skip
    picture = np.zeros((1024, 1024, 3))
    for layer in layers:
        rgba = np.asarray(opened(archive.read(str(layer.get("src")))).convert("RGBA"))
        picture = laid(picture, rgba, int(str(layer.get("x"))), int(str(layer.get("y"))))
    expected = ColourTransform(PROFILE).to_srgb(rendered(version)).astype(int)
    assert np.abs(picture - expected).max() <= 1
    merged = np.asarray(opened(archive.read("mergedimage.png")).convert("RGB")).astype(int)
    assert np.abs(merged - expected).max() <= 1
    assert max(opened(archive.read("Thumbnails/thumbnail.png")).size) == 256


def test_tiff_layers_are_16_bits_in_the_photos_profile_and_compose_to_the_result(
    version: FinishedVersion,
) -> None:
    made = exported(version, ExportOptions(layers="tiff"))
    assert (made.extension, made.content_type) == (".tif", "image/tiff")
    picture = np.zeros((1024, 1024, 3))
    with tifffile.TiffFile(io.BytesIO(made.data)) as file:
        names = [page.tags["PageName"].value for page in file.pages]
        for page in file.pages:
            assert page.dtype == np.uint16
            assert page.tags["InterColorProfile"].value == PROFILE
            x, y = (page.tags[name].value[0] for name in ("XPosition", "YPosition"))
            picture = laid(picture, page.asarray(), x, y)
    assert names == ["original", "blemishes", "evenness", "shine", "under_eyes", "light"]
    assert np.abs(picture / 257 - rendered(version)).max() <= 1


@pytest.mark.parametrize(
    "wish",
    [{"format": "gif"}, {"quality": 0}, {"quality": 101}, {"quality": True}, {"long_side": 15},
     {"long_side": 1.5}, {"metadata": "some"}, {"layers": "psd"}, {"unknown": 1},
     {"layers": "openraster", "long_side": 400}, {"layers": "tiff", "format": "png"}],
)  # fmt: skip
def test_what_cannot_be_written_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(RecipeError) as caught:
        ExportOptions.from_dict(wish)
    assert caught.value.code == "invalid_export"


def test_tiles_hold_every_pixel_once_at_each_size() -> None:
    pixels = np.asarray(Image.fromarray(painted_astronaut()[0]).resize((1400, 1100)))
    levels = tile_levels(pixels, 400)
    assert [(one.width, one.height) for one in levels] == [(1400, 1100), (700, 550)]
    for level in levels:
        picture = np.zeros((level.height, level.width, 3), np.uint8)
        for number, tile in enumerate(level.tiles):
            row, column = divmod(number, level.columns)
            values = np.asarray(opened(tile))
            place = (slice(row * 512, row * 512 + 512), slice(column * 512, column * 512 + 512))
            picture[place] = values
        size = (level.width, level.height)
        expected = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
        difference = np.abs(picture.astype(int) - expected)
        assert difference.mean() < 1
        assert difference.max() <= 10
