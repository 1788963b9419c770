"""A checkpoint before its promotion: what can be promoted at all, and what its gates say."""

import json
from dataclasses import dataclass

import cv2
import numpy as np
from tqdm import tqdm

from retouch_engine.evaluation import Measured, Subject
from retouch_engine.evaluation.judging import judged, retouching
from retouch_engine.evaluation.subjects import EvaluationPhoto, subjects
from retouch_engine.faces import FaceFinder
from retouch_engine.inference import CheckpointError, Predictor
from retouch_engine.models import Checkpoint
from retouch_engine.parity import Image, onnx_difference, sample_picture
from retouch_engine.promotion_gates import Verdict, quality_verdicts, runtimes_agree
from retouch_engine.registry import checkpoint_check, checkpoint_register
from retouch_engine.retoucher import Retoucher
from retouch_engine.services import (
    DEFAULT,
    SHIPPED_NAMES,
    SKIN,
    TONE,
    CheckpointReference,
    checkpoint_resolve,
    promoted_checkpoint,
)
from retouch_engine.tone_promotion import ToneContest, tone_contest, tone_promotion_verdicts
from retouch_engine.training import load_generator

# The roles that a retouch has a stage for.
SERVED_ROLES = (SKIN, TONE)
LONGEST_SIDE = 512


@dataclass(frozen=True)
class Contest:
    """A whole checkpoint and the one that serves, both loaded; verdict: that it is whole."""

    checkpoint: Checkpoint
    current: CheckpointReference
    challenger: Predictor
    defender: Predictor
    verdict: Verdict


def promotion_candidate(name: str) -> Checkpoint:
    """Return the registered checkpoint of a name; one that is given by its path is registered.

    Raises CheckpointError for what cannot be promoted, whatever gates would say.
    """
    if name in (DEFAULT, *SHIPPED_NAMES.values()):
        raise CheckpointError(
            "checkpoint_refused",
            "the shipped checkpoint serves where none is promoted: run rollback_checkpoint",
        )
    known = Checkpoint.objects.filter(name=name).first()
    if known is not None:
        return known
    path = checkpoint_resolve(name)
    other = Checkpoint.objects.filter(name=path.stem).exclude(path=str(path.resolve())).first()
    if other is not None:
        reason = f"another checkpoint is registered as {path.stem!r}: rename the files of {path}"
        raise CheckpointError("checkpoint_refused", reason)
    return checkpoint_register(path.resolve())


def promotion_contest(checkpoint: Checkpoint) -> Contest | ToneContest:
    """Load a checkpoint and the one that serves its role.

    Raises CheckpointError where the files are not those of the card, do not fit the architecture it
    names, cannot retouch, or serve already.
    """
    card = checkpoint_check(checkpoint)
    if "onnx" not in card.sha256:
        reason = "has no ONNX: a coupled GAN makes pictures of noise and cannot retouch a photo"
        raise CheckpointError("checkpoint_refused", f"{checkpoint.name} {reason}")
    if card.role not in SERVED_ROLES:
        reason = f"is of role {card.role!r}: only {', '.join(SERVED_ROLES)} can be promoted"
        raise CheckpointError("checkpoint_refused", f"{checkpoint.name} {reason}")
    current = promoted_checkpoint(card.role)
    if current.sha256 == checkpoint.sha256:
        reason = f"{checkpoint.name} serves already, as {current.name!r}: there is nothing to do"
        raise CheckpointError("checkpoint_refused", reason)
    if card.role == TONE:
        return tone_contest(checkpoint, card, current)
    # ONNX, whatever serves here: it is what most installations run, and what parity is judged by.
    challenger = Predictor.load(card.path, "onnx")
    architecture = _checked_architecture(challenger)
    text = f"safetensors {checkpoint.sha256[:12]}, architecture {architecture}"
    return Contest(
        checkpoint=checkpoint,
        current=current,
        challenger=challenger,
        defender=Predictor.load(current.path, "onnx"),
        verdict=Verdict("files and architecture", True, text),
    )


def _checked_architecture(predictor: Predictor) -> str:
    """Return the architecture's name after building it; raises CheckpointError if it is another."""
    card = predictor.card
    try:
        load_generator(card.path)
    except (ValueError, TypeError, AttributeError) as error:
        reason = f"{card.path} describes no architecture that is known here: {error}"
        raise CheckpointError("checkpoint_alien", reason) from error
    kinds = predictor.predict(np.zeros((64, 64, 3), np.uint8)).kinds.shape[2]
    if kinds != len(card.kinds):
        reason = f"{card.onnx} tells {kinds} kinds apart, its card names {len(card.kinds)}"
        raise CheckpointError("checkpoint_alien", reason)
    return str(json.loads(card.path.read_text())["architecture"].get("name", "edit_generator"))


def promotion_verdicts(
    contest: Contest | ToneContest, photos: list[EvaluationPhoto]
) -> list[Verdict]:
    """Run every gate on the same photos for candidate, current checkpoint and identity.

    Shows a progress bar. Raises SubjectError, naming the photo that cannot be read.
    """
    if isinstance(contest, ToneContest):
        return tone_promotion_verdicts(contest, photos)
    finder = FaceFinder()
    challenger = retouching(Retoucher(contest.challenger, finder))
    defender = retouching(Retoucher(contest.defender, finder))
    candidate: list[Measured] = []
    current: list[Measured] = []
    pictures = [sample_picture(384, 320)]
    # One photo at a time: a whole split at full size would not fit into memory.
    seen = tqdm(subjects(photos, finder), total=len(photos), unit="photo", desc="gates")
    for subject in seen:
        candidate += judged(challenger, [subject])
        current += judged(defender, [subject])
        if len(pictures) == 1:
            pictures.append(face_picture(subject))
    generator = load_generator(contest.challenger.card.path)
    difference = onnx_difference(generator, contest.challenger, pictures)
    return [contest.verdict, *quality_verdicts(candidate, current), runtimes_agree(difference)]


def face_picture(subject: Subject) -> Image:
    """Return the part of a photo where there is skin, or all of it, with sides of at most 512."""
    ys, xs = np.nonzero(subject.skin > 0.5)
    place = (slice(ys.min(), ys.max() + 1), slice(xs.min(), xs.max() + 1)) if len(ys) else ...
    picture = subject.source[place]
    scale = min(LONGEST_SIDE / max(picture.shape[:2]), 1.0)
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
