"""The engine's Django side: which checkpoint is meant by a name, and warm retouchers."""

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.db import DatabaseError, connection

from retouch_engine.inference import CheckpointError, load_card
from retouch_engine.retoucher import Retoucher

SHIPPED_FOLDER = Path(__file__).parent / "checkpoints"
DEFAULT, SHIPPED = "default", "shipped"
NO_DATABASE = "there is no database here, so the shipped checkpoint is used"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckpointReference:
    """A checkpoint's name, identity (hash of its safetensors) and the path of its card."""

    name: str
    sha256: str
    path: Path


def shipped_checkpoint_path() -> Path:
    """Return the card of the checkpoint that ships with the product; raises CheckpointError."""
    cards = sorted(SHIPPED_FOLDER.glob("*.json"))
    if not cards:
        raise CheckpointError("checkpoint_missing", f"no checkpoint in {SHIPPED_FOLDER}")
    return cards[0]


def checkpoint_resolve(name: str = DEFAULT) -> Path:
    """Return the card of `default`, `shipped`, a registered name or a path.

    `default` is the promoted one, else the shipped one. Raises CheckpointError naming what is known
    when nothing fits.
    """
    if name == DEFAULT:
        return _default_checkpoint().path
    if name == SHIPPED:
        return shipped_checkpoint_path()
    path = Path(name)
    if path.suffix in (".json", ".onnx", ".safetensors") or path.with_suffix(".json").is_file():
        return load_card(path).path
    registered = _registered()
    if name in registered:
        return load_card(Path(registered[name])).path
    known = ", ".join([DEFAULT, SHIPPED, *sorted(registered)])
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


def _default_checkpoint() -> CheckpointReference:
    """Return what `promoted_checkpoint` does; without a database the shipped one, and say so."""
    try:
        if _has_database():
            return promoted_checkpoint()
    except DatabaseError:
        pass
    logger.warning(NO_DATABASE)
    return _reference(shipped_checkpoint_path())


def _has_database() -> bool:
    """Return whether asking is of use: SQLite makes an empty file of a database that is missing."""
    if connection.vendor != "sqlite":
        return True
    name = str(connection.settings_dict["NAME"])
    return name.startswith("file:") or name == ":memory:" or Path(name).is_file()


def promoted_checkpoint(role: str = "skin") -> CheckpointReference:
    """Return the checkpoint that retouches use now, the shipped one where none is promoted.

    Read from the database by every call, so that a promotion needs no restart. Raises
    CheckpointError, `checkpoint_broken` where the promoted one's files are gone or changed.
    """
    from retouch_engine.models import Checkpoint

    promoted = Checkpoint.objects.filter(role=role, state=Checkpoint.State.PROMOTED)
    row = promoted.values_list("name", "path", "sha256").first()
    if row is None:
        return _reference(shipped_checkpoint_path())
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


def retoucher_for(path: Path) -> Retoucher:
    """Return a warm retoucher, loaded once per process and file version; raises CheckpointError."""
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise CheckpointError("checkpoint_broken", f"{path} cannot be read") from error
    return _retoucher(path, modified)


@lru_cache(maxsize=2)
def _retoucher(path: Path, modified: int) -> Retoucher:
    return Retoucher.load(path)


def warm_up() -> None:
    """Load the promoted checkpoint and the face models, so that the first photo waits less."""
    retoucher_for(promoted_checkpoint().path).finder.load()
