"""URLs of the whole site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.views import SpectacularAPIView

from gallery.views.albums import home
from portrait_platform import dashboard, health, metrics, pwa

admin.site.site_header = admin.site.site_title = _("Portraits: administration")
# allauth's limits against guessing hold for the staff's sign-in too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "portrait_platform.error_pages.bad_request"
handler403 = "portrait_platform.error_pages.permission_denied"
handler404 = "portrait_platform.error_pages.not_found"
handler500 = "portrait_platform.error_pages.server_error"

urlpatterns = [
    path("", home, name="home"),
    path("manifest.webmanifest", pwa.manifest, name="manifest"),
    path("sw.js", pwa.service_worker, name="service_worker"),
    path("offline/", pwa.offline, name="offline"),
    path("accounts/", include("accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("", include("gallery.urls")),
    path("api/v1/", include("gallery.api.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("admin/dashboard/", dashboard.dashboard, name="dashboard"),
    path("admin/dashboard/figures/", dashboard.dashboard_figures, name="dashboard-figures"),
    path("admin/", admin.site.urls),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("metrics", metrics.metrics, name="metrics"),
]
