"""Settings of a public installation: nothing is defaulted that a stranger could guess.

SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL and REDIS_URL must be given, each also as NAME_FILE.
"""

from django.core.exceptions import ImproperlyConfigured

from portrait_platform.settings.base import *  # noqa: F403
from portrait_platform.settings.base import REDIS_URL, env

for _name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"):
    if not env.str(_name, default=""):
        raise ImproperlyConfigured(
            f"set {_name} (or {_name}_FILE): production has no default for it"
        )

SECRET_KEY = env.str("SECRET_KEY")
if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY must have at least 50 characters")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts: * would accept any")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS]
DEBUG = False
# Whoever may sign up spends this machine's time: the operator opens it.
SIGN_UP_OPEN = env.flag("SIGN_UP", default=False)
SECURE_SSL_REDIRECT = True
# Only behind a proxy that sets this header itself; anywhere else a client could.
if env.flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", default=31_536_000, least=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_INCLUDE_SUBDOMAINS", default=True)
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD", default=True)
# The limits on guessing passwords count over all processes.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
