"""Staff in a real browser: the dashboard refreshes itself, survives Redis, and needs no script."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import CHROMIUM, make_album, portrait, sign_up
from tests.support.platform_process import Platform
from tests.support.webhook_receiver import Receiver

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
REFRESH_MS = 15_000


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Platform(tmp_path_factory.mktemp("platform"))
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def staff(browser: Browser, platform: Platform) -> Page:
    page = sign_up(browser, platform, "staff@example.org")
    link = re.search(r"/accounts/become-staff/\S+", platform.log.read_text())
    assert link
    page.goto(link[0])
    page.locator("main form button").click()
    page.wait_for_url("**/albums/")
    return page


def shots(page: Page, name: str) -> None:
    """Keep pictures of the page where SCREENSHOTS names a folder."""
    if not os.environ.get("SCREENSHOTS"):
        return
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        path = Path(os.environ["SCREENSHOTS"]) / f"{name}-{width}-{scheme}.png"
        page.screenshot(path=path, full_page=True)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_a_retouch_appears_on_the_dashboard_without_reload(
    browser: Browser, platform: Platform, staff: Page
) -> None:
    faults: list[str] = []
    staff.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    staff.goto("/albums/")
    staff.locator("summary[aria-label=Account]").click()
    staff.get_by_role("link", name="Staff").click()
    expect(staff.get_by_role("heading", name="Dashboard")).to_be_visible()
    expect(staff.locator(".state")).to_have_text("idle")
    expect(staff.get_by_text("shipped, shipped_tone")).to_be_visible()
    staff.evaluate("window.untouched = true")
    owner = sign_up(browser, platform, "owner@example.org")
    make_album(owner, "June")
    bad = {"name": "broken.jpg", "mimeType": "image/jpeg",
           "buffer": portrait(1)["buffer"][:6000]}  # fmt: skip
    owner.locator("#files").set_input_files([portrait(0), bad])
    finished = staff.locator(".tiles > div", has_text="Finished")
    expect(finished.locator("dd").first).not_to_have_text("0", timeout=120_000)
    expect(staff.get_by_text("1 photo").or_(staff.get_by_text("2 photos"))).to_be_visible(
        timeout=120_000
    )
    assert staff.evaluate("window.untouched")
    assert faults == []
    shots(staff, "dashboard")


def test_focus_stays_where_it_was_and_the_figures_can_be_held(staff: Page) -> None:
    staff.goto("/admin/dashboard/")
    note = staff.locator(".dashboard-note")
    link = staff.locator(".tiles a").first
    link.focus()
    before = note.text_content()
    expect(note).not_to_have_text(before or "", timeout=REFRESH_MS)
    expect(link).to_be_focused()
    staff.get_by_role("button", name="Pause").click()
    held = note.text_content()
    staff.wait_for_timeout(6500)
    assert note.text_content() == held
    staff.get_by_role("button", name="Go on").click()
    expect(note).not_to_have_text(held or "", timeout=REFRESH_MS)


def test_it_works_without_script(browser: Browser, platform: Platform, staff: Page) -> None:
    context = browser.new_context(
        base_url=platform.url, java_script_enabled=False,
        storage_state=staff.context.storage_state(),
    )  # fmt: skip
    page = context.new_page()
    page.goto("/admin/dashboard/")
    expect(page.locator(".tiles")).to_contain_text("Waiting")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize("address", ["/admin/dashboard/", "/webhooks/"])
def test_nothing_stands_out_of_the_page(staff: Page, width: int, address: str) -> None:
    staff.set_viewport_size({"width": width, "height": 800})
    staff.goto(address)
    assert staff.evaluate("document.documentElement.scrollWidth") <= width
    staff.set_viewport_size({"width": 1280, "height": 900})


def test_a_webhook_is_added_tested_and_delivered_by_the_real_worker(
    staff: Page, receiver: Receiver
) -> None:
    staff.goto("/webhooks/")
    staff.get_by_label("Address").fill(receiver.url)
    staff.get_by_role("button", name="Add").click()
    expect(staff.locator(".secret code")).to_contain_text("whsec_")
    shots(staff, "webhooks-new")
    staff.get_by_role("button", name="Send a test message").click()
    for _ in range(40):
        if receiver.received:
            break
        staff.wait_for_timeout(250)
    assert receiver.received[0][0]["webhook-id"].startswith("msg_")
    staff.wait_for_timeout(500)
    staff.goto("/webhooks/")
    expect(staff.get_by_text("delivered (204)")).to_be_visible()
    expect(staff.locator(".secret")).to_have_count(0)
    shots(staff, "webhooks")


def test_the_administration_shows_people_and_the_queue(staff: Page) -> None:
    staff.goto("/admin/")
    expect(staff.get_by_role("link", name="Dashboard")).to_be_visible()
    staff.goto("/admin/accounts/user/")
    expect(staff.get_by_text("of 10000").first).to_be_visible()
    shots(staff, "people")
    staff.goto("/admin/gallery/retouch/")
    expect(staff.get_by_text("succeeded").first).to_be_visible()
    shots(staff, "queue")


def test_a_dead_redis_is_told_on_the_open_page(platform: Platform, staff: Page) -> None:
    staff.goto("/admin/dashboard/")
    socket = platform.folder / "redis"
    pid = int((socket / "server.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        expect(staff.get_by_text("Redis does not answer")).to_be_visible(timeout=30_000)
        shots(staff, "dashboard-redis-down")
    finally:
        os.kill(pid, signal.SIGCONT)
    expect(staff.get_by_text("Redis does not answer")).to_be_hidden(timeout=30_000)


def test_signing_out_elsewhere_leads_to_the_sign_in(staff: Page) -> None:
    staff.goto("/admin/dashboard/")
    other = staff.context.new_page()
    other.goto("/albums/")
    other.locator("summary[aria-label=Account]").click()
    other.get_by_role("button", name="Sign out").click()
    staff.wait_for_url("**/login/**", timeout=REFRESH_MS)
