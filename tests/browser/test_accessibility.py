"""Every page by axe-core, by keyboard, at 360 pixels, light and dark, on a real platform."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browsing import CHROMIUM, PASSWORD, make_album, portrait, sign_up
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
OPEN_PAGES = (
    "/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/",
    "/accounts/password/reset/done/", "/accounts/password/reset/key/1-set-password/",
    "/nothing/", "/offline/",
)  # fmt: skip
OWN_PAGES = (
    "/albums/", "/photos/", "/trash/", "/accounts/settings/", "/accounts/settings/delete/",
    "/accounts/email/", "/accounts/password/change/", "/accounts/logout/", "/nothing/",
    "/webhooks/",
)  # fmt: skip
# Where the focus goes must be seen: an outline, or its control drawn over by its neighbour.
FOCUS = """() => {
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return null;
  const drawn = (node) => {
    const style = getComputedStyle(node);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  };
  let seen = false;
  for (let node = at, steps = 0; node && steps < 3; node = node.parentElement, steps += 1) seen ||= drawn(node);
  const name = at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent || at.name || at.tagName;
  return { name: name.trim().replace(/\\s+/g, ' '), tag: at.tagName, seen };
}"""  # noqa: E501


@pytest.fixture(scope="module")
def owner(browser: Browser, platform: Platform) -> dict[str, object]:
    """Return the session of somebody with an album and a retouched photo, and their addresses."""
    page = sign_up(browser, platform, "owner@example.org")
    make_album(page, "June")
    album = page.url
    page.locator("#files").set_input_files([portrait(1)])
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=60_000)
    photo = page.locator(".photo a").first.get_attribute("href")
    return {"state": page.context.storage_state(), "pages": [*OWN_PAGES, album, photo]}


def context(
    browser: Browser, platform: Platform, state: object = None, *, width: int, scheme: str
) -> BrowserContext:
    return browser.new_context(
        base_url=platform.url,
        storage_state=state,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        reduced_motion="reduce",
    )


def findings(page: Page, address: str) -> list[str]:
    """Return axe's serious and critical findings, and sideways scrolling."""
    page.goto(address)
    if menu := page.locator("details.menu summary").all():
        menu[0].click()
    found = [
        f"{address}: {rule['id']} {node['target']} {node['failureSummary'][:200]}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, *([f"{address}: {wider} pixels too wide"] if wider > 0 else [])]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark"), (360, "light")])
def test_pages_for_everybody_have_no_serious_finding(
    browser: Browser, platform: Platform, width: int, scheme: str
) -> None:
    page = context(browser, platform, width=width, scheme=scheme).new_page()
    assert [line for address in OPEN_PAGES for line in findings(page, address)] == []
    page.context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (360, "light")])
def test_pages_of_a_person_have_no_serious_finding(
    browser: Browser, platform: Platform, owner: dict[str, object], width: int, scheme: str
) -> None:
    page = context(browser, platform, owner["state"], width=width, scheme=scheme).new_page()
    assert [line for address in owner["pages"] for line in findings(page, address)] == []
    page.context.close()


def walk(page: Page, limit: int = 80) -> list[dict[str, object]]:
    """Press the tab key through a page; returns what had the focus, each once."""
    stops: list[dict[str, object]] = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop is None or (stops and stop == stops[0] and len(stops) > 1):
            break
        stops.append(stop)
    return stops


def test_the_focus_is_seen_wherever_the_tab_key_leads(
    browser: Browser, platform: Platform, owner: dict[str, object]
) -> None:
    for state, pages in ((None, OPEN_PAGES), (owner["state"], owner["pages"])):
        page = context(browser, platform, state, width=1280, scheme="light").new_page()
        for address in pages:
            page.goto(address)
            stops = walk(page)
            assert stops, address
            assert [(address, stop) for stop in stops if not stop["seen"]] == []
        page.context.close()


def test_a_keyboard_alone_signs_in_makes_an_album_and_signs_out(
    browser: Browser, platform: Platform, owner: dict[str, object]
) -> None:
    page = context(browser, platform, width=1280, scheme="light").new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUS)["name"] == "Sign in":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/login/")
    page.get_by_label("Email").focus()
    page.keyboard.type("owner@example.org")
    page.get_by_label("Password", exact=True).focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/albums/")
    page.locator("details.menu summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Settings")).to_be_hidden()
    expect(page.locator("details.menu summary").first).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    page.context.close()


def test_controls_are_large_enough_for_a_thumb(
    browser: Browser, platform: Platform, owner: dict[str, object]
) -> None:
    small = """() => [...document.querySelectorAll('button, .button, .nav-link, summary, select,'
      + ' input:not([type=hidden], [type=checkbox], [type=radio], [type=range], .visually-hidden)')]
      .filter((node) => node.checkVisibility() && !node.closest('.marks, .segmented'))
      .map((node) => [node.textContent.trim() || node.name, Math.round(node.getBoundingClientRect().height)])
      .filter(([, height]) => height < 44)"""  # noqa: E501
    for state, pages in ((None, OPEN_PAGES), (owner["state"], OWN_PAGES)):
        page = context(browser, platform, state, width=360, scheme="light").new_page()
        for address in pages:
            page.goto(address)
            assert page.evaluate(small) == [], address
        page.context.close()
