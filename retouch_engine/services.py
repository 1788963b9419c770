"""The engine's Django side: which checkpoint is meant by a name, and warm retouchers."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection

from retouch_engine.inference import CheckpointError, load_card
from retouch_engine.retoucher import Retoucher

SHIPPED_FOLDER = Path(__file__).parent / "checkpoints"
DEFAULT, SHIPPED = "default", "shipped"
SKIN, TONE = "skin", "tone"
# Which shipped checkpoint serves a role.
SHIPPED_NAMES = {SKIN: SHIPPED, TONE: "shipped_tone"}
NO_DATABASE = "there is no database here, so the shipped checkpoint is used"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckpointReference:
    """A checkpoint's name, identity (hash of its safetensors) and the path of its card."""

    name: str
    sha256: str
    path: Path


def shipped_checkpoint_path(role: str = SKIN) -> Path:
    """Return the card of the role's checkpoint that ships with the product.

    Raises CheckpointError.
    """
    card = SHIPPED_FOLDER / f"{SHIPPED_NAMES[role]}.json"
    if not card.is_file():
        raise CheckpointError("checkpoint_missing", f"no checkpoint {card}")
    return card


def checkpoint_resolve(name: str = DEFAULT, role: str = SKIN) -> Path:
    """Return the card of `default`, `shipped`, `shipped_tone`, a registered name or a path.

    `default` is the role's promoted one, else its shipped one. Raises CheckpointError naming what
    is known when nothing fits.
    """
    if name == DEFAULT:
        return _default_checkpoint(role).path
    if name in SHIPPED_NAMES.values():
        served = {shipped: role for role, shipped in SHIPPED_NAMES.items()}
        return shipped_checkpoint_path(served[name])
    path = Path(name)
    if path.suffix in (".json", ".onnx", ".safetensors") or path.with_suffix(".json").is_file():
        return load_card(path).path
    registered = _registered()
    if name in registered:
        return load_card(Path(registered[name])).path
    known = ", ".join([DEFAULT, *SHIPPED_NAMES.values(), *sorted(registered)])
    raise CheckpointError(
        "checkpoint_missing", f"no checkpoint {name!r}; known: {known}, or a path"
    )


def _registered() -> dict[str, str]:
    """Return registered checkpoints by name; none where there is no database yet."""
    from retouch_engine.models import Checkpoint

    try:
        return dict(Checkpoint.objects.values_list("name", "path")) if _has_database() else {}
    except DatabaseError:
        return {}


def _default_checkpoint(role: str) -> CheckpointReference:
    """Return what `promoted_checkpoint` does; without a database the shipped one, and say so."""
    try:
        if _has_database():
            return promoted_checkpoint(role)
    except DatabaseError:
        pass
    logger.warning(NO_DATABASE)
    return _reference(shipped_checkpoint_path(role))


def _has_database() -> bool:
    """Return whether asking is of use: SQLite makes an empty file of a database that is missing."""
    if connection.vendor != "sqlite":
        return True
    name = str(connection.settings_dict["NAME"])
    return name.startswith("file:") or name == ":memory:" or Path(name).is_file()


def promoted_checkpoint(role: str = SKIN) -> CheckpointReference:
    """Return the checkpoint that retouches use now, the shipped one where none is promoted.

    Read from the database by every call, so that a promotion needs no restart. Raises
    CheckpointError, `checkpoint_broken` where the promoted one's files are gone or changed.
    """
    from retouch_engine.models import Checkpoint

    promoted = Checkpoint.objects.filter(role=role, state=Checkpoint.State.PROMOTED)
    row = promoted.values_list("name", "path", "sha256").first()
    if row is None:
        return _reference(shipped_checkpoint_path(role))
    name, path, sha256 = row
    try:
        card = load_card(Path(path))
        if card.sha256.get("safetensors") != sha256 or not card.onnx.is_file():
            raise CheckpointError("checkpoint_broken", f"{card.path} is not what was promoted")
    except (CheckpointError, OSError) as error:
        # People read the detail, who are not told where files lie.
        logger.error("the promoted checkpoint %s: %s", name, error)
        reason = f"the files of the promoted checkpoint {name!r} are missing or were changed"
        advice = "promote another one or run rollback_checkpoint"
        raise CheckpointError("checkpoint_broken", f"{reason}: {advice}") from error
    return CheckpointReference(name, sha256, card.path)


def _reference(path: Path) -> CheckpointReference:
    card = load_card(path)
    return CheckpointReference(card.name, card.sha256.get("safetensors", ""), card.path)


def retoucher_for(path: Path, tone: Path) -> Retoucher:
    """Return a warm retoucher of a skin and a tone checkpoint; raises CheckpointError.

    It is loaded once per process and file version.
    """
    return _retoucher(path, _modified(path), tone, _modified(tone))


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise CheckpointError("checkpoint_broken", f"{path} cannot be read") from error


@lru_cache(maxsize=2)
def _retoucher(path: Path, modified: int, tone: Path, tone_modified: int) -> Retoucher:
    retoucher = Retoucher.load(path, tone)
    _loaded[:] = [retoucher.predictor.card.name, load_card(tone).name]
    return retoucher


_loaded: list[str] = []


def loaded() -> dict[str, Any]:
    """Return the names of the checkpoints that this process loaded last, and its count of loads."""
    return {"checkpoints": list(_loaded), "loads": _retoucher.cache_info().misses}


def promoted_retoucher() -> Retoucher:
    """Return a warm retoucher of what is promoted in both roles; raises CheckpointError."""
    return retoucher_for(promoted_checkpoint(SKIN).path, promoted_checkpoint(TONE).path)


def warm_up() -> None:
    """Load the promoted checkpoints and the face models, so that the first photo waits less."""
    promoted_retoucher().finder.load()
