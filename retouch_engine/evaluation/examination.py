"""Everything that `evaluate` asks of a checkpoint, photo by photo."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from retouch_engine.retoucher import Analysis, Recipe, Result, Retoucher

from .clean_portraits import CleanScore, clean_score
from .concern_scores import ConcernScores, concern_scores
from .default_scores import DefaultScores, default_score, landmarks_moved
from .judging import REMOVE_ALL
from .measurement import Distance, Measured, Subject, measure
from .painted import VALIDATION_SEED
from .protocol import Protocol
from .spot_rows import SpotScores
from .spot_scores import default_regions, sort_errors, spot_outcomes

Image = NDArray[np.uint8]
DEFAULT = Recipe()


@dataclass(frozen=True)
class Examined:
    """One photo: measured with every spot removed, and all that the painter's truth allows.

    None: default and spots of pairs, concerns of pairs and where not wanted, clean of photos that
    nobody listed.
    """

    removed: Measured
    default: DefaultScores | None = None
    spots: SpotScores | None = None
    concerns: ConcernScores | None = None
    clean: CleanScore | None = None


@dataclass(frozen=True)
class Examination:
    """What is examined: how pictures go in and out, which photos (by path) were judged clean, and
    whether the smooth concerns are painted; observe: gets each subject, result with all removed."""

    retoucher: Retoucher
    protocol: Protocol = field(default_factory=Protocol)
    clean: Collection[str] = ()
    concerns: bool = True
    lpips: Distance | None = None
    observe: Callable[[Subject, Image], None] | None = None

    def run(self, subjects: Iterable[Subject]) -> list[Examined]:
        """Examine every subject; the n-th gets the n-th seed, so that runs are comparable."""
        return [self._photo(subject, index) for index, subject in enumerate(subjects)]

    def _photo(self, subject: Subject, index: int) -> Examined:
        photo = self.protocol.given(subject.source)
        analysis = self.retoucher.analyse(photo)
        result = self.protocol.taken(self.retoucher.render(photo, analysis, REMOVE_ALL))
        coded = self.protocol.subject(subject)
        examined = Examined(measure(coded, result, self.lpips))
        if self.observe is not None:
            self.observe(coded, result)
        if subject.spots is None:
            return examined
        default = self.retoucher.render(photo, analysis, DEFAULT)
        return replace(
            examined,
            default=self._default(coded, default, examined.removed.band),
            spots=_spots(coded, self.protocol.taken(default), result, analysis),
            concerns=self._concerns(subject, index),
            clean=self._clean(subject),
        )

    def _default(self, subject: Subject, result: Result, band: str | None) -> DefaultScores:
        pixels = self.protocol.taken(result)
        photo = self.protocol.given(pixels)
        again = self.retoucher.render(photo, self.retoucher.analyse(photo), DEFAULT)
        score = default_score(
            subject,
            pixels,
            landmarks_moved=landmarks_moved(self.retoucher.finder, subject.source, pixels),
            again=self.protocol.taken(again),
            strength=result.report["strength"],
        )
        identity = default_score(subject, subject.source)
        return DefaultScores(subject.synthetic, band, identity, score, subject.group)

    def _concerns(self, subject: Subject, index: int) -> ConcernScores | None:
        if not self.concerns or not subject.faces:
            return None
        return concern_scores(self.retoucher, subject, self.protocol, (VALIDATION_SEED, index))

    def _clean(self, subject: Subject) -> CleanScore | None:
        if subject.name not in self.clean:
            return None
        return clean_score(self.retoucher, subject, self.protocol)


def _spots(subject: Subject, default: Image, removed: Image, analysis: Analysis) -> SpotScores:
    assert subject.spots is not None
    marked = np.zeros(subject.source.shape[:2], bool)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        marked[y0:y1, x0:x1] |= layer.labels > 0
    nowhere = np.zeros_like(marked)
    inside = default_regions(subject).inside
    return SpotScores(
        synthetic=subject.synthetic,
        outcomes=tuple(spot_outcomes(subject, default, marked)),
        identity_outcomes=tuple(spot_outcomes(subject, subject.source, nowhere)),
        default=sort_errors(subject, default, subject.spots.kept, inside),
        all_removed=sort_errors(subject, removed, subject.truth, subject.regions.inside),
    )
