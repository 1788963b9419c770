"""The engine's Django side: which checkpoint is meant by a name, and warm retouchers."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.db import DatabaseError

from retouch_engine.inference import CheckpointError, load_card
from retouch_engine.retoucher import Retoucher

SHIPPED_FOLDER = Path(__file__).parent / "checkpoints"


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


def checkpoint_resolve(name: str = "default") -> Path:
    """Return the card of `default`, `shipped`, a registered name or a path.

    Raises CheckpointError naming what is known when nothing fits.
    """
    if name in ("default", "shipped"):
        return shipped_checkpoint_path()
    path = Path(name)
    if path.suffix in (".json", ".onnx", ".safetensors") or path.with_suffix(".json").is_file():
        return load_card(path).path
    registered = _registered()
    if name in registered:
        return load_card(Path(registered[name])).path
    known = ", ".join(["default", "shipped", *sorted(registered)])
    raise CheckpointError(
        "checkpoint_missing", f"no checkpoint {name!r}; known: {known}, or a path"
    )


def _registered() -> dict[str, str]:
    """Return registered checkpoints by name; none where there is no database yet."""
    from retouch_engine.models import Checkpoint

    try:
        return dict(Checkpoint.objects.values_list("name", "path"))
    except DatabaseError:
        return {}


def promoted_checkpoint() -> CheckpointReference:
    """Return the checkpoint that retouches use now; raises CheckpointError."""
    card = load_card(checkpoint_resolve("default"))
    return CheckpointReference(card.name, card.sha256.get("safetensors", ""), card.path)


def retoucher_for(path: Path) -> Retoucher:
    """Return a warm retoucher, loaded once per process and file version."""
    return _retoucher(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _retoucher(path: Path, modified: int) -> Retoucher:
    return Retoucher.load(path)


def warm_up() -> None:
    """Load the promoted checkpoint and the face models, so that the first photo waits less."""
    retoucher_for(promoted_checkpoint().path).finder.load()
