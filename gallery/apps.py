"""App configuration."""

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save

if TYPE_CHECKING:
    from accounts.models import User


class GalleryConfig(AppConfig):
    """The app `gallery`."""

    name = "gallery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the gallery's part of a person's data, and let invitations take effect."""
        from accounts.models import User
        from accounts.personal_data import Handler, register
        from gallery import personal_data

        register(Handler(export=personal_data.export, erase=personal_data.erase))
        post_save.connect(_person_saved, sender=User, dispatch_uid="gallery.roles_claim")
        # Who was invited in the moment of signing up finds the album at the next sign-in.
        user_logged_in.connect(_person_signed_in, dispatch_uid="gallery.roles_claim_later")


def _person_saved(
    instance: "User", update_fields: frozenset[str] | None = None, raw: bool = False, **kwargs: Any
) -> None:
    if not raw and (update_fields is None or "email" in update_fields):
        _claim(instance)


def _person_signed_in(user: "User", **kwargs: Any) -> None:
    _claim(user)


def _claim(person: "User") -> None:
    from gallery.sharing.roles import roles_claim

    roles_claim(person=person)
