"""Faithful miniatures of the published data sets' layouts, with tiny pictures."""

import csv
import zlib
from pathlib import Path

import cv2
import numpy as np

SIZE = (24, 32)  # width, height


def pixels(name: str, size: tuple[int, int] = SIZE, *, deep: bool = False) -> np.ndarray:
    """Return noise that the name alone decides, uint8 or uint16 RGB."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    shape, top = (size[1], size[0], 3), 65536 if deep else 256
    return rng.integers(0, top, shape, np.uint16).astype(np.uint16 if deep else np.uint8)


def write_picture(path: Path, values: np.ndarray, *parameters: int) -> Path:
    """Write RGB values in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), values[..., ::-1] if values.ndim == 3 else values, parameters)
    return path


def make(path: Path, size: tuple[int, int] = SIZE, *, deep: bool = False) -> Path:
    """Write a picture that no other path in the same folders has; TIFFs are LZW-compressed."""
    values = pixels("/".join(path.parts[-3:]), size, deep=deep)
    tiff = path.suffix == ".tif"
    return write_picture(path, values, *([cv2.IMWRITE_TIFF_COMPRESSION, 5] if tiff else []))


def make_ffhqr(root: Path, ids: list[int], originals: str = "ffhq") -> Path:
    """Lay out FFHQ and FFHQR: folders of a thousand, five digits, PNG."""
    for photo_id in ids:
        below = f"{photo_id // 1000 * 1000:05d}/{photo_id:05d}.png"
        make(root / originals / below)
        make(root / "ffhqr" / below)
    return root


def _make_ppr10k_photo(images: Path, masks: Path, name: str, experts: str) -> None:
    make(images / "source" / f"{name}.tif", deep=True)
    for expert in experts:
        make(images / f"target_{expert}" / f"{name}.tif")
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[8:20, 6:18] = 255
    write_picture(masks / f"{name}.png", mask)


def make_ppr10k_code(root: Path, names: list[str], experts: str = "abc", versions: int = 2) -> Path:
    """Lay out PPR10K as its authors' code reads it: train and val, split at group 1356."""
    for name in names:
        part = root / ("train" if int(name.split("_")[0]) < 1356 else "val")
        _make_ppr10k_photo(part, part / "masks", name, experts)
        if part.name == "train":
            original = part / "source" / f"{name}.tif"
            augmented = part / "source_aug" / f"{name}.tif"
            augmented.parent.mkdir(exist_ok=True)
            augmented.write_bytes(original.read_bytes())
            for version in range(1, versions + 1):
                make(part / "source_aug" / f"{name}_{version}.tif", deep=True)
    return root


def make_ppr10k_delivered(root: Path, names: list[str], experts: str = "abc") -> Path:
    """Lay out PPR10K as it is downloaded: 360p TIFFs beside the masks, train and val together."""
    for name in names:
        images = root / "train_val_images_tif_360p"
        _make_ppr10k_photo(images, root / "masks_360p", name, experts)
    for folder in ("raw", "xmp_source", "xmp_target_a", "hists"):
        (root / folder).mkdir()
    return root


def make_pix2pixhd(root: Path, splits: dict[str, list[str]]) -> Path:
    """Lay out pairs as pix2pixHD does without labels: {phase}_A and {phase}_B."""
    for phase, stems in splits.items():
        for stem in stems:
            make(root / f"{phase}_A" / f"{stem}.jpg")
            make(root / f"{phase}_B" / f"{stem}.png")
    return root


def make_source_target(root: Path, splits: dict[str, list[str]]) -> Path:
    """Lay out pairs as RetouchFormer does: {split}/source and {split}/target; "" for no split."""
    for split, stems in splits.items():
        for stem in stems:
            make(root / split / "source" / f"{stem}.png")
            make(root / split / "target" / f"{stem}.png")
    return root


def make_pairs_csv(root: Path, rows: list[dict[str, str]]) -> Path:
    """Write pairs.csv and the pictures it names."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / "pairs.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        make(root / row["source"])
        make(root / row["target"])
    return root / "pairs.csv"


def make_portraits(root: Path, splits: dict[str, list[str]]) -> Path:
    """Lay out plain portraits with a SOURCES.csv in each split's folder."""
    for split, stems in splits.items():
        lines = ["file,source,licence,synthetic"]
        for stem in stems:
            make(root / split / f"{stem}.png")
            lines.append(f"{stem}.png,some:{stem},CC0 1.0,yes")
        (root / split / "SOURCES.csv").write_text("\n".join(lines) + "\n")
    return root


def cut_off(path: Path, share: float = 0.6) -> None:
    """Keep the first part of a file alone, as a stopped copy does."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
