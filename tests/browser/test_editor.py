"""The photo page's editor: what it shows is what the server renders, with WebGL and without."""

import base64
import io
import json
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from retouch_engine.synthesis.light import Light
from tests.support.browsing import (
    CHROMIUM,
    FLAGS,
    lit_portrait,
    make_album,
    portrait,
    sign_up,
)
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
# A software renderer stands for the graphics card.
SOFTWARE_GL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
NO_GL = ["--disable-gpu", "--disable-3d-apis"]


@pytest.fixture(scope="module", params=["webgl", "2d"])
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    flags = [flag for flag in FLAGS if flag != "--disable-gpu"]
    flags += SOFTWARE_GL if request.param == "webgl" else NO_GL
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        chromium.kind = request.param
        yield chromium
        chromium.close()


def open_editor(
    browser: Browser,
    platform: Platform,
    name: str,
    file: dict[str, object] | None = None,
    **options: object,
) -> Page:
    page = sign_up(browser, platform, f"{name}-{browser.kind}@example.org", **options)
    make_album(page, "Editing")
    page.locator("#files").set_input_files([file or portrait(31)])
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=60_000)
    page.locator(".photo a").click()
    expect(page.locator("#editor")).to_have_attribute("data-ready", browser.kind, timeout=20_000)
    return page


# What was asked for is drawn in the next frame.
NEXT_FRAMES = "() => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))"


def shown(page: Page) -> NDArray[np.int16]:
    page.evaluate(NEXT_FRAMES)
    data = page.evaluate("document.getElementById('shown').toDataURL('image/png')")
    picture = Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))).convert("RGB")
    return np.asarray(picture).astype(np.int16)


def rendered(page: Page) -> NDArray[np.int16]:
    """Ask the server for the newest version once more, without loss."""
    path = f"/api/v1/retouches/{page.locator('#editor').get_attribute('data-retouch')}/"
    row = page.request.get(path).json()
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    headers = {"X-CSRFToken": token, "Content-Type": "application/json"}
    recipe = json.dumps({"recipe": {**row["recipe"], "format": "png"}})
    version = page.request.patch(path, data=recipe, headers=headers).json()["version"]
    for _ in range(100):
        row = page.request.get(path).json()
        if (row["status"], row["version"]) == ("succeeded", version):
            break
        time.sleep(0.2)
    data = page.request.get(path + "result/").body()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(np.int16)


def test_sliders_and_spots_show_what_the_server_renders(
    browser: Browser, platform: Platform
) -> None:
    page = open_editor(browser, platform, "editor")
    before = shown(page)
    page.get_by_label("Evenness").fill("100")
    page.get_by_label("Shine").fill("60")
    page.get_by_label("Blemishes").fill("70")
    light = page.get_by_label("Light", exact=False)
    if light.is_enabled():
        light.fill("80")
    page.get_by_label("Show spots").check()
    spots = page.locator("#marks button")
    first = spots.first.get_attribute("aria-pressed")
    spots.first.focus()
    page.keyboard.press("Enter")
    assert spots.first.get_attribute("aria-pressed") != first
    expect(page.locator("#saved")).to_contain_text("Saved as version", timeout=30_000)
    changed = shown(page)
    assert np.abs(changed - before).max() > 10
    difference = np.abs(changed - rendered(page))
    assert difference.max() <= 3
    assert (difference > 2).mean() < 1e-4


def test_bad_light_is_shown_as_the_server_corrects_it(browser: Browser, platform: Platform) -> None:
    dim = lit_portrait("dim.jpg", Light(exposure=-1.6))
    page = open_editor(browser, platform, "dim", dim)
    light = page.get_by_label("Light", exact=False)
    expect(light).to_be_enabled()
    strength = light.input_value()
    light.fill("0")
    dark = shown(page)
    light.fill(strength)
    bright = shown(page)
    assert bright.mean() > dark.mean() + 5
    difference = np.abs(bright - rendered(page))
    assert difference.max() <= 3
    assert (difference > 2).mean() < 1e-4


def test_a_step_is_undone_and_done_again(browser: Browser, platform: Platform) -> None:
    page = open_editor(browser, platform, "undo")
    page.get_by_label("Show spots").check()
    start = shown(page)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.locator("#marks button").first.focus()
    page.keyboard.press("Enter")
    flipped = shown(page)
    assert not np.array_equal(start, flipped)
    page.keyboard.press("Control+z")
    assert np.array_equal(shown(page), start)
    page.get_by_role("button", name="Redo").click()
    assert np.array_equal(shown(page), flipped)


