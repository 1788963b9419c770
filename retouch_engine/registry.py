"""The registry's writing side: checkpoints are registered, promoted and rolled back here."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from retouch_engine.inference import CheckpointCard, CheckpointError, load_card
from retouch_engine.licences import strictest_licence
from retouch_engine.models import Checkpoint, Promotion
from retouch_engine.promotion_gates import Verdict
from retouch_engine.services import SHIPPED, promoted_checkpoint

FILES = ("safetensors", "onnx")


@dataclass(frozen=True)
class RolledBack:
    """What a roll-back took away, what serves now, and what was passed over as broken."""

    from_name: str
    to_name: str
    passed_over: tuple[str, ...]


def checkpoint_register(card_path: Path) -> Checkpoint:
    """Make a checkpoint known by its card's file name; a newer one of that name takes its place.

    New weights begin as a candidate, created now; the same weights again keep state and time, so
    that the newest checkpoint of a config is the one whose weights came last. Raises
    CheckpointError where they would take the place of promoted ones, which must not change
    unjudged.
    """
    values = card_values(load_card(card_path))
    sha256 = file_sha256(card_path.with_suffix(".safetensors"))
    with transaction.atomic():
        known = Checkpoint.objects.select_for_update().filter(name=card_path.stem).first()
        changed = known is None or known.sha256 != sha256
        if known is not None and changed:
            refuse_promoted(known.name)
        described: dict[str, Any] = {
            "path": str(card_path),
            "sha256": sha256,
            "role": values["role"],
            "config_name": str(values.get("training", {}).get("name", "")),
            "licence": card_licence(values),
        }
        if changed:
            described["state"] = Checkpoint.State.CANDIDATE
            described["created_at"] = timezone.now()
        checkpoint, _ = Checkpoint.objects.update_or_create(name=card_path.stem, defaults=described)
    return checkpoint


def refuse_promoted(name: str) -> None:
    """Raise CheckpointError if the checkpoint of this name is promoted: it must stay as it is."""
    if Checkpoint.objects.filter(name=name, state=Checkpoint.State.PROMOTED).exists():
        raise CheckpointError(
            "checkpoint_promoted",
            f"checkpoint {name!r} is promoted: train under another name, or roll it back first",
        )


def registered_at(card: Path) -> QuerySet[Checkpoint]:
    """Return the registered checkpoints whose card lies there, however the path is written."""
    wanted = card.resolve()
    paths = Checkpoint.objects.values_list("pk", "path")
    return Checkpoint.objects.filter(pk__in=[pk for pk, p in paths if Path(p).resolve() == wanted])


@transaction.atomic
def checkpoint_promote(
    *,
    checkpoint: Checkpoint,
    judged_against: str,
    dataset: str,
    split: str,
    verdicts: Sequence[Verdict],
    forced_reason: str = "",
    promoted_by: str = "",
) -> Promotion:
    """Let retouches use a checkpoint from their next job on; what served before retires.

    judged_against: the SHA-256 of the checkpoint that served while the gates ran. The files must
    have been checked before, see `checkpoint_check`. Raises CheckpointError where a verdict failed
    and no reason is given to promote all the same, or where either checkpoint has changed since.
    """
    failed = [verdict.gate for verdict in verdicts if not verdict.passed]
    if not verdicts or (failed and not forced_reason):
        names = ", ".join(failed) or "no gate was run"
        raise CheckpointError("checkpoint_refused", f"{checkpoint.name} is not promoted: {names}")
    replaced = _promoted(checkpoint.role)
    unchanged = Checkpoint.objects.filter(pk=checkpoint.pk, sha256=checkpoint.sha256).exists()
    if not unchanged or promoted_checkpoint(checkpoint.role).sha256 != judged_against:
        reason = "the registry has changed while the gates ran: run promote_checkpoint again"
        raise CheckpointError("checkpoint_refused", f"{checkpoint.name} is not promoted: {reason}")
    if replaced is not None:
        _set_state(replaced, Checkpoint.State.RETIRED)
    _set_state(checkpoint, Checkpoint.State.PROMOTED)
    return Promotion.objects.create(
        checkpoint=checkpoint,
        replaced=replaced,
        role=checkpoint.role,
        sha256=checkpoint.sha256,
        dataset=dataset,
        split=split,
        verdicts=[asdict(verdict) for verdict in verdicts],
        forced_reason=forced_reason,
        promoted_by=promoted_by,
    )


@transaction.atomic
def checkpoint_rollback(*, role: str = "skin", rolled_back_by: str = "") -> RolledBack:
    """Undo the newest promotion that stands: what it replaced serves again, at last the shipped.

    A checkpoint whose files are broken by now, or are others than those that were judged, is passed
    over, as its promotion is undone too.
    Raises CheckpointError where no promotion stands.
    """
    standing = Promotion.objects.filter(role=role, rolled_back_at=None).select_for_update()
    promotions = list(standing.select_related("checkpoint", "replaced"))
    if not promotions:
        raise CheckpointError(
            "nothing_promoted",
            f"nothing to roll back to: no promotion of role {role!r} stands, the shipped serves",
        )
    passed_over: list[str] = []
    target: Checkpoint | None = None
    for promotion in promotions:
        promotion.rolled_back_at = timezone.now()
        promotion.rolled_back_by = rolled_back_by
        promotion.save(update_fields=["rolled_back_at", "rolled_back_by"])
        target = promotion.replaced
        if target is None or _is_as_judged(target):
            break
        passed_over.append(target.name)
    _set_state(promotions[0].checkpoint, Checkpoint.State.RETIRED)
    if target is not None:
        _set_state(target, Checkpoint.State.PROMOTED)
    name = target.name if target else SHIPPED
    return RolledBack(promotions[0].checkpoint.name, name, tuple(passed_over))


def _promoted(role: str) -> Checkpoint | None:
    promoted = Checkpoint.objects.select_for_update()
    return promoted.filter(role=role, state=Checkpoint.State.PROMOTED).first()


def _set_state(checkpoint: Checkpoint, state: Checkpoint.State) -> None:
    checkpoint.state = state
    checkpoint.save(update_fields=["state"])


def _is_as_judged(checkpoint: Checkpoint) -> bool:
    """Return whether a checkpoint's files are whole and those of its newest promotion."""
    judged = checkpoint.promotions.order_by("-pk").values_list("sha256", flat=True).first()
    try:
        checkpoint_check(checkpoint)
    except CheckpointError:
        return False
    return judged in (None, checkpoint.sha256)


