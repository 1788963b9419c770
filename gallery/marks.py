"""The marks of a retouch as the API shows them, and people's decisions on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F

from gallery import storage
from gallery.analyses import analysis_of, look_decisions
from gallery.models import Retouch
from gallery.services import WishError, locked, requeue, retouch_change
from retouch_engine.retoucher import (
    ANALYSIS_FILE,
    ENGINE_VERSION,
    AnalysisError,
    Recipe,
    analysis_marks,
)
from retouch_engine.services import promoted_checkpoint

DECISIONS = ("remove", "keep")


def marks_list(retouch: Retouch) -> list[dict[str, Any]]:
    """Return every mark with its decision; an empty list until the photo was analysed.

    Raises WishError `analysis_damaged` where the stored file cannot be read.
    """
    row = analysis_of(retouch)
    if row is None:
        return []
    keep_marks = Recipe.from_dict(retouch.recipe).keep_marks
    try:
        marks = analysis_marks(storage.read(f"{row.folder}/{ANALYSIS_FILE}"))
    except (AnalysisError, OSError) as error:
        raise WishError("analysis_damaged", "Retouch this photo again to see its marks.") from error
    group = look_decisions(retouch.look, retouch.analysis_id)
    return [_mark(mark, keep_marks, retouch.decisions, group) for mark in marks]


def _mark(
    mark: Any, keep_marks: bool, decisions: Mapping[str, str], group: Mapping[str, str]
) -> dict[str, Any]:
    key = str(mark.id)
    by = "person" if key in decisions else "group" if key in group else "default"
    decided = decisions.get(key) or group.get(key)
    return {
        "id": mark.id,
        "face": mark.face,
        "x": mark.x,
        "y": mark.y,
        "radius": mark.radius,
        "kind": mark.kind,
        "confidence": mark.confidence,
        "decision": decided or mark.default_decision(keep_marks),
        "decided_by": by,
    }


@transaction.atomic
def marks_decide(
    *, retouch: Retouch, decisions: Sequence[Mapping[str, Any]], version: int | None = None
) -> Retouch:
    """Take a person's decisions and make the next version.

    Raises WishError: `version_conflict` where `version` is not the current one, `invalid_mark`
    for an unknown mark.
    """
    if not decisions:
        raise WishError("no_decisions", "Send at least one decision.", 400)
    retouch = locked(retouch)
    if version is not None and version != retouch.version:
        raise WishError(
            "version_conflict", f"The retouch is at version {retouch.version} now.", 409
        )
    return requeue(retouch, decisions=_merged(retouch, decisions), version=F("version") + 1)


@transaction.atomic
def retouch_edit(
    *, retouch: Retouch, recipe: Mapping[str, Any], decisions: Sequence[Mapping[str, Any]]
) -> Retouch:
    """Make the next version with another recipe and with a person's decisions.

    Raises RecipeError, WishError `invalid_mark`.
    """
    retouch = locked(retouch)
    merged = _merged(retouch, decisions)
    return retouch_change(retouch=retouch, recipe=recipe, decisions=merged)


def _merged(retouch: Retouch, decisions: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return a retouch's decisions with newer ones; raises WishError `invalid_mark`."""
    known = {mark["id"] for mark in marks_list(retouch)} if decisions else set()
    for decision in decisions:
        if decision["id"] not in known:
            raise WishError("invalid_mark", f"There is no mark {decision['id']}.", 400)
    return {**retouch.decisions, **{str(d["id"]): d["decision"] for d in decisions}}


@transaction.atomic
def retouch_again(*, retouch: Retouch) -> Retouch:
    """Make the next version with the promoted checkpoint; raises CheckpointError.

    The new analysis has marks of its own: what a person decided is carried over by place.
    """
    retouch = locked(retouch)
    checkpoint = promoted_checkpoint()
    changes: dict[str, Any] = {}
    if _needs_new_analysis(retouch, checkpoint.sha256):
        carried = retouch.carried_decisions + _decided_places(retouch)
        changes = {"decisions": {}, "carried_decisions": carried, "analysis": None}
    return requeue(
        retouch,
        checkpoint_name=checkpoint.name,
        checkpoint_sha256=checkpoint.sha256,
        version=F("version") + 1,
        **changes,
    )


def _needs_new_analysis(retouch: Retouch, checkpoint_sha256: str) -> bool:
    row = retouch.analysis
    if retouch.checkpoint_sha256 != checkpoint_sha256:
        return True
    made_by = (ENGINE_VERSION, promoted_checkpoint("tone").sha256)
    return row is not None and (row.engine_version, row.tone_checkpoint_sha256) != made_by


def _decided_places(retouch: Retouch) -> list[dict[str, Any]]:
    keys = ("x", "y", "radius", "decision")
    return [
        {key: mark[key] for key in keys}
        for mark in (marks_list(retouch) if retouch.decisions else [])
        if mark["decided_by"] == "person"
    ]
