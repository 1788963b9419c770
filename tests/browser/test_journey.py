"""The whole way in a real browser: server, Redis, worker and sweeper as `make run` starts them."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import CHROMIUM, make_album, portrait, sign_up
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, mimeType, data } of files) {
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: mimeType }));
  }
  dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
}"""


def drop(page: Page, *files: dict[str, object]) -> None:
    """Drop files from another window anywhere on the page."""
    rows = [
        {
            "name": file["name"],
            "mimeType": file["mimeType"],
            "data": base64.b64encode(bytes(file["buffer"])).decode(),  # type: ignore[call-overload]
        }
        for file in files
    ]
    page.evaluate(DROP, rows)


def downloaded(page: Page, *, by_key: bool = False) -> Image.Image:
    link = page.locator("#download")
    with page.expect_download() as download:
        if by_key:
            link.press("Enter")
        else:
            link.click()
    return Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))


def hears(page: Page) -> list[str]:
    """Return a list that fills with what the page's sockets are told."""
    heard: list[str] = []
    page.on(
        "websocket", lambda one: one.on("framereceived", lambda frame: heard.append(str(frame)))
    )
    return heard


def test_from_drop_to_download(browser: Browser, platform: Platform) -> None:
    stranger = sign_up(browser, platform, "stranger@example.org")
    heard = hears(stranger)
    stranger.goto("/photos/")
    page = sign_up(browser, platform, "owner@example.org")
    told = hears(page)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda line: errors.append(line.text) if "Security Policy" in line.text else None
    )
    make_album(page, "June")
    drop(page, portrait(1), {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no photo"})
    expect(page.locator(".upload", has_text="notes.txt")).to_contain_text("not supported")
    expect(page.locator(".photo progress")).to_be_visible()
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=60_000)
    expect(page.locator("#usage")).to_contain_text("You keep 1 of")
    page.locator(".photo a").first.click()
    slider = page.get_by_role("slider").first
    expect(slider).to_have_attribute("aria-valuetext", "50 percent original")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "51 percent original")
    expect(page.locator(".report")).to_contain_text("removed")
    first = downloaded(page)
    assert (first.format, first.size) == ("JPEG", (1024, 1024))
    page.get_by_label("Show spots").check()
    # Where spots lie over each other the last one is on top.
    spot = page.locator("#marks button[aria-pressed]").last
    before = spot.get_attribute("aria-pressed")
    spot.click()
    expect(spot).to_have_attribute("aria-pressed", "false" if before == "true" else "true")
    expect(page.locator("#saved")).to_have_text("Saved as version 2", timeout=30_000)
    assert downloaded(page).tobytes() != first.tobytes()
    assert errors == []

    retouch = str(page.locator("#photo").get_attribute("data-finished"))
    assert any(retouch in message for message in told)
    assert heard
    assert not any(retouch in message for message in heard)
    expect(stranger.locator("#photos .photo")).to_have_count(0)
    for address in (page.url, page.url + "preview/", page.url + "original/"):
        assert stranger.request.get(address).status == 404


def test_a_phone_without_a_socket_and_a_pointer_comes_to_the_same_end(
    browser: Browser, platform: Platform
) -> None:
    page = sign_up(
        browser, platform, "keys@example.org", viewport={"width": 390, "height": 844},
        has_touch=True, is_mobile=True,
    )  # fmt: skip
    page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close())
    make_album(page, "Polled")
    page.locator("#files").set_input_files([portrait(8)])
    expect(page.locator("#connection")).to_be_visible()
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=60_000)
    page.locator(".photo a.open").press("Enter")
    page.wait_for_url("**/photos/*-*/")
    expect(page.locator("#editor")).to_have_attribute("data-ready", re.compile("webgl|2d"))
    page.locator("#show-marks").press("Space")
    page.keyboard.press("n")
    spot = page.locator("#marks button:focus")
    before = spot.get_attribute("aria-pressed")
    page.keyboard.press("Space")
    expect(spot).to_have_attribute("aria-pressed", "false" if before == "true" else "true")
    # No socket tells of the new version: it is asked for.
    expect(page.locator("#saved")).to_have_text("Saved as version 2", timeout=30_000)
    assert downloaded(page, by_key=True).size == (1024, 1024)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_forgotten_password_is_set_anew_with_the_link_in_the_log(
    browser: Browser, platform: Platform
) -> None:
    page = sign_up(browser, platform, "forgetful@example.org")
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("Email").fill("forgetful@example.org")
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text("email")
    links = re.findall(r"http://\S+/accounts/password/reset/key/\S+", platform.log.read_text())
    page.goto(links[-1])
    for field in ("password1", "password2"):
        page.locator(f"[name={field}]").fill("another-long-pass-word")
    page.locator("main form button, main form input[type=submit]").first.click()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("forgetful@example.org")
    page.locator("[name=password]").fill("another-long-pass-word")
    page.locator("main form button").first.click()
    page.wait_for_url("**/albums/")


def test_a_phone_needs_no_sideways_scrolling(browser: Browser, platform: Platform) -> None:
    page = sign_up(
        browser, platform, "phone@example.org",
        viewport={"width": 360, "height": 740}, has_touch=True,
    )  # fmt: skip
    make_album(page, "A rather long name for an album")
    page.locator("#files").set_input_files([portrait(3)])
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=60_000)
    page.locator(".photo a").click()
    expect(page.get_by_role("slider").first).to_be_visible()
    for address in ("/", "/albums/", page.url):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_retouch_survives_the_kill_of_worker_server_and_redis(
    browser: Browser, platform: Platform
) -> None:
    page = sign_up(browser, platform, "survivor@example.org")
    make_album(page, "Survivors")
    page.locator("#files").set_input_files([portrait(n) for n in range(4, 8)])
    expect(page.locator(".photo")).to_have_count(4, timeout=30_000)
    platform.kill("run_worker")
    platform.kill("uvicorn")
    platform.kill("unixsocket:")
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(4, timeout=60_000)


def test_the_first_account_becomes_staff_by_the_printed_link(
    browser: Browser, platform: Platform
) -> None:
    link = re.search(r"http://\S+/become-staff/\S+/", platform.log.read_text())
    assert link is not None
    page = sign_up(browser, platform, "first@example.org")
    page.goto(link.group())
    page.locator("main").get_by_role("button", name="Become staff").click()
    expect(page.locator(".message")).to_contain_text("You are staff now")
    page.goto(link.group())
    page.locator("main").get_by_role("button", name="Become staff").click()
    expect(page.locator(".message")).to_contain_text("used already")
