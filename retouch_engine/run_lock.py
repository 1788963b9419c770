"""Whether a run is being trained: a lock on its folder, which the kernel frees after a kill too."""

import errno
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_FILE = "running.lock"
HELD = (errno.EAGAIN, errno.EACCES)


class RunHeldError(RuntimeError):
    """A run that another process trains; the message says what to do."""


@contextmanager
def run_held(folder: Path) -> Iterator[None]:
    """Hold a run's folder until the block ends; one made for it goes again if it stays empty.

    Raises RunHeldError where another process holds it. Where the file system knows no locks the
    run goes on without.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK_FILE).open("a") as file:
        try:
            # lockf's locks stay with this process: those of flock would live on in its children.
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in HELD:
                raise RunHeldError(
                    f"run {folder.name!r} is being trained by another process: wait for its end, "
                    "or stop it with Ctrl-C or SIGTERM"
                ) from error
        try:
            yield
        finally:
            if [path.name for path in folder.iterdir()] == [LOCK_FILE]:
                (folder / LOCK_FILE).unlink()
                folder.rmdir()


def is_held(folder: Path) -> bool:
    """Return whether a process trains the run in this folder now."""
    try:
        with (folder / LOCK_FILE).open() as file:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        # Only where the lock cannot be asked for at all is it unknown: then the row is believed.
        return not isinstance(error, FileNotFoundError | NotADirectoryError)
    return False
