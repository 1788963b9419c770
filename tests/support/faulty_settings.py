"""Settings of `make run` with a worker that some photos hang or kill, and recovery speeded up.

Everything else is the default installation: SQLite, embedded Redis, real processes.
"""

from portrait_platform.settings.loopback import *  # noqa: F403

JOB_QUEUE_WARM_UP = "tests.support.faults.warm_up"
JOB_QUEUE_SWEEPS = ["tests.support.faults.sweep"]
