"""The installation's secret key: made once, readable by its owner alone, never defaulted."""

import os
import secrets
from pathlib import Path


def read_or_create_secret_key(path: Path) -> str:
    """Return the key stored at `path`, generating it (mode 0600) on the first call."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    key = secrets.token_urlsafe(64)
    with os.fdopen(handle, "w") as file:
        file.write(key)
    return key
