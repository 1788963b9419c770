"""All methods on the same photos: one photo at a time, each method beside the untouched source."""

import logging
import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from retouch_engine.baselines import METHODS, Method
from retouch_engine.composition import compose
from retouch_engine.faces import FaceFinder
from retouch_engine.retoucher import Retoucher, as_photo

from .judging import Retouch
from .measurement import Distance, Measured, Measurement, Row, Subject, measure, table_rows
from .metrics import Interval
from .report import artefact_shares
from .subjects import face_region

Image = NDArray[np.uint8]
logger = logging.getLogger(__name__)

IDENTITY = "identity"
# Of a whole split a person looks at a few photos.
Observe = Callable[[int, Subject, dict[str, Image]], None]


@dataclass(frozen=True)
class Contender:
    """A method of a comparison; parameters, samples: 0 for methods without learning.

    training_seconds: None without learning, and where nobody wrote it down; description: what
    stands beside the name, such as the checkpoint that was used.
    """

    name: str
    retouch: Retouch
    parameters: int = 0
    samples: int = 0
    training_seconds: float | None = None
    description: str = ""


@dataclass
class Standing:
    """What a contender did: a measurement and a run time (s) per photo, and what failed why."""

    contender: Contender
    measured: list[Measured] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def rows(self) -> list[Row]:
        """Return the rows of `table_rows`, identity first."""
        return table_rows(self.measured)

    @property
    def overall(self) -> Row | None:
        """Return the row of all photos; None where every photo failed."""
        rows = self.rows() if self.measured else []
        return next((row for row in rows if row.name == "all"), None)

    @property
    def note(self) -> str:
        """Return "behind identity" and the like; the yardstick itself has no note."""
        row = self.overall
        return "" if row is None or self.contender.name == IDENTITY else row.note

    @property
    def median_seconds(self) -> float:
        """Return the median run time per photo in seconds, NaN where every photo failed."""
        return median(self.seconds) if self.seconds else float("nan")

    @property
    def artefacts(self) -> dict[str, Interval]:
        """Return the share of photos with each artefact, NaN where every photo failed."""
        return artefact_shares(self.measured)


def without_learning(method: Method, finder: FaceFinder) -> Contender:
    """Return one of the baselines as a contender; the oracle alone is told where the spots are."""
    if method.needs_truth:
        note = "is told where every spot is: a bound, not a method"
        return Contender(method.name, _told(method), description=note)
    return Contender(method.name, face_by_face(method, finder))


def _told(method: Method) -> Retouch:
    def retouch(subject: Subject) -> Image:
        truth = subject.regions.inside.astype(np.float32)
        return method(subject.source, subject.skin, face_width=subject.face_width, truth=truth)

    return retouch


def face_by_face(method: Method, finder: FaceFinder) -> Retouch:
    """Return the whole path of a photo: faces and their skin are found on the blemished source.

    So a method without a path of its own pays for the search, and can miss a face, like networks.
    """

    def retouch(subject: Subject) -> Image:
        result = subject.source.copy()
        for face in finder.find(subject.source):
            place, skin = face_region(subject.source, face)
            width = face.box[2] - face.box[0]
            result[place] = method(np.ascontiguousarray(result[place]), skin, face_width=width)
        return result

    return retouch


def identity() -> Contender:
    """Return the untouched source as a contender: the yardstick."""
    return Contender(METHODS[IDENTITY].name, lambda subject: subject.source.copy())


def unguarded(retoucher: Retoucher) -> Retouch:
    """Return the whole path of a photo at full strength with every spot removed, without the guard.

    The guard would lower the strength of a network that damages faces, and so hide what it does.
    """

    def retouch(subject: Subject) -> Image:
        analysis = retoucher.analyse(as_photo(subject.source))
        return compose(subject.source, analysis.layers, 1.0, {}, False)

    return retouch


def compared(
    contenders: Sequence[Contender],
    subjects: Iterable[Subject],
    *,
    lpips: Distance | None = None,
    observe: Observe | None = None,
) -> list[Standing]:
    """Run every contender on every subject; one that fails on a photo goes on with the next.

    `observe` gets each photo's number, subject and results by contender.
    """
    standings = [Standing(contender) for contender in contenders]
    for number, subject in enumerate(subjects):
        untouched: Measurement | None = None
        results: dict[str, Image] = {}
        for standing in standings:
            result = _run(standing, subject, lpips, untouched)
            if result is not None:
                untouched = standing.measured[-1].identity
                results[standing.contender.name] = result
        if observe is not None:
            observe(number, subject, results)
    return standings


def _run(
    standing: Standing, subject: Subject, lpips: Distance | None, untouched: Measurement | None
) -> Image | None:
    started = time.perf_counter()
    try:
        result = standing.contender.retouch(subject)
        seconds = time.perf_counter() - started
        measured = measure(subject, result, lpips, untouched)
    except Exception as error:
        # A method's own failure says something about that method, and nothing about the others.
        reason = str(error).strip().splitlines() or [type(error).__name__]
        logger.debug("%s failed on %s", standing.contender.name, subject.name, exc_info=True)
        standing.failures.append(f"{subject.name}: {reason[0]}")
        return None
    standing.seconds.append(seconds)
    standing.measured.append(measured)
    return result


def processor() -> str:
    """Return what run times were taken on: the processor's name and the number of its cores."""
    described = Path("/proc/cpuinfo")
    text = described.read_text() if described.is_file() else ""
    named = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    name = named.group(1) if named else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"
