"""Writes of accounts: people, API keys, the staff invitation."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from allauth.account.forms import ResetPasswordForm
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import EMAIL_TAKEN, ApiKey, StaffInvitation, User

SCOPES = ("read", "write")
LAST_USED_PRECISION = timedelta(minutes=1)


def user_create(*, email: str, password: str | None = None) -> User:
    """Create a person; without a password they sign in after a reset only.

    Raises ValueError for an address that is taken, in whatever case it is written.
    """
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password)
    except IntegrityError as error:
        raise ValueError(EMAIL_TAKEN) from error


def preferences_save(*, user: User, **chosen: str) -> None:
    """Keep a person's `theme` or `language`."""
    for name, value in chosen.items():
        setattr(user, name, value)
    user.save(update_fields=list(chosen))


@transaction.atomic
def account_close(*, user: User) -> None:
    """End a person's account: no sign-in, no keys; the sweeper erases what it holds."""
    user.api_keys.all().delete()
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at = timezone.now()
    user.set_unusable_password()
    user.save()


def api_key_create(
    *,
    user: User,
    name: str = "",
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create a key and return it with the plain text, which is stored nowhere.

    Raises ValueError on an unknown scope or an expiry that lies in the past.
    """
    chosen = scopes or list(SCOPES)
    unknown = sorted(set(chosen) - set(SCOPES))
    if unknown:
        raise ValueError(f"unknown scope {unknown[0]!r}; known: {', '.join(SCOPES)}")
    if expires_at is not None and expires_at <= timezone.now():
        raise ValueError("the expiry lies in the past")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        user=user,
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        scopes=chosen,
        expires_at=expires_at,
    )
    return key, f"pp_{prefix}_{secret}"


def api_key_withdraw(*, user: User, key_id: int) -> bool:
    """End one of a person's keys; sockets that it opened close within their next check.

    Returns False where they have no such key.
    """
    return bool(ApiKey.objects.filter(user=user, pk=key_id, enabled=True).update(enabled=False))


def api_key_verify(*, key: str) -> ApiKey | None:
    """Return the valid key that `key` is the plain text of, noting its use; None otherwise."""
    marker, _, rest = key.partition("_")
    prefix, _, secret = rest.partition("_")
    found = ApiKey.objects.select_related("user").filter(prefix=prefix).first()
    if marker != "pp" or found is None or not found.is_valid:
        return None
    if not hmac.compare_digest(found.digest, _digest(secret)):
        return None
    now = timezone.now()
    if found.last_used_at is None or now - found.last_used_at > LAST_USED_PRECISION:
        ApiKey.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def user_activate(*, user: User, is_active: bool) -> None:
    """Let a person in, or not: sessions and keys end at once, photos stay."""
    User.objects.filter(pk=user.pk).update(is_active=is_active)


def reset_link_send(*, request: HttpRequest, user: User) -> None:
    """Send a person the link by which they choose a password."""
    form = ResetPasswordForm(data={"email": user.email})
    if form.is_valid():
        form.save(request)


def staff_invitation_create() -> str | None:
    """Return the path of a fresh one-time link, or None once there is a staff member."""
    if User.objects.filter(is_staff=True).exists():
        return None
    token = secrets.token_urlsafe(24)
    with transaction.atomic():
        StaffInvitation.objects.all().delete()
        StaffInvitation.objects.create(digest=_digest(token))
    return f"/accounts/become-staff/{token}/"


@transaction.atomic
def staff_invitation_accept(*, user: User, token: str) -> bool:
    """Make `user` staff if the link is the current one; it works once."""
    deleted, _ = StaffInvitation.objects.filter(digest=_digest(token)).delete()
    if not deleted or User.objects.filter(is_staff=True).exists():
        return False
    user.is_staff = user.is_superuser = True
    user.save(update_fields=["is_staff", "is_superuser"])
    return True


def _digest(secret: str) -> str:
    """Return HMAC-SHA256 of a secret under a pepper derived from the installation's key."""
    pepper = hashlib.sha256(f"accounts.api_key:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(pepper, secret.encode(), hashlib.sha256).hexdigest()
