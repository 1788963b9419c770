"""What the second look removes: painted fine spots on enlarged portraits, without and with it.

Usage: fine_spots PORTRAITS REAL SYNTHETIC [freckles]. PORTRAITS holds folders of photos with a
SOURCES.csv; REAL and SYNTHETIC say how many of the widest faces are taken, real ones from `real`
and `val`, synthetic ones from `val` and, where these are too few, `train`. No photo has a face of
1,024 pixels: faces under 600 pixels are enlarged 2.2 times by Lanczos, others 1.6 times, and
painted then. So their own texture ends below the fine scale, but the painted spots do not.
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from retouch_engine.evaluation import PaintedSpot, ValidationPainter, ValidationPainterConfig
from retouch_engine.evaluation.metrics import painted_regions
from retouch_engine.evaluation.subjects import face_region
from retouch_engine.faces import FaceFinder
from retouch_engine.imaging.dataset_files import read_dataset_srgb
from retouch_engine.inference import Predictor
from retouch_engine.retoucher import Recipe, Retoucher, as_photo
from retouch_engine.services import shipped_checkpoint_path

SEED, GONE = 11, 0.5
BLEMISHES = ValidationPainterConfig(
    counts={"papule": 14.0, "pustule": 5.0, "comedones": 4.0, "crust": 10.0, "scratch": 3.0},
    freckles_probability=0.0,
    sizes={"papule": 0.25, "pustule": 0.25, "comedones": 0.6, "crust": 0.35, "scratch": 0.5},
)
FRECKLES = ValidationPainterConfig(
    counts={"mole": 8.0},
    freckles=80.0,
    freckles_probability=1.0,
    sizes={"freckle": 0.5, "mole": 0.3},
)
RECIPES = {"all": Recipe(keep_marks=False), "default": Recipe()}


@dataclass(frozen=True)
class Painted:
    """An enlarged face, clean and painted, uint8 (H, W, 3), its density (H, W) and its spots."""

    clean: np.ndarray
    source: np.ndarray
    density: np.ndarray
    box: tuple[int, int, int, int]
    spots: list[PaintedSpot]


@dataclass(frozen=True)
class Score:
    """gone: share of each spot's squared error that went; outside: mean change, grey values."""

    gone: np.ndarray
    fixed: float
    outside: float
    again: float


def main() -> None:
    """Measure and print one line for each kind of faces, recipe and number of looks."""
    folder, counts = Path(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3]))
    config = FRECKLES if sys.argv[4:] == ["freckles"] else BLEMISHES
    finder, predictor = FaceFinder(), Predictor.load(shipped_checkpoint_path())
    looks = {n: Retoucher(predictor, finder, fine=n == 2) for n in (1, 2)}
    sources = {"real": ("real", "val"), "synthetic": ("val", "train")}
    for (title, folders), count in zip(sources.items(), counts, strict=True):
        scores: dict[tuple[str, int], list[Score]] = {(r, n): [] for r in RECIPES for n in looks}
        for index, path in enumerate(_widest(folder, folders, title == "synthetic", count)):
            face = _painted(path, finder, config, index)
            for number, retoucher in looks.items():
                for name, score in _scores(retoucher, face).items():
                    scores[name, number].append(score)
        for (name, number), rows in scores.items():
            gone = np.concatenate([row.gone for row in rows])
            print(
                f"{title}, {name}, {number} look(s): {len(rows)} faces, {len(gone)} spots, "
                f"removed {(gone > GONE).mean():.1%}, error fixed "
                f"{np.mean([row.fixed for row in rows]):.1%}, outside "
                f"{np.mean([row.outside for row in rows]):.4f}, second run "
                f"{np.mean([row.again for row in rows]):.4f}"
            )


def _widest(folder: Path, names: tuple[str, ...], synthetic: bool, count: int) -> list[Path]:
    """Return the photos with the tallest faces, those of earlier folders first."""
    paths: list[Path] = []
    for name in names:
        with (folder / name / "SOURCES.csv").open(newline="") as file:
            rows = [r for r in csv.DictReader(file) if (r["synthetic"] == "yes") == synthetic]
        rows.sort(key=lambda row: -float(row["face_px"]))
        paths += [folder / name / row["file"] for row in rows]
    return paths[:count]


def _painted(
    path: Path, finder: FaceFinder, config: ValidationPainterConfig, index: int
) -> Painted:
    pixels = read_dataset_srgb(path)
    box = finder.find(pixels)[0].box
    factor = 1.6 if box[2] - box[0] >= 600 else 2.2
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    clean = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))
    face = finder.find(clean)[0]
    place, skin = face_region(clean, face)
    painted = ValidationPainter(config).paint(
        np.ascontiguousarray(clean[place]), skin, face.box[2] - face.box[0],
        np.random.default_rng((SEED, index)),
    )  # fmt: skip
    source, density = clean.copy(), np.zeros(clean.shape[:2], np.float32)
    source[place], density[place] = painted.image, painted.density
    rows, columns = place
    spots = [s.moved(rows.start, columns.start) for s in painted.truth.spots if s.peak > 0.04]
    limits = (columns.start, rows.start, columns.stop, rows.stop)
    return Painted(clean, source, density, limits, spots)


def _scores(retoucher: Retoucher, face: Painted) -> dict[str, Score]:
    regions = painted_regions(face.density, face.box)
    results = _results(retoucher, face.source)
    scores = {}
    for name, result in results:
        again = dict(_results(retoucher, result))[name].astype(np.float32) - result
        x0, y0, x1, y1 = face.box
        scores[name] = Score(
            np.array([_gone(spot, face, result) for spot in face.spots]),
            _share(face, result, (slice(None), slice(None)), regions.inside),
            float(np.abs(result.astype(np.float32) - face.source)[regions.outside].mean()),
            float(np.abs(again)[y0:y1, x0:x1].mean()),
        )
    return scores


def _results(retoucher: Retoucher, pixels: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    photo = as_photo(pixels)
    analysis = retoucher.analyse(photo)
    box = (0, 0, pixels.shape[1], pixels.shape[0])
    for name, recipe in RECIPES.items():
        yield name, retoucher.compose_region(photo, analysis, recipe, box=box)


def _gone(spot: PaintedSpot, face: Painted, result: np.ndarray) -> float:
    return _share(face, result, spot.place, spot.density > 0.1 * spot.peak)


def _share(
    face: Painted, result: np.ndarray, place: tuple[slice, slice], where: np.ndarray
) -> float:
    truth = face.clean[place][where].astype(np.float32)
    before, after = (
        float(np.square(picture[place][where] - truth).sum()) for picture in (face.source, result)
    )
    return 1.0 - after / max(before, 1e-9)


if __name__ == "__main__":
    main()
