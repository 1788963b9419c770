"""What every page shares, in a real browser: policies, app, theme, language, messages, home."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import CHROMIUM, PASSWORD, make_album, portrait, sign_up
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


def complaints(page: Page) -> list[str]:
    """Collect what the browser's console says of policies and failures."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console",
        lambda line: (
            said.append(line.text) if line.type == "error" or "Policy" in line.text else None
        ),
    )
    return said


def test_nothing_breaks_the_policies_while_pages_are_used(
    browser: Browser, platform: Platform
) -> None:
    page = browser.new_context(base_url=platform.url).new_page()
    said = complaints(page)
    page.goto("/")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="System").click()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("careful@example.org")
    for name in ("password1", "password2"):
        page.locator(f"[name={name}]").fill(PASSWORD)
    page.get_by_label("Show password").check()
    expect(page.locator("[name=password1]")).to_have_attribute("type", "text")
    page.locator("main form button").click()
    page.wait_for_url("**/albums/")
    make_album(page, "June")
    page.locator("#files").set_input_files([portrait(1)])
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=60_000)
    page.locator(".photo a").first.click()
    expect(page.get_by_role("slider").first).to_be_visible()
    for address in ("/photos/", "/trash/", "/accounts/settings/", "/accounts/email/", "/offline/"):
        page.goto(address)
    assert said == []


def test_the_home_page_compares_with_the_pointer_and_the_keyboard(
    browser: Browser, platform: Platform
) -> None:
    page = browser.new_context(base_url=platform.url).new_page()
    page.goto("/")
    for picture in page.locator(".sample-pictures img").all():
        assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") >= 320
    slider = page.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuetext", "50 percent original")
    split = "document.querySelector('.sample-pictures').style.getPropertyValue('--split')"
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.2, box["y"] + box["height"] / 2)
    assert 15 <= float(page.evaluate(split).rstrip("%")) <= 25
    page.keyboard.press("End")
    assert page.evaluate(split) == "100%"
    assert page.evaluate("document.documentElement.scrollHeight") < 1400


def test_the_site_can_be_installed(browser: Browser, platform: Platform) -> None:
    page = browser.new_context(base_url=platform.url).new_page()
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert json.loads(manifest["data"])["short_name"] == "Portraits"
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A context of Playwright is a private window, where nothing can be installed.
    assert [e["errorId"] for e in errors if e["errorId"] != "in-incognito"] == []


def test_offline_there_is_a_page_that_says_so_and_nothing_private_is_kept(
    browser: Browser, platform: Platform
) -> None:
    page = sign_up(browser, platform, "traveller@example.org")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.context.set_offline(True)
    page.goto("/albums/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).display") == "flex"
    kept = page.evaluate(
        """async () => {
          const urls = [];
          for (const name of await caches.keys())
            for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
          return urls;
        }"""  # noqa: E501
    )
    assert all(url == "/offline/" or url.startswith("/static/") for url in kept)
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", name="Albums", exact=True)).to_be_visible()


def test_a_lost_connection_is_shown_and_heals(browser: Browser, platform: Platform) -> None:
    page = browser.new_context(base_url=platform.url).new_page()
    page.goto("/")
    expect(page.locator("#offline")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()


@pytest.mark.parametrize("script", [True, False])
def test_a_theme_is_chosen_at_once_with_and_without_scripts(
    browser: Browser, platform: Platform, script: bool
) -> None:
    options = {"base_url": platform.url, "color_scheme": "light", "java_script_enabled": script}
    page = browser.new_context(**options).new_page()
    page.goto("/accounts/login/")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_role("button", name="Dark").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_language_is_chosen_and_stays_on_the_page(browser: Browser, platform: Platform) -> None:
    page = browser.new_context(base_url=platform.url, locale="en-US").new_page()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    assert page.url.endswith("/accounts/login/")
    page.goto("/")
    expect(page.locator("h1")).to_have_text("Porträts, behutsam retuschiert")
    page.get_by_role("button", name="English").click()
    expect(page.locator("h1")).to_have_text("Portraits, retouched with care")


def test_a_message_offers_the_way_back_and_can_be_closed(
    browser: Browser, platform: Platform
) -> None:
    page = sign_up(browser, platform, "tidy@example.org")
    make_album(page, "June")
    page.locator("#files").set_input_files([portrait(7)])
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=60_000)
    page.locator(".photo a").first.click()
    page.get_by_role("button", name="Move to the trash").first.click()
    toast = page.locator("#toasts .message")
    expect(toast).to_contain_text("in the trash")
    toast.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/photos/*-*/")
    page.get_by_role("button", name="Move to the trash").first.click()
    page.get_by_role("button", name="Close this message").click()
    expect(page.locator("#toasts .message")).to_have_count(0)


def test_account_pages_work_without_scripts(browser: Browser, platform: Platform) -> None:
    page = browser.new_context(base_url=platform.url, java_script_enabled=False).new_page()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill("plain@example.org")
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill("another one")
    page.locator("main form button").click()
    expect(page.locator(".field .errorlist")).to_contain_text("same password")
    for name in ("password1", "password2"):
        page.locator(f"[name={name}]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/albums/")
    page.locator("details.menu summary").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_text("Make a key").click()
    page.get_by_label("What it is for").fill("Lightroom")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator(".new-key .key")).to_contain_text("pp_")
