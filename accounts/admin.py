"""Staff pages of accounts."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.models import EMAIL_TAKEN, ApiKey, User


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
    """People."""

    form = UserForm

    list_display = ("email", "is_active", "is_staff", "date_joined", "last_login")
    search_fields = ("email",)
    fields = (
        "email",
        "first_name",
        "last_name",
        "quota_photos",
        "quota_bytes",
        "is_active",
        "is_staff",
        "is_superuser",
    )

    def save_model(self, request: HttpRequest, obj: User, form: object, change: bool) -> None:
        """Give a new person no password: they set one by the reset link."""
        if not change:
            obj.set_unusable_password()
        obj.save()


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):
    """Keys; they are made by `create_api_key`, here they are withdrawn."""

    list_display = ("prefix", "user", "scopes", "enabled", "expires_at", "last_used_at")
    fields = ("user", "prefix", "scopes", "enabled", "expires_at", "last_used_at")
    readonly_fields = ("user", "prefix", "scopes", "last_used_at")

    def has_add_permission(self, request: object) -> bool:
        """Refuse: a key typed in here would have no secret."""
        return False
