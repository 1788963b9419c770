"""App configuration."""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.db.models.signals import post_save

if TYPE_CHECKING:
    from accounts.models import User


class GalleryConfig(AppConfig):
    """The app `gallery`."""

    name = "gallery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let invitations to an address take effect when somebody signs up with it."""
        from accounts.models import User

        post_save.connect(_person_saved, sender=User, dispatch_uid="gallery.roles_claim")


def _person_saved(
    instance: "User", update_fields: frozenset[str] | None = None, raw: bool = False, **kwargs: Any
) -> None:
    from gallery.sharing.roles import roles_claim

    if not raw and (update_fields is None or "email" in update_fields):
        roles_claim(person=instance)
