"""What the queue calls: a dotted path each, one id, no logic."""

from gallery import erasure, groups, runs
from gallery.sharing import sitters


def retouch_run(identifier: str) -> None:
    """Run the retouch of job `{row id}-{number}`."""
    runs.retouch_run(identifier)


def retouch_sweep(live: set[str]) -> None:
    """Give lost retouches back to the queue."""
    runs.retouch_sweep(live)


def group_run(identifier: str) -> None:
    """Agree on the tone of the group of job `{row id}-{number}`."""
    groups.group_run(identifier)


def group_sweep(live: set[str]) -> None:
    """Take the steps of groups that nobody took."""
    groups.group_sweep(live)


def trash_sweep(live: set[str]) -> None:
    """Erase what lay in the trash for long enough."""
    erasure.trash_sweep()


def sitters_sweep(live: set[str]) -> None:
    """Erase the photos of sitters whose day has come."""
    sitters.sitters_sweep()
