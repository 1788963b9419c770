"""App configuration."""

from django.apps import AppConfig


class RetouchEngineConfig(AppConfig):
    """The app `retouch_engine`."""

    name = "retouch_engine"
    verbose_name = "Retouch engine"
    default_auto_field = "django.db.models.BigAutoField"
