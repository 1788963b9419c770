"""Settings of the test suite: a throw-away data folder and Redis, fast password hashing."""

import os
import tempfile
from pathlib import Path

# Before base is read: tests never touch the data folder of an installation.
_scratch = tempfile.mkdtemp(prefix="portrait-tests-")
os.environ.setdefault("TEST_DATA_DIR", _scratch)
os.environ["DATA_DIR"] = os.environ["TEST_DATA_DIR"]

from portrait_platform.settings.base import *  # noqa: E402, F403

SECRET_KEY = "not-a-secret-used-by-tests-only"  # noqa: S105
DEBUG = False
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Path(os.environ["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
