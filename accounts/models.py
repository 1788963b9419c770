"""People of this installation, their API keys and the first staff member's invitation."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_noop

EMAIL_TAKEN = gettext_noop("There is an account with this e-mail address already.")


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address; there is no user name."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Create a person; raises ValueError without an e-mail address."""
        if not email:
            raise ValueError("an e-mail address is needed")
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Create a staff member with every right."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class User(AbstractUser):
    """A person, known by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    quota_photos = models.PositiveIntegerField(
        "most photos", null=True, blank=True, help_text="Empty: the installation's limit."
    )
    quota_bytes = models.PositiveBigIntegerField(
        "most bytes", null=True, blank=True, help_text="Empty: the installation's limit."
    )

    # Empty: what the browser says.
    language = models.CharField(max_length=10, blank=True, default="", editable=False)
    theme = models.CharField(max_length=10, blank=True, default="", editable=False)

    # Set when the person deleted the account; a job erases what it holds.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="email_once_in_any_case",
                violation_error_message=EMAIL_TAKEN,
            )
        ]

    def __str__(self) -> str:
        return self.email


class ApiKey(models.Model):
    """A program's key: a public prefix and a digest of the secret, never the secret."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=60, blank=True, default="")
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    enabled = models.BooleanField(default=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.prefix} ({self.user})"

    @property
    def is_valid(self) -> bool:
        """Return whether the key works now."""
        in_time = self.expires_at is None or self.expires_at > timezone.now()
        return self.enabled and in_time and self.user.is_active


class StaffInvitation(models.Model):
    """The one-time link that makes the first account staff; only its digest is stored."""

    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"invitation of {self.created_at:%Y-%m-%d %H:%M}"
