"""Settings of `make run`: one machine, loopback only, secrets generated into the data folder."""

from portrait_platform.secret_key import read_or_create_secret_key
from portrait_platform.settings.base import *  # noqa: F403
from portrait_platform.settings.base import DATA_DIR, env
from portrait_platform.settings.environment import host_time_zone

DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
SECRET_KEY = read_or_create_secret_key(DATA_DIR / "secret_key")
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
# Whoever reaches this installation sits at this machine.
WEBHOOK_ALLOW_PRIVATE = env.flag("WEBHOOK_ALLOW_PRIVATE", default=True)
TIME_ZONE = env.time_zone("TIME_ZONE", default=host_time_zone())
