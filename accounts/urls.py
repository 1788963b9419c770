"""Pages of accounts beside allauth's, and its sign-up, which is found here first."""

from django.urls import path

from accounts.views import people, preferences, settings

urlpatterns = [
    path("signup/", people.SignUpView.as_view(), name="account_signup"),
    path("preferences/theme/", preferences.theme, name="theme"),
    path("preferences/language/", preferences.language, name="language"),
    path("settings/", settings.overview, name="settings"),
    path("settings/keys/", settings.api_key_create, name="api_key_create"),
    path(
        "settings/keys/<int:key_id>/withdraw/", settings.api_key_withdraw, name="api_key_withdraw"
    ),
    path("settings/export/", settings.export, name="export"),
    path("settings/delete/", settings.delete, name="account_delete"),
    path("become-staff/<str:token>/", people.become_staff, name="become_staff"),
]
