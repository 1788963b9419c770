"""What the registry's lists show."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retouch_engine.inference import CheckpointError, load_card
from retouch_engine.models import Checkpoint, Promotion, TrainingRun
from retouch_engine.promotion_gates import BEATS_IDENTITY
from retouch_engine.registry import card_licence, card_values
from retouch_engine.run_lock import is_held
from retouch_engine.services import SHIPPED, SHIPPED_NAMES, shipped_checkpoint_path

INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class CheckpointLine:
    """One line of the list; gain: PSNR over the untouched photos (dB), None where unknown.

    measured: where the gain comes from; problem: why the checkpoint cannot be read, or "".
    """

    name: str
    role: str
    state: str
    serves: bool
    config: str
    created: str
    licence: str
    gain: float | None
    measured: str
    problem: str = ""


def checkpoint_lines() -> list[CheckpointLine]:
    """Return the shipped checkpoints, then every registered one from the newest."""
    rows = list(Checkpoint.objects.prefetch_related("promotions"))
    promoted = {row.role for row in rows if row.state == Checkpoint.State.PROMOTED}
    shipped = [_shipped_line(role, serves=role not in promoted) for role in SHIPPED_NAMES]
    return [*shipped, *(_line(row) for row in rows)]


def _shipped_line(role: str, *, serves: bool) -> CheckpointLine:
    values, problem = read_card(shipped_checkpoint_path(role))
    gain = card_gain(values)
    return CheckpointLine(
        name=SHIPPED_NAMES[role],
        role=role,
        state=SHIPPED,
        serves=serves,
        config=_config(values),
        created="",
        licence=card_licence(values),
        gain=gain,
        measured="card" if gain is not None else "",
        problem=problem,
    )


def _line(row: Checkpoint) -> CheckpointLine:
    values, problem = read_card(Path(row.path))
    promotions = sorted(row.promotions.all(), key=lambda promotion: -promotion.pk)
    gain, measured = promotion_gain(promotions[0]) if promotions else None, "promotion"
    if gain is None:
        gain, measured = card_gain(values), "card"
    return CheckpointLine(
        name=row.name,
        role=row.role,
        state=row.state,
        serves=row.state == Checkpoint.State.PROMOTED,
        config=row.config_name,
        created=f"{row.created_at:%Y-%m-%d %H:%M}",
        licence=row.licence,
        gain=gain,
        measured=measured if gain is not None else "",
        problem=problem,
    )


def read_card(path: Path) -> tuple[dict[str, Any], str]:
    """Return what a card says, and "" or why it cannot be read."""
    try:
        return card_values(load_card(path)), ""
    except (CheckpointError, OSError, ValueError) as error:
        return {}, str(error)


def _config(values: dict[str, Any]) -> str:
    return str(values.get("training", {}).get("name", ""))


def card_gain(values: dict[str, Any]) -> float | None:
    """Return the PSNR less that of the untouched faces (dB) from a card's metrics, if it is there.

    By the second painter, as `train` writes it, or as the shipped card has it.
    """
    metrics = values.get("metrics", {})
    painted = metrics.get("validation_painter", {}).get("all", {})
    measured = metrics.get("painted_validation") or metrics.get("tone_validation") or painted
    if "psnr" not in measured or "identity_psnr" not in measured:
        return None
    return float(measured["psnr"]) - float(measured["identity_psnr"])


def run_condition(run: TrainingRun) -> str:
    """Return a training run's state, `interrupted` where it runs by its row but no process does."""
    if run.state == TrainingRun.State.RUNNING and not is_held(Path(run.folder)):
        return INTERRUPTED
    return str(run.state)


def promotion_gain(promotion: Promotion) -> float | None:
    """Return the mean PSNR gain (dB) that a promotion's gate measured."""
    for verdict in promotion.verdicts:
        if verdict["gate"] == BEATS_IDENTITY:
            mean = verdict["figures"].get("mean")
            return None if mean is None else float(mean)
    return None
