"""What browser tests share: how Chromium is started, and a person's first steps."""

import shutil

import numpy as np
from playwright.sync_api import Browser, Page

from retouch_engine.synthesis.light import Light, with_light
from tests.support.platform_process import Platform
from tests.support.portraits import encoded, large_astronaut, painted_astronaut

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "a-long-pass-word"


def sign_up(browser: Browser, platform: Platform, email: str, **options: object) -> Page:
    page = browser.new_context(base_url=platform.url, **options).new_page()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(email)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/albums/")
    return page


def make_album(page: Page, title: str) -> None:
    page.goto("/albums/")
    page.get_by_label("New album").fill(title)
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/albums/*-*/")


def portrait(seed: int = 0) -> dict[str, object]:
    pixels = painted_astronaut()[0].copy()
    pixels[:2, :2] = seed
    return {
        "name": f"portrait{seed}.jpg",
        "mimeType": "image/jpeg",
        "buffer": encoded(pixels, quality=92),
    }


def lit_portrait(name: str, light: Light) -> dict[str, object]:
    """Return a portrait without spots, as it were in another light, as a file to upload."""
    pixels = large_astronaut()
    picture = with_light(pixels, np.zeros(pixels.shape[:2], np.float32), light)
    return {"name": name, "mimeType": "image/jpeg", "buffer": encoded(picture, quality=92)}
