"""Which version of the software runs."""

import tomllib
from functools import lru_cache
from importlib import metadata

from django.conf import settings


@lru_cache(maxsize=1)
def software_version() -> str:
    """Return the installed package's version, else that of the folder it runs from."""
    try:
        return metadata.version("portrait-platform")
    except metadata.PackageNotFoundError:
        project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text())["project"]
        return str(project["version"])
