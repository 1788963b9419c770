"""A tone checkpoint before its promotion: what its gates say beside the one that serves."""

from dataclasses import dataclass

from tqdm import tqdm

from retouch_engine.evaluation.subjects import EvaluationPhoto
from retouch_engine.evaluation.tone_scores import ToneScore, lit_subjects, tone_scores
from retouch_engine.faces import FaceFinder
from retouch_engine.inference import CheckpointCard, CheckpointError, TonePredictor
from retouch_engine.models import Checkpoint
from retouch_engine.networks import ToneGenerator
from retouch_engine.parity import sample_picture, tone_difference
from retouch_engine.promotion_gates import Verdict, runtimes_agree
from retouch_engine.services import CheckpointReference
from retouch_engine.tone_gates import tone_verdicts
from retouch_engine.training import load_generator


@dataclass(frozen=True)
class ToneContest:
    """A whole tone checkpoint and the one that serves, both loaded; verdict: that it is whole."""

    checkpoint: Checkpoint
    current: CheckpointReference
    challenger: TonePredictor
    defender: TonePredictor
    verdict: Verdict


def tone_contest(
    checkpoint: Checkpoint, card: CheckpointCard, current: CheckpointReference
) -> ToneContest:
    """Load both; raises CheckpointError where the files do not fit the card's architecture."""
    _generator(card)
    text = f"safetensors {checkpoint.sha256[:12]}, architecture tone_generator"
    return ToneContest(
        checkpoint=checkpoint,
        current=current,
        challenger=TonePredictor.load(card.path),
        defender=TonePredictor.load(current.path),
        verdict=Verdict("files and architecture", True, text),
    )


def _generator(card: CheckpointCard) -> ToneGenerator:
    generator = load_generator(card.path)
    if not isinstance(generator, ToneGenerator):
        reason = f"{card.path} is of role {card.role!r}, and its network is no tone generator"
        raise CheckpointError("checkpoint_alien", reason)
    return generator


def tone_promotion_verdicts(contest: ToneContest, photos: list[EvaluationPhoto]) -> list[Verdict]:
    """Run every gate of the role on the same photos for both checkpoints and the untouched input.

    Shows a progress bar. Raises SubjectError, naming the photo that cannot be read.
    """
    finder = FaceFinder()
    candidate: list[ToneScore] = []
    current: list[ToneScore] = []
    for subject in tqdm(lit_subjects(photos, finder), total=len(photos), unit="photo"):
        candidate += tone_scores(contest.challenger, [subject], finder)
        current += tone_scores(contest.defender, [subject], finder)
    generator = _generator(contest.challenger.card)
    difference = tone_difference(generator, contest.challenger, [sample_picture(384, 320)])
    verdicts = tone_verdicts(candidate, current)
    return [contest.verdict, *verdicts, runtimes_agree(difference)]
