"""Settings shared by every installation; what differs lives in loopback, production and test."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from portrait_platform.settings.environment import UTC, Environment

# Linux limits the path of a socket to 107 bytes.
LONGEST_SOCKET_PATH = 100


def redis_socket(folder: Path) -> Path:
    """Return the socket's path in `folder`, or a short private one where that is too long."""
    path = folder / "redis.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    private = base / f"portrait-{os.getuid()}-{digest}"
    private.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Whoever owns the socket's folder decides what workers run.
    found = private.lstat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ImproperlyConfigured(
            f"{private} belongs to somebody else: remove it, or set REDIS_URL"
        )
    return private / "redis.sock"


ROOT = Path(__file__).resolve().parents[3]

# It reads NAME_FILE where NAME is not set, so that every secret may be a mounted file.
env = Environment()

DATA_DIR = Path(env.str("DATA_DIR", default=str(ROOT / "var"))).resolve()
MEDIA_ROOT = DATA_DIR / "media"

INSTALLED_APPS = [
    "portrait_platform",
    "accounts",
    "gallery",
    "retouch_engine",
    "job_queue",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "portrait_platform.headers.PermissionsPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "portrait_platform.static_files.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.preferences.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "portrait_platform.urls"
ASGI_APPLICATION = "portrait_platform.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.adapter.sign_up",
                "accounts.preferences.context",
            ]
        },
    }
]

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'database.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

PORT = env.number("PORT", default=8000)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

REDIS_FOLDER = DATA_DIR / "redis"
REDIS_SOCKET = redis_socket(REDIS_FOLDER)
REDIS_IS_EXTERNAL = bool(env.redis("REDIS_URL"))
REDIS_URL = env.redis("REDIS_URL") or f"unix://{REDIS_SOCKET}?db=0"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
# A job that takes longer is stopped; one that cannot be stopped ends its worker after the grace.
JOB_TIMEOUT_SECONDS = env.number("JOB_TIMEOUT_SECONDS", default=300)
WATCHDOG_GRACE_SECONDS = env.number("WATCHDOG_GRACE_SECONDS", default=15)
JOB_QUEUE_WARM_UP = "retouch_engine.services.warm_up"
# What a worker's heartbeat tells beside its job.
JOB_QUEUE_FACTS = "retouch_engine.services.loaded"
# Dotted paths of functions that put lost rows back into the queue; the sweeper calls each.
JOB_QUEUE_SWEEPS = [
    "gallery.jobs.retouch_sweep",
    "gallery.jobs.group_sweep",
    "gallery.jobs.photo_preview_sweep",
    "gallery.jobs.trash_sweep",
    "gallery.jobs.errand_sweep",
    "gallery.jobs.sitters_sweep",
    "accounts.jobs.erasure_sweep",
    "gallery.jobs.webhook_sweep",
    "gallery.jobs.upload_sweep",
]

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "gallery:album_list"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_UNIQUE_EMAIL = True
# Beside allauth's own: tries at a share link's password, by address and in all; guests' words.
ACCOUNT_RATE_LIMITS = {
    "share_password": "5/5m/key",
    "share_password_of_link": "100/h/key",
    "share_name": "60/h/ip",
    "share_feedback": "120/m/key",
}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
SIGN_UP_OPEN = env.flag("SIGN_UP", default=True)

EMAIL_CONFIG = env.mail("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="portraits@localhost")
HAS_EMAIL_SERVER = bool(env.str("EMAIL_URL", default=""))
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if HAS_EMAIL_SERVER else "none"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Django's own handlers say nothing where DEBUG is off.
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        **{
            name: {"handlers": ["stderr"], "level": "INFO", "propagate": False}
            for name in ("accounts", "gallery", "job_queue", "portrait_platform", "retouch_engine")
        },
    },
}

LANGUAGE_CODE = "en"
# Only what has a complete catalogue of our own in locale/, each named in itself.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [ROOT / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = env.time_zone("TIME_ZONE", default=UTC)
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.HasScope"],
    "DEFAULT_PAGINATION_CLASS": "portrait_platform.api.CreatedCursorPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "portrait_platform.api.problem_exception_handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PARSER_CLASSES": [
        "portrait_platform.api.ShallowJSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "portrait_platform.api.JSONOnlyNegotiation",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Portrait platform",
    "DESCRIPTION": "Albums, photos and retouches of one installation.",
    "VERSION": "1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
}

# Limits that upload and decoding refuse beyond; see docs/operations.md.
UPLOAD_MAX_BYTES = env.number("UPLOAD_MAX_BYTES", default=100 * 1024 * 1024)
UPLOAD_MAX_PIXELS = env.number("UPLOAD_MAX_PIXELS", default=120_000_000)
# An upload that nobody continues is forgotten after so many hours.
UPLOAD_HOURS = env.number("UPLOAD_HOURS", default=24)
# Photos leave the trash for ever after so many days; 0 keeps them until somebody deletes them.
TRASH_DAYS = env.number("TRASH_DAYS", default=30, least=0)
# All pictures cut into tiles together; those that nobody looked at for longest make room.
TILES_BYTES = env.number("TILES_BYTES", default=4 * 1024**3)
# A file that was made for download goes after so many hours.
EXPORT_HOURS = env.number("EXPORT_HOURS", default=24)
# What a person may keep, unless staff gave them limits of their own.
QUOTA_PHOTOS = env.number("QUOTA_PHOTOS", default=10_000)
QUOTA_BYTES = env.number("QUOTA_BYTES", default=50 * 1024**3)
# Webhooks to hosts of a private network and over plain http, for programs on the same intranet.
WEBHOOK_ALLOW_PRIVATE = env.flag("WEBHOOK_ALLOW_PRIVATE", default=False)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "portrait_platform.error_pages.csrf_failure"