def test_a_retouch_is_made_again_with_the_persons_decisions(
    browser: Browser, platform: Platform
) -> None:
    page = open_editor(browser, platform, "again")
    page.get_by_label("Show spots").check()
    spots = page.locator("#marks button")
    first = spots.first.get_attribute("aria-pressed")
    spots.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_contain_text("Saved as version 2", timeout=30_000)
    page.get_by_text("Versions (2)").click()
    page.get_by_role("button", name="Retouch again").click()
    expect(page.locator("#versions")).to_contain_text("(3)", timeout=30_000)
    expect(page.locator("#editor")).to_have_attribute("data-ready", browser.kind, timeout=20_000)
    assert spots.first.get_attribute("aria-pressed") != first


def test_the_editor_fits_a_phone(browser: Browser, platform: Platform) -> None:
    page = open_editor(
        browser, platform, "phone", viewport={"width": 360, "height": 740}, has_touch=True
    )
    page.get_by_role("button", name="Studio").click()
    expect(page.get_by_label("Blemishes")).to_have_value("100")
    page.get_by_label("Show spots").check()
    apart = """() => {
        const [first, second] = document.querySelectorAll("#marks button");
        const [a, b] = [first, second].map((spot) => spot.getBoundingClientRect());
        return Math.hypot(a.left + a.right - b.left - b.right, a.top + a.bottom - b.top - b.bottom);
    }"""
    before = page.evaluate(apart)
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(apart) > 3 * before
    assert page.evaluate("document.getElementById('view').scrollTop") > 0
    view = "document.getElementById('view')"
    assert page.evaluate(f"{view}.scrollWidth > 3.9 * {view}.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Zoom out").click()
    expect(page.get_by_role("button", name="Zoom out")).to_be_disabled()
    assert page.evaluate(f"{view}.scrollWidth <= {view}.clientWidth")


def test_what_is_changed_during_a_save_and_while_the_line_is_down_is_saved_as_it_is_shown(
    browser: Browser, platform: Platform
) -> None:
    page = open_editor(browser, platform, "slow")
    page.get_by_label("Show spots").check()
    spot = page.locator("#marks button").first
    spot.focus()
    before = spot.get_attribute("aria-pressed")

    def slowly(route: Route) -> None:
        # Clicked once more while the answer is under way.
        answer = route.fetch()
        page.evaluate("document.querySelector('#marks button').click()")
        route.fulfill(response=answer)

    page.route("**/marks/", slowly, times=1)
    page.keyboard.press("Enter")
    expect(page.locator("#saved")).to_contain_text("Saved as version 3", timeout=30_000)
    assert spot.get_attribute("aria-pressed") == before
    page.route("**/api/v1/retouches/*/", lambda route: route.abort(), times=1)
    page.get_by_label("Blemishes").fill("35")
    expect(page.locator("#saved.error")).to_contain_text("did not work", timeout=10_000)
    expect(page.locator("#saved")).to_contain_text("Saved as version 4", timeout=30_000)
    page.reload()
    expect(page.locator("#editor")).to_have_attribute("data-ready", browser.kind, timeout=20_000)
    expect(page.get_by_label("Blemishes")).to_have_value("35")
    page.get_by_label("Show spots").check()
    assert spot.get_attribute("aria-pressed") == before


def test_a_spot_and_a_slider_that_are_left_at_once_are_both_saved(
    browser: Browser, platform: Platform
) -> None:
    page = open_editor(browser, platform, "leave")
    address = page.url
    page.get_by_label("Show spots").check()
    spot = page.locator("#marks button").first
    spot.focus()
    page.keyboard.press("Enter")
    flipped = spot.get_attribute("aria-pressed")
    page.get_by_label("Blemishes").fill("35")
    page.goto("/")
    # What was sent as the page went may be on its way still.
    page.wait_for_timeout(2_000)
    page.goto(address)
    expect(page.locator("#editor")).to_have_attribute("data-ready", browser.kind, timeout=20_000)
    expect(page.get_by_label("Blemishes")).to_have_value("35")
    page.get_by_label("Show spots").check()
    assert spot.get_attribute("aria-pressed") == flipped


def test_a_graphics_card_that_is_lost_leaves_the_picture_there(
    browser: Browser, platform: Platform
) -> None:
    if browser.kind != "webgl":
        pytest.skip("there is no context to lose")
    page = open_editor(browser, platform, "lost")
    before = shown(page)
    page.evaluate(
        "document.getElementById('shown').getContext('webgl2').getExtension('WEBGL_lose_context').loseContext()"
    )
    page.wait_for_function("document.getElementById('shown').getContext('2d') !== null")
    assert np.abs(before - shown(page)).max() <= 3
