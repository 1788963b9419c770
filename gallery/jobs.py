"""What the queue calls: a dotted path each, one id, no logic."""

from gallery import runs


def retouch_run(identifier: str) -> None:
    """Run the retouch of job `{row id}-{number}`."""
    runs.retouch_run(identifier)


def retouch_sweep(live: set[str]) -> None:
    """Give lost retouches back to the queue."""
    runs.retouch_sweep(live)
