"""Reading a photo's files once: checksum, size, damage, equal pictures, and the copy."""

import errno
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from retouch_engine.imaging import ImageError
from retouch_engine.imaging.dataset_files import (
    check_dataset_image,
    open_dataset_image,
    top_rows,
    upright_size,
)

from .plan import DatasetError, PlannedPhoto, Problem, relative_name

Size = tuple[int, int]
# Masks are scaled to their photo (as PPR10K's own measures do), so only their shape must fit.
MASK_SHAPE_TOLERANCE = 0.02
SIZE_SAMPLE = 99


@dataclass(frozen=True)
class FileFacts:
    """A sound file: SHA-256, upright (width, height) in pixels, hash of its first rows.

    `top` is empty for files that no other file is compared with.
    """

    path: Path
    sha256: str
    size: Size
    top: str = ""


@dataclass(frozen=True)
class CheckedPhoto:
    """A photo whose files are all sound; paths are those of the copy where one was made."""

    planned: PlannedPhoto
    source: FileFacts
    targets: dict[str, FileFacts]
    mask: FileFacts | None

    @property
    def pictures(self) -> list[FileFacts]:
        """Return source and targets: what must not lie in two splits."""
        return [self.source, *self.targets.values()]


class PhotoChecker:
    """Checks photos from many threads: hashing and decoding release the interpreter's lock.

    root: the data set's folder, for the names in problems; place: the path a file is to be used
    from, its own or that of a copy, which is made here from the bytes that were checked;
    size: the (width, height) that every photo must have, or None.
    """

    def __init__(self, root: Path, place: Callable[[Path], Path], size: Size | None) -> None:
        self.root = root
        self.place = place
        self.size = size
        # Augmented versions share targets and mask with their photo: each is read once.
        self._shared: dict[Path, FileFacts] = {}

    def check(self, photo: PlannedPhoto) -> CheckedPhoto | Problem:
        """Read every file of a photo; returns the first problem found, if any.

        Raises DatasetError where a copy cannot be written.
        """
        try:
            source = self._read(photo.source, compare=True)
            targets = {k: self._shared_file(p, compare=True) for k, p in photo.targets.items()}
            mask = self._shared_file(photo.mask, compare=False) if photo.mask else None
        except _UnreadableError as error:
            return Problem("unreadable", relative_name(error.path, self.root), error.detail)
        checked = CheckedPhoto(photo, source, targets, mask)
        detail = self._size_problem(checked)
        name = relative_name(photo.source, self.root)
        return Problem("size", name, detail) if detail else checked

    def _shared_file(self, path: Path, *, compare: bool) -> FileFacts:
        if path not in self._shared:
            self._shared[path] = self._read(path, compare=compare)
        return self._shared[path]

    def _read(self, path: Path, *, compare: bool) -> FileFacts:
        try:
            data = path.read_bytes()
            image = check_dataset_image(data)
            size = upright_size(data)
            top = _hash_rows(image, data) if compare else ""
        except ImageError as error:
            raise _UnreadableError(path, error.detail) from error
        except OSError as error:
            raise _UnreadableError(path, error.strerror or str(error)) from error
        place = self.place(path)
        if place != path:
            _write(place, data)
        return FileFacts(place, hashlib.sha256(data).hexdigest(), size, top)

    def _size_problem(self, photo: CheckedPhoto) -> str:
        size = photo.source.size
        if self.size and size != self.size:
            return f"is {_pixels(size)}, the others are {_pixels(self.size)}"
        for name, target in photo.targets.items():
            if target.size != size:
                return f"is {_pixels(size)}, its {name} is {_pixels(target.size)}"
        if photo.mask and not _same_shape(size, photo.mask.size):
            return f"is {_pixels(size)}, its mask has another shape, {_pixels(photo.mask.size)}"
        return ""


class _UnreadableError(Exception):
    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(detail)
        self.path = path
        self.detail = detail


def _hash_rows(image: Image.Image, data: bytes) -> str:
    rows = top_rows(image, data)
    return hashlib.sha256(str(rows.shape).encode() + rows.tobytes()).hexdigest()


def _write(place: Path, data: bytes) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name}.part")
        temporary.write_bytes(data)
        temporary.replace(place)
    except OSError as error:
        full = error.errno == errno.ENOSPC
        reason = "the disk is full" if full else error.strerror or str(error)
        raise DatasetError(f"cannot copy to {place}: {reason}") from error


def _pixels(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _same_shape(size: Size, mask: Size) -> bool:
    ratio = (size[0] * mask[1]) / (size[1] * mask[0])
    return abs(ratio - 1) <= MASK_SHAPE_TOLERANCE


def common_size(photos: Sequence[PlannedPhoto]) -> Size | None:
    """Return the size most of some evenly spaced sources have, from their headers."""
    sizes: Counter[Size] = Counter()
    for photo in photos[:: max(1, len(photos) // SIZE_SAMPLE)]:
        try:
            sizes[upright_size(photo.source.read_bytes())] += 1
        except (ImageError, OSError):
            continue
    return sizes.most_common(1)[0][0] if sizes else None


def fingerprint(photo: PlannedPhoto) -> str:
    """Return a hash over a photo's plan and its files' sizes and times; changes when any does."""
    facts = [str((photo.split, photo.group, photo.licence, photo.origin, photo.synthetic))]
    for path in photo.files:
        try:
            state = path.stat()
            facts.append(f"{path}|{state.st_size}|{state.st_mtime_ns}")
        except OSError:
            facts.append(f"{path}|gone")
    facts.append("|".join(photo.targets))
    return hashlib.sha256(os.fsencode("\n".join(facts))).hexdigest()


def pixel_hash(path: Path) -> str:
    """Return a hash of a picture's size and pixels as 8-bit RGB; of its path if it is damaged."""
    try:
        image = open_dataset_image(path.read_bytes()).convert("RGB")
    except (ImageError, OSError, SyntaxError, ValueError):
        return str(path)
    return hashlib.sha256(str(image.size).encode() + image.tobytes()).hexdigest()
