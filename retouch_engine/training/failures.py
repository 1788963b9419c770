"""How a run ends early: one clear line instead of a traceback."""

import errno
from pathlib import Path

import torch

from .config import TrainingDataError
from .state import STATE_FILE

SAVED = "everything is saved: go on with --resume"
LOADER = "DataLoader worker"


class TrainingStoppedError(RuntimeError):
    """A run that ended early with its state saved; the message says how to go on."""


def stopped_by(error: Exception, folder: Path) -> TrainingStoppedError | None:
    """Return what to tell about an error of the loop, None where it is a programming error.

    folder: the run's, whose last saved state, if there is one, is whole.
    """
    reason = _reason(error)
    if reason is None:
        return None
    if (folder / STATE_FILE).is_file():
        return TrainingStoppedError(
            f"{reason}, then go on with --resume: the last saved state in {folder} is whole"
        )
    return TrainingStoppedError(f"{reason}, then start again: nothing was saved yet in {folder}")


def _reason(error: Exception) -> str | None:
    if isinstance(error, OSError):
        return f"{'the disk is full' if is_full(error) else last_line(error)}: make room"
    if isinstance(error, torch.OutOfMemoryError):
        return (
            "the device's memory is full: set gradient_checkpointing in the config (a lower batch "
            "with more accumulation, or a lower crop, need a new run)"
        )
    if isinstance(error, RuntimeError) and str(error).startswith(LOADER):
        return (
            "a process that loads and paints was killed, as happens when memory runs out: choose "
            "fewer --workers"
        )
    return None


def data_reason(error: TrainingDataError) -> str:
    """Return an error's own line; a loading process sends its traceback along."""
    return last_line(error).removeprefix(f"{type(error).__module__}.{type(error).__qualname__}: ")


def is_full(error: BaseException) -> bool:
    """Return whether a full disk, or a full quota, is at the bottom of an error."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def last_line(error: Exception) -> str:
    """Return the last line of a message, where the reason stands."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1]
