"""Listing pictures by stem, and what an unfinished copy leaves behind."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from .plan import DatasetError, Plan

UPLOAD_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif"}
TIFF_SUFFIXES = {".tif", ".tiff"}
PICTURE_SUFFIXES = UPLOAD_SUFFIXES | TIFF_SUFFIXES
UNFINISHED_SUFFIXES = {".part", ".partial", ".crdownload", ".download", ".filepart", ".aria2",
                       ".tmp", ".!ut", ".baiduyun.downloading", ".downloading"}  # fmt: skip
# What systems leave beside people's files, with pictures of the same names in it.
DEBRIS = {"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"}
ARCHIVE_SUFFIXES = {".tar", ".zip", ".gz", ".tgz", ".7z", ".rar"}


def all_files(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder in sorted order, links followed, hidden ones left out.

    A folder that is reached twice, as by a link to one above it, is read once.
    """
    seen = set()
    for base, folders, names in os.walk(folder, onerror=_raise, followlinks=True):
        place = Path(base).stat()
        if (place.st_dev, place.st_ino) in seen:
            folders.clear()
            continue
        seen.add((place.st_dev, place.st_ino))
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in DEBRIS)
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(base, name)


def _raise(error: OSError) -> None:
    raise error


def pictures(folder: Path, plan: Plan) -> list[Path]:
    """Return the pictures below a folder; unfinished downloads are reported to the plan."""
    found = []
    for path in all_files(folder):
        if path.suffix.lower() in PICTURE_SUFFIXES:
            if _is_text(path):
                found.append(path)
            else:
                plan.report("name", path, "its name is not in UTF-8: rename it")
        elif path.suffix.lower() in UNFINISHED_SUFFIXES:
            plan.report("unfinished copy", path, "a download or copy that did not end")
    return found


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def composed(name: str) -> str:
    """Return a name in composed form (NFC): macOS writes letters and their accents apart."""
    return unicodedata.normalize("NFC", name)


def pictures_by_stem(folder: Path, plan: Plan) -> dict[str, Path]:
    """Return pictures by their path below `folder` without the suffix; a second one is reported."""
    found: dict[str, Path] = {}
    for path in pictures(folder, plan):
        stem = composed(path.relative_to(folder).with_suffix("").as_posix())
        if stem in found:
            plan.report("same stem", path, f"{found[stem].name} has the same stem")
        else:
            found[stem] = path
    return found


def wrong_folder(source: Path, wanted: str, hints: list[str]) -> DatasetError:
    """Return the refusal of a folder without the wanted layout, with what may have happened.

    hints: folder names that the layout has at its top; a folder below or above `source` that holds
    one of them is proposed instead.
    """
    children = sorted(path for path in source.iterdir() if path.is_dir())
    for other in (*children, source.parent):
        if any((other / hint).is_dir() for hint in hints):
            return DatasetError(f"{source} holds no {wanted}; did you mean {other}?")
    archives = [p.name for p in sorted(source.iterdir()) if p.suffix.lower() in ARCHIVE_SUFFIXES]
    if archives:
        return DatasetError(f"{source} holds no {wanted}; unpack {archives[0]} first")
    names = ", ".join(child.name for child in children[:6]) or "no folder"
    return DatasetError(f"{source} holds no {wanted}; it holds {names}")
