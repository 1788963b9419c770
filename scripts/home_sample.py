"""Make the pair of pictures that the home page compares.

Spots are painted on scikit-image's `astronaut` (NASA's portrait of Eileen Collins, in the public
domain), and the shipped checkpoint removes what it finds of them: no pixel of the second picture is
made in another way. Run it again when the shipped checkpoint changes:

    PYTHONPATH=.:platform .venv/bin/python scripts/home_sample.py
"""

from pathlib import Path

import numpy as np
from PIL import Image
from skimage.data import astronaut

from retouch_engine.faces import FaceFinder, face_crop, skin_mask
from retouch_engine.inference import Predictor
from retouch_engine.recipe import Recipe
from retouch_engine.retoucher import Retoucher, as_photo
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.synthesis import Painter, PainterConfig

FOLDER = Path(__file__).resolve().parents[1] / "static" / "home"
SIZE = 1024
SEED = 5
# Head and shoulders, in pixels of the enlarged picture: left, top, right, bottom.
FRAME = (226, 0, 706, 600)
WIDTHS = (320, 480)


def painted(clean: np.ndarray) -> np.ndarray:
    """Return the portrait with pimples, marks and a few moles on its skin."""
    image = clean.copy()
    face = FaceFinder().find(image)[0]
    crop = face_crop(face, (SIZE, SIZE))
    place = (slice(crop.y0, crop.y1), slice(crop.x0, crop.x1))
    region = np.ascontiguousarray(image[place])
    corner = np.array([crop.x0, crop.y0], np.float32)
    skin = skin_mask(region, face.landmarks - corner)
    counts = {"pimple": 14.0, "whitehead": 3.0, "faint_mark": 6.0, "dark_mark": 7.0, "mole": 2.0}
    painter = Painter(PainterConfig(counts=counts, freckles_probability=0, clean_probability=0))
    width = face.box[2] - face.box[0]
    image[place] = painter.paint(region, skin, width, np.random.default_rng(SEED)).image
    return image


def retouched(image: np.ndarray) -> np.ndarray:
    """Return what the shipped checkpoint makes of it with the default recipe, light left alone."""
    photo = as_photo(image)
    retoucher = Retoucher(Predictor.load(shipped_checkpoint_path()))
    result = retoucher.render(photo, retoucher.analyse(photo), Recipe(light=0.0))
    report = result.report
    print(f"{report['spots_removed']} spots removed, {report['marks_kept']} marks kept")  # noqa: T201
    return result.srgb


def save(pixels: np.ndarray, name: str) -> None:
    """Write one picture at both widths, as AVIF and as WebP for older browsers."""
    picture = Image.fromarray(pixels).crop(FRAME)
    for width in WIDTHS:
        size = (width, round(width * picture.height / picture.width))
        small = picture.resize(size, Image.Resampling.LANCZOS)
        small.save(FOLDER / f"{name}-{width}.avif", quality=72, speed=2)
        small.save(FOLDER / f"{name}-{width}.webp", quality=84, method=6)


def main() -> None:
    """Make both pictures."""
    FOLDER.mkdir(exist_ok=True)
    clean = Image.fromarray(astronaut()).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    before = painted(np.asarray(clean))
    save(before, "before")
    save(retouched(before), "after")


if __name__ == "__main__":
    main()
