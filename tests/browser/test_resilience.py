"""A person at a page while Redis and the launcher are killed: what was begun is shown done."""

import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import CHROMIUM, make_album, portrait, sign_up
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
RECOVERY_MS = 60_000
DONE = '.photo[data-status="succeeded"]'


def upload_until_one_runs(page: Page, numbers: range) -> None:
    page.locator("#files").set_input_files([portrait(number) for number in numbers])
    for number in numbers:
        expect(page.locator(".photo", has_text=f"portrait{number}.jpg")).to_be_visible()
    expect(page.locator('.photo[data-status="running"]').first).to_be_visible(timeout=20_000)


def statuses(page: Page) -> list[str]:
    """Return what the server says of every retouch on the page."""
    ids = page.locator(".photo").evaluate_all("cards => cards.map(card => card.dataset.retouch)")
    rows = [page.request.get(f"/api/v1/retouches/{id_}/").json() for id_ in ids]
    return [row["status"] for row in rows]


def wait_until(page: Page, condition: Callable[[], bool]) -> None:
    for _ in range(300):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError(statuses(page))


def test_a_page_shows_what_was_done_while_redis_was_dead(
    browser: Browser, platform: Platform
) -> None:
    page = sign_up(browser, platform, "patient@example.org")
    make_album(page, "June")
    upload_until_one_runs(page, range(40, 43))
    # The launcher is held, so that Redis stays dead until the running photo is done: nobody can
    # tell the page.
    platform.process.send_signal(signal.SIGSTOP)
    try:
        platform.kill("unixsocket:")
        wait_until(page, lambda: "running" not in statuses(page))
        assert "queued" in statuses(page)
    finally:
        platform.process.send_signal(signal.SIGCONT)
    expect(page.locator(DONE)).to_have_count(3, timeout=RECOVERY_MS)
    page.locator(".photo .name", has_text="portrait40.jpg").click()
    expect(page.locator(".report")).to_contain_text("removed")


def test_a_killed_launcher_is_started_again_and_everything_is_there(
    browser: Browser, platform: Platform
) -> None:
    page = sign_up(browser, platform, "faithful@example.org")
    make_album(page, "July")
    page.locator("#files").set_input_files([portrait(43)])
    expect(page.locator(DONE)).to_have_count(1, timeout=20_000)
    retouch = page.locator(".photo").get_attribute("data-retouch")
    result = f"/api/v1/retouches/{retouch}/result/"
    before = page.request.get(result).body()
    upload_until_one_runs(page, range(44, 46))
    platform.process.kill()
    platform.process.wait()
    platform.start()
    # The page was not touched: it finds the server again and shows what the new one finished.
    expect(page.locator(DONE)).to_have_count(3, timeout=RECOVERY_MS)
    # The new one's announcement: an orphan of the first could have served the page.
    wait_until(page, lambda: platform.log.read_text().count("Portrait platform:") == 2)
    page.goto("/albums/")
    page.get_by_role("link", name="July").click()
    expect(page.locator(DONE)).to_have_count(3)
    assert page.request.get(result).body() == before
    page.locator("#files").set_input_files([portrait(46)])
    expect(page.locator(DONE)).to_have_count(4, timeout=RECOVERY_MS)
