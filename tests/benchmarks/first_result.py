"""A worker's process from its start to its first result; run by `python -m tests.benchmarks`.

Does what `run_worker` does before its first job, less the queue, then one retouch of the photo
given, and prints the monotonic clock, which its parent read before.
"""

import sys
import time
from pathlib import Path

import django


def main() -> None:
    """Warm up, retouch, print."""
    django.setup()
    import gallery.jobs
    import job_queue.worker
    from retouch_engine import retoucher, services

    assert gallery.jobs
    assert job_queue.worker
    services.warm_up()
    warm = services.promoted_retoucher()
    photo = retoucher.decode(Path(sys.argv[1]).read_bytes())
    analysis = warm.analyse(photo)
    assert warm.render(photo, analysis, retoucher.Recipe()).encoded.data
    print(time.monotonic())


if __name__ == "__main__":
    main()
