"""URLs of the whole site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from drf_spectacular.views import SpectacularAPIView

from gallery.views.albums import home
from portrait_platform import dashboard, health, metrics
from portrait_platform.api import problem_or_page

admin.site.site_header = admin.site.site_title = _("Portraits: administration")
# allauth's limits against guessing hold for the staff's sign-in too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = problem_or_page(400, "bad_request", defaults.bad_request)
handler403 = problem_or_page(403, "permission_denied", defaults.permission_denied)
handler404 = problem_or_page(404, "not_found", defaults.page_not_found)
handler500 = problem_or_page(500, "internal_error", defaults.server_error)

urlpatterns = [
    path("", home, name="home"),
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
