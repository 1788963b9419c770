"""One tone for an album, in a real browser."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from retouch_engine.synthesis.light import Light
from tests.support.browsing import CHROMIUM, lit_portrait, make_album, sign_up
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


def test_an_album_is_made_consistent(browser: Browser, platform: Platform) -> None:
    page = sign_up(browser, platform, "shoot@example.org", viewport={"width": 360, "height": 740})
    make_album(page, "Shoot")
    button = page.get_by_role("button", name="Make consistent")
    expect(button).to_be_hidden()
    photos = [lit_portrait("day.jpg", Light()), lit_portrait("lamp.jpg", Light(temperature=0.5))]
    page.locator("#files").set_input_files(photos)
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(2, timeout=60_000)
    page.get_by_label("Look to match").select_option(label="day.jpg")
    button.click()
    status = page.locator("#consistent .status")
    expect(status).to_contain_text("one tone now", timeout=60_000)
    before, after = map(float, re.findall(r"[\d.]+\d", status.inner_text())[:2])
    assert after < before
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / "group_phone.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 800})
        page.screenshot(path=Path(folder) / "group.png", full_page=True)
