"""App configuration."""

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    """The app `gallery`."""

    name = "gallery"
    default_auto_field = "django.db.models.BigAutoField"
