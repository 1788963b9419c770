"""Settings of the test suite: a throw-away data folder and Redis, fast password hashing."""

import os
import tempfile
from pathlib import Path

# Before base is read: tests never touch the data folder of an installation.
_scratch = tempfile.mkdtemp(prefix="portrait-tests-")
_folder = Path(os.environ.setdefault("TEST_DATA_DIR", _scratch))
# Tests that run side by side have a folder each, with a Redis and a database of its own; the
# processes that they start are told it and stay there.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if _worker and _folder.name != _worker:
    _folder = _folder / _worker
    os.environ["TEST_DATA_DIR"] = str(_folder)
os.environ["DATA_DIR"] = str(_folder)

from portrait_platform.settings.base import *  # noqa: E402, F403

SECRET_KEY = "not-a-secret-used-by-tests-only"  # noqa: S105
DEBUG = False
TIME_ZONE = "UTC"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Path(os.environ["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