def checkpoint_check(checkpoint: Checkpoint) -> CheckpointCard:
    """Return the card of a registered checkpoint after hashing its files.

    Raises CheckpointError where one is missing, is not the card's, or where the card is not the
    one that was registered.
    """
    card = load_card(Path(checkpoint.path))
    if card.role != checkpoint.role:
        reason = f"its card says {card.role!r}, it was registered as {checkpoint.role!r}"
        raise CheckpointError("checkpoint_alien", f"{checkpoint.name}: role differs: {reason}")
    if card.sha256.get("safetensors") != checkpoint.sha256:
        reason = "is not the one that was registered: train it under another name"
        raise CheckpointError("checkpoint_broken", f"{card.path} {reason}")
    for kind in FILES:
        if kind in card.sha256:
            _check_file(card.path.with_suffix(f".{kind}"), card.sha256[kind])
    return card


def _check_file(path: Path, sha256: str) -> None:
    try:
        found = file_sha256(path)
    except OSError as error:
        raise CheckpointError("checkpoint_missing", f"{path} cannot be read") from error
    if found != sha256:
        raise CheckpointError("checkpoint_broken", f"{path} does not match its card's hash")


def card_values(card: CheckpointCard) -> dict[str, Any]:
    """Return everything that a card says."""
    values: dict[str, Any] = json.loads(card.path.read_text())
    return values


def card_licence(values: dict[str, Any]) -> str:
    """Return the strictest licence among a card's own and those of its data."""
    licences = [str(source.get("licence", "")) for source in values.get("data", [])]
    own = str(values.get("licence", ""))
    return strictest_licence([*licences, *([own] if own else [])])


def file_sha256(path: Path) -> str:
    """Return the hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
