"""The site as an app: manifest, service worker, and the page shown offline."""

import io

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from portrait_platform import pwa


def test_the_manifest_names_icons_that_are_there(client: Client, db: None) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert manifest["display"] == "standalone"
    purposes = set()
    for icon in manifest["icons"]:
        path = finders.find(icon["src"].split("static/")[1])
        assert path
        if icon["type"] == "image/png":
            size = Image.open(path).size
            assert f"{size[0]}x{size[1]}" == icon["sizes"]
            purposes.add((icon["purpose"], size[0]))
    assert purposes == {("any", 192), ("any", 512), ("maskable", 192), ("maskable", 512)}
    for shortcut in [manifest["start_url"], *(s["url"] for s in manifest["shortcuts"])]:
        assert client.get(shortcut).status_code in (200, 302)


def test_the_manifest_speaks_german(client: Client, db: None) -> None:
    manifest = client.get("/manifest.webmanifest", headers={"Accept-Language": "de"}).json()
    assert (manifest["lang"], manifest["shortcuts"][0]["name"]) == ("de", "Alben")


def test_the_worker_rules_the_site_and_is_always_asked_for(client: Client, db: None) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cache-Control"] == "no-cache"
    assert pwa.version() in answer.content.decode()
    assert "/photos/" not in answer.content.decode()
    assert "/api/" not in answer.content.decode()


def test_another_style_sheet_is_another_version(
    tmp_path: object, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = pwa.version()
    for name in pwa.KEPT:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("changed")
    settings.STATICFILES_DIRS = [tmp_path]
    pwa.version.cache_clear()
    try:
        assert pwa.version() != before
    finally:
        pwa.version.cache_clear()


def test_the_page_shown_offline_knows_nobody_and_asks_no_database(client: Client) -> None:
    # This test has no access to the database.
    content = client.get("/offline/").content.decode()
    assert "No connection" in content
    assert "csrfmiddlewaretoken" not in content
    assert "<script" not in content


def test_icons_are_small() -> None:
    for name in ("icon-192", "icon-512", "maskable-192", "maskable-512", "apple-touch-icon"):
        path = finders.find(f"icons/{name}.png")
        data = io.BytesIO(open(path, "rb").read())  # noqa: PTH123, SIM115
        assert Image.open(data).mode in ("RGBA", "RGB", "P")
        assert len(data.getvalue()) < 30_000
