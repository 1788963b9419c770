"""Reading the environment: what is not understood is refused in one line that says what to give."""

import os
import warnings
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")
UTC = "UTC"
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class Environment(environ.FileAwareEnv):
    """Environment variables, each also as NAME_FILE; an empty one counts as not set.

    All methods raise ImproperlyConfigured with the variable's name for a value of another kind.
    """

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false; any other word is refused rather than taken for one of them."""
        text = str(self.str(name, default="")).strip().lower()
        if text in TRUE or text in FALSE:
            return text in TRUE
        if not text:
            return default
        raise ImproperlyConfigured(f"{name} is {text!r}: set it to true or false")

    def number(self, name: str, *, default: int, least: int = 1) -> int:
        """Return a whole number of at least `least`."""
        text = str(self.str(name, default="")).strip()
        if not text:
            return default
        if not (text.isascii() and text.isdecimal()) or int(text) < least:
            raise ImproperlyConfigured(
                f"{name} is {text!r}: set it to a whole number, at least {least}"
            )
        return int(text)

    def time_zone(self, name: str, *, default: str) -> str:
        """Return the name of a time zone."""
        zone = str(self.str(name, default="")).strip() or default
        if zone != UTC and zone not in available_timezones():
            raise ImproperlyConfigured(
                f"{name} is {zone!r}: set it to a time zone's name, such as Europe/Vienna"
            )
        return zone

    def database(self, name: str, *, default: str) -> dict[str, Any]:
        """Return Django's settings of a database from its URL."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                found: dict[str, Any] = self.db_url(name, default=default)
        except (ImproperlyConfigured, KeyError, ValueError):
            found = {}
        if not found.get("ENGINE"):
            forms = "postgres://user:password@host/name or sqlite:////path"
            raise ImproperlyConfigured(f"{name} is no database's URL: set it to {forms}")
        return found

    def mail(self, name: str, *, default: str) -> dict[str, Any]:
        """Return Django's settings of a mail server from its URL."""
        found: dict[str, Any]
        try:
            found = self.email_url(name, default=default)
        except (ImproperlyConfigured, KeyError, ValueError) as error:
            form = "smtp+tls://user:password@host:587"
            raise ImproperlyConfigured(
                f"{name} is no mail server's URL: set it to {form}"
            ) from error
        return found

    def redis(self, name: str) -> str:
        """Return a Redis' URL, "" where none is set."""
        url = str(self.str(name, default=""))
        if url and not url.startswith(REDIS_SCHEMES):
            raise ImproperlyConfigured(f"{name} is no Redis' URL: set it to redis://host:6379/0")
        return url


def host_time_zone(localtime: Path = Path("/etc/localtime")) -> str:
    """Return the name of this machine's time zone, which TZ may tell; UTC where nothing does."""
    _, _, name = str(localtime.resolve()).partition("zoneinfo/")
    name = os.environ.get("TZ", "") or name
    return name if name in available_timezones() else UTC
