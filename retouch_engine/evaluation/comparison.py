"""All methods on the same photos: one photo at a time, each method beside the untouched source."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from numpy.typing import NDArray

from retouch_engine.baselines import METHODS, Method
from retouch_engine.composition import compose
from retouch_engine.retoucher import Retoucher, as_photo

from .judging import Retouch
from .measurement import Distance, Measured, Measurement, Row, Subject, measure, table_rows

Image = NDArray[np.uint8]
logger = logging.getLogger(__name__)

IDENTITY = "identity"
# Of a whole split a person looks at a few photos.
Observe = Callable[[int, Subject, dict[str, Image]], None]


@dataclass(frozen=True)
class Contender:
    """A method of a comparison; parameters, samples: 0 for methods without learning.

    description: what stands beside its name, such as the checkpoint that was used.
    """

    name: str
    retouch: Retouch
    parameters: int = 0
    samples: int = 0
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

    def artefact_share(self, artefact: str) -> float:
        """Return the share of photos with an artefact, NaN where every photo failed."""
        found = [artefact in one.artefacts for one in self.measured]
        return sum(found) / len(found) if found else float("nan")


def without_learning(method: Method) -> Contender:
    """Return one of the baselines as a contender; the oracle alone is told where the spots are."""

    def retouch(subject: Subject) -> Image:
        truth = subject.regions.inside.astype(np.float32) if method.needs_truth else None
        return method(subject.source, subject.skin, face_width=subject.face_width, truth=truth)

    description = "is told where every spot is: a bound, not a method" if method.needs_truth else ""
    return Contender(method.name, retouch, description=description)


def identity() -> Contender:
    """Return the untouched source as a contender: the yardstick."""
    return without_learning(METHODS[IDENTITY])


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
        results: dict[str, Image] = {}
        untouched: Measurement | None = None
        for standing in standings:
            result = _run(standing, subject)
            if result is not None:
                measured = measure(subject, result, lpips, untouched)
                untouched = measured.identity
                standing.measured.append(measured)
                results[standing.contender.name] = result
        if observe is not None:
            observe(number, subject, results)
    return standings


def _run(standing: Standing, subject: Subject) -> Image | None:
    started = time.perf_counter()
    try:
        result = standing.contender.retouch(subject)
    except Exception as error:
        # A method's own failure says something about that method, and nothing about the others.
        logger.exception("%s failed on %s", standing.contender.name, subject.name)
        standing.failures.append(f"{subject.name}: {error}")
        return None
    standing.seconds.append(time.perf_counter() - started)
    return result
