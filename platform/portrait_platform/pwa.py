"""What makes the site an app on a phone: manifest, service worker, the page shown offline."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portrait_platform.error_pages import bare_page

# What the page shown offline needs; photos and pages of people are never kept.
KEPT = ("css/tokens.css", "css/layout.css", "css/components.css", "css/account.css", "icon.svg")
GROUND, ACCENT = "#ffffff", "#1f6f5c"


def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the app to the browser that installs it."""
    icons = [
        {"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        *(_icon(f"icon-{size}", size, "any") for size in (192, 512)),
        *(_icon(f"maskable-{size}", size, "maskable") for size in (192, 512)),
    ]
    content = {
        "id": "/",
        "name": _("Portraits"),
        "short_name": _("Portraits"),
        "description": _("Portraits, retouched with care"),
        "lang": get_language(),
        "start_url": reverse("gallery:album_list"),
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": ACCENT,
        "categories": ["photo"],
        "icons": icons,
        "shortcuts": [
            {"name": _("Albums"), "url": reverse("gallery:album_list")},
            {"name": _("All photos"), "url": reverse("gallery:photo_list")},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


def service_worker(request: HttpRequest) -> HttpResponse:
    """Serve the worker from the root, so that its scope is the whole site; never from a cache."""
    context = {
        "version": version(),
        "offline": reverse("offline"),
        "language": get_language(),
        "kept": [static(name) for name in KEPT],
    }
    response = render(request, "service_worker.js", context, content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no connection; kept by the service worker, so it knows nobody."""
    return bare_page(
        request,
        200,
        _("No connection"),
        _("Your photos are safe on the server. As soon as you are online again, go on here."),
        retry=reverse("home"),
    )


@lru_cache(maxsize=1)
def version() -> str:
    """Return a short hash of what the worker keeps: it changes with any of these files."""
    digest = hashlib.sha256()
    for name in KEPT:
        digest.update((Path(settings.STATICFILES_DIRS[0]) / name).read_bytes())
    return digest.hexdigest()[:12]


def _icon(name: str, size: int, purpose: str) -> dict[str, str]:
    return {
        "src": static(f"icons/{name}.png"),
        "sizes": f"{size}x{size}",
        "type": "image/png",
        "purpose": purpose,
    }
