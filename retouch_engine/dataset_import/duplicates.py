"""Pictures that stand in two splits: a model would be judged on what it has seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .checks import FileFacts, pixel_hash


@dataclass(frozen=True)
class _Seen:
    path: Path
    split: str


class DuplicateFinder:
    """Remembers every picture by checksum and by its first rows; equal rows are compared whole."""

    def __init__(self) -> None:
        self._by_sha256: dict[str, _Seen] = {}
        self._by_top: dict[str, list[_Seen]] = {}
        self._pixel_hashes: dict[Path, str] = {}

    def add(self, pictures: Iterable[FileFacts], split: str) -> None:
        """Remember a photo's source and targets."""
        for picture in pictures:
            seen = _Seen(picture.path, split)
            if self._by_sha256.setdefault(picture.sha256, seen) is seen:
                self._by_top.setdefault(picture.top, []).append(seen)

    def find(self, pictures: Iterable[FileFacts], split: str) -> tuple[Path, str] | None:
        """Return path and split of an equal picture in another split, or None."""
        for picture in pictures:
            same = self._by_sha256.get(picture.sha256)
            if same is not None:
                if same.split != split:
                    return same.path, same.split
                continue
            for other in self._by_top.get(picture.top, []):
                if other.split != split and self._equal(other.path, picture.path):
                    return other.path, other.split
        return None

    def _equal(self, first: Path, second: Path) -> bool:
        for path in (first, second):
            if path not in self._pixel_hashes:
                self._pixel_hashes[path] = pixel_hash(path)
        return self._pixel_hashes[first] == self._pixel_hashes[second]
