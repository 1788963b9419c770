"""How many threads pay."""

import os
import sys


def usable_cores() -> int:
    """Return how many cores this process may use; only Linux tells."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
