"""What an import is going to do, before any picture is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TRAIN, VALIDATION, TEST = "train", "validation", "test"
SPLITS = (TRAIN, VALIDATION, TEST)
SPLIT_NAMES = {"train": TRAIN, "val": VALIDATION, "validation": VALIDATION, "test": TEST}
# The only target of a pair; PPR10K's targets are named after their experts a, b and c.
TARGET = "target"


class DatasetError(ValueError):
    """A data set that cannot be imported or used; the message says what to do."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: its kind (a row of the table), the file, and what about it."""

    kind: str
    path: str
    detail: str


class DatasetRefusedError(DatasetError):
    """An import that stopped at problems; `problems` holds them all."""

    def __init__(self, message: str, problems: list[Problem]) -> None:
        super().__init__(message)
        self.problems = problems


@dataclass(frozen=True)
class PlannedPhoto:
    """One source photo with what belongs to it.

    key: what --limit counts, shared by a photo and its augmented versions; group: photos that
    never part between splits; split: empty where the layout has none; augmentation: 0 for the
    photo itself, else the number of its augmented version.
    """

    source: Path
    key: str
    group: str
    split: str = ""
    targets: Mapping[str, Path] = field(default_factory=dict)
    mask: Path | None = None
    augmentation: int = 0
    licence: str = ""
    origin: str = ""
    synthetic: bool = False

    @property
    def files(self) -> list[Path]:
        """Return every file of the photo, the source first."""
        return [self.source, *self.targets.values(), *([self.mask] if self.mask else [])]


@dataclass
class Plan:
    """A layout as it was read: photos, problems found in the names alone, the default licence.

    official_splits: the publisher's own splits, to which none is added; one_size: all photos must
    have the same size.
    """

    root: Path
    photos: list[PlannedPhoto] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    licence: str = ""
    official_splits: bool = False
    one_size: bool = False

    def report(self, kind: str, path: Path, detail: str) -> None:
        """Add a problem; the path is shown relative to the data set's folder."""
        self.problems.append(Problem(kind, printable(relative_name(path, self.root)), detail))


def relative_name(path: Path, root: Path) -> str:
    """Return `path` below `root` with slashes, or the whole path where it lies elsewhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def printable(name: str) -> str:
    """Return a name on one line, with escapes for what no terminal and no UTF-8 file can show."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
