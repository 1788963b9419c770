"""Files that are given away hold the picture and nothing personal."""

import io
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, ImageCms

from retouch_engine.imaging import ImageError, without_metadata
from retouch_engine.imaging.jpeg_segments import with_exif

SECRETS = (b"Anna", b"ACME Camera", b"xmpmeta", b"48.2")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">Anna 48.2</x:xmpmeta>'
FORMATS = {
    "JPEG": {"quality": 90, "comment": b"Anna", "xmp": XMP},
    "PNG": {},
    "WEBP": {"lossless": True, "xmp": XMP},
    "AVIF": {"quality": 80, "xmp": XMP},
}


def personal_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x013B], exif[0x0112] = "ACME Camera", "Anna", orientation
    exif.get_ifd(0x8825).update({1: "N", 2: (48.2, 0.0, 0.0)})
    return exif


def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 60, 3), np.uint8))


def file_with_secrets(name: str, orientation: int = 1) -> bytes:
    buffer = io.BytesIO()
    options = dict(FORMATS[name])
    if name == "PNG":
        from PIL.PngImagePlugin import PngInfo

        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Author", "Anna")
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = personal_exif(orientation).tobytes()
    picture().save(buffer, name, exif=exif, icc_profile=profile, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_pixels_and_profile_stay_and_all_else_goes(name: str) -> None:
    before = file_with_secrets(name)
    assert b"Anna" in before
    after = without_metadata(before)
    with Image.open(io.BytesIO(before)) as old, Image.open(io.BytesIO(after)) as new:
        np.testing.assert_array_equal(np.asarray(old), np.asarray(new))
        assert new.info["icc_profile"] == old.info["icc_profile"]
        assert dict(new.getexif()) == {}
        assert not new.getexif().get_ifd(0x8825)
    assert not [secret for secret in SECRETS if secret in after]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_its_metadata_turns_is_still_turned(name: str) -> None:
    after = without_metadata(file_with_secrets(name, orientation=6))
    with Image.open(io.BytesIO(after)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
    assert not [secret for secret in SECRETS if secret in after]


@pytest.mark.parametrize("name", FORMATS)
def test_a_bare_file_stays_as_it_is(name: str) -> None:
    bare = without_metadata(file_with_secrets(name))
    assert without_metadata(bare) == bare


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_what_follows_the_picture_goes(name: str) -> None:
    assert b"Anna" not in without_metadata(file_with_secrets(name) + b"Anna")


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_cut_file_is_refused_or_gives_nothing_away(name: str, share: float) -> None:
    whole = file_with_secrets(name)
    after = b""
    with suppress(ImageError):
        after = without_metadata(whole[: int(len(whole) * share)])
    assert not [secret for secret in SECRETS if secret in after]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8", b"\xff\xd8\xff\xe1\0\0", b"RIFF"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ImageError, match="without its metadata"):
        without_metadata(data)


def test_a_jpeg_that_ends_nowhere_is_refused() -> None:
    cut = with_exif(file_with_secrets("JPEG"), None)[:-2]
    with pytest.raises(ImageError):
        without_metadata(cut)
