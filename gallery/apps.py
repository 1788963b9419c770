"""App configuration."""

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    """The app `gallery`."""

    name = "gallery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the gallery's part of a person's data."""
        from accounts.personal_data import Handler, register
        from gallery import personal_data

        register(Handler(export=personal_data.export, erase=personal_data.erase))
