"""Staff pages of accounts."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import EMAIL_TAKEN, ApiKey, User
from accounts.services import api_key_withdraw, reset_link_send, user_activate


class UserForm(forms.ModelForm):
    """A person; addresses differ in more than capitals."""

    def clean_email(self) -> str:
        """Return the address in lower case; refuse one that is taken."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(EMAIL_TAKEN)
        return email


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People. They are disabled here, not deleted: their files would stay behind."""

    form = UserForm

    list_display: tuple[str, ...] = ("email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "last_login", "date_joined")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("-date_joined",)
    list_per_page = 50
    filter_horizontal = ("groups",)
    actions = ["disable_selected", "enable_selected", "send_reset_link"]
    fields: ClassVar[tuple[str, ...]] = (
        "email",
        "first_name",
        "last_name",
        "quota_photos",
        "quota_bytes",
        "is_active",
        "is_staff",
        "is_superuser",
        "groups",
        "last_login",
        "date_joined",
    )
    readonly_fields: ClassVar[tuple[str, ...]] = ("last_login", "date_joined")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: rows deleted here would leave their files behind."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep those with every right from those without: an address takes an account over."""
        if obj is not None and obj.is_superuser and not _has_every_right(request):
            return False
        if obj is not None and obj.erased_at is not None:
            # Its owner has deleted it, and the sweeper erases what is left of it.
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave it to those with every right to give rights."""
        given = () if _has_every_right(request) else ("is_staff", "is_superuser", "groups")
        return (*super().get_readonly_fields(request, obj), *given)

    def save_model(self, request: HttpRequest, obj: User, form: object, change: bool) -> None:
        """Give a new person no password: they set one by the reset link."""
        if not change:
            obj.set_unusable_password()
        obj.save()

    @admin.action(description="Disable selected accounts", permissions=["change"])
    def disable_selected(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """End sessions and keys at once; photos stay."""
        self._switch(request, chosen, is_active=False)

    @admin.action(description="Enable selected accounts", permissions=["change"])
    def enable_selected(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Let people sign in again."""
        self._switch(request, chosen, is_active=True)

    def _switch(self, request: HttpRequest, chosen: QuerySet[User], *, is_active: bool) -> None:
        allowed = [user for user in self._allowed(request, chosen) if user != request.user]
        for user in allowed:
            user_activate(user=user, is_active=is_active)
            self.log_change(request, user, "enabled" if is_active else "disabled")
        self._report(request, "enabled" if is_active else "disabled", len(allowed), len(chosen))

    @admin.action(description="Send a link to choose a password", permissions=["change"])
    def send_reset_link(self, request: HttpRequest, chosen: QuerySet[User]) -> None:
        """Send selected people the link of "Forgot your password?"."""
        allowed = [user for user in self._allowed(request, chosen) if user.is_active]
        for user in allowed:
            reset_link_send(request=request, user=user)
            self.log_change(request, user, "reset link sent")
        self._report(request, "sent a link", len(allowed), len(chosen))
        if allowed and not settings.HAS_EMAIL_SERVER:
            hint = "EMAIL_URL is not set, so the links are in the server's log."
            self.message_user(request, hint, messages.WARNING)

    def _allowed(self, request: HttpRequest, chosen: QuerySet[User]) -> list[User]:
        return [user for user in chosen if self.has_change_permission(request, user)]

    def _report(self, request: HttpRequest, what: str, count: int, of: int) -> None:
        rest = f" {of - count} stayed as they were." if count < of else ""
        level = messages.SUCCESS if count == of else messages.WARNING
        self.message_user(request, f"{count} of {of} accounts: {what}.{rest}", level)


def _has_every_right(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys; they are made by `create_api_key`, here they are withdrawn."""

    list_display = (
        "prefix", "user", "scopes", "works", "enabled", "expires_at", "last_used_at", "created_at",
    )  # fmt: skip
    list_filter = ("enabled", "expires_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("=prefix", "user__email")
    search_help_text = "The twelve letters after pp_, or an e-mail address."
    ordering = ("-created_at",)
    actions = ["withdraw_selected"]
    fields = ("user", "prefix", "scopes", "enabled", "expires_at", "last_used_at", "created_at")
    readonly_fields = ("user", "prefix", "scopes", "last_used_at", "created_at")

    def has_add_permission(self, request: object) -> bool:
        """Refuse: a key typed in here would have no secret."""
        return False

    @admin.display(description="works", boolean=True)
    def works(self, key: ApiKey) -> bool:
        """Return whether the key opens anything now."""
        return key.is_valid

    @admin.action(description="Withdraw selected keys", permissions=["change"])
    def withdraw_selected(self, request: HttpRequest, chosen: QuerySet[ApiKey]) -> None:
        """Let selected keys open nothing any more, at once."""
        for key in chosen:
            api_key_withdraw(user=key.user, key_id=key.pk)
            self.log_change(request, key, "withdrawn")
        self.message_user(request, f"{len(chosen)} keys are withdrawn.", messages.SUCCESS)
