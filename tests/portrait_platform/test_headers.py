"""Every answer carries the policies, and no page holds a script or style of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from gallery import services
from gallery.models import Photo
from tests.support.people import api

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.I)
# Pages of Django's admin and the health checks need rows or services of their own.
SKIPPED = ("admin/", "health/", "accounts/logout/", "accounts/settings/export/")


def addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Yield every address without parameters."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, route)
        elif isinstance(pattern, URLPattern) and "<" not in route and "(" not in route:
            yield "/" + route.replace("^", "").replace("\\Z", "").replace("$", "")


def all_addresses() -> list[str]:
    found = [address for address in addresses(get_resolver()) if "\\" not in address]
    return sorted({a for a in found if not a.startswith(tuple("/" + s for s in SKIPPED))})


def check(client: Client, address: str) -> None:
    answer = client.get(address)
    headers = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    assert "default-src 'self'" in policy or "default-src 'none'" in policy, address
    assert "unsafe" not in policy
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    if "html" in headers.get("Content-Type", "") and not answer.streaming:
        assert not INLINE.findall(answer.content.decode()), address


@pytest.mark.django_db
def test_strangers_get_the_policies_everywhere(client: Client) -> None:
    for address in [*all_addresses(), "/nothing/", "/static/icon.svg"]:
        check(client, address)


def test_owners_get_the_policies_everywhere(owner: User, photo: Photo) -> None:
    client = api(owner)
    album = services.album_create(owner=owner, title="June")
    rows = [f"/albums/{album.pk}/", f"/photos/{photo.pk}/", f"/photos/{photo.pk}/original/"]
    for address in [*all_addresses(), *rows]:
        check(client, address)


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_inline_script_or_style(path: Path) -> None:
    assert not INLINE.findall(path.read_text())
