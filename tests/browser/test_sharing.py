"""An owner shares with a password; a guest decides on a phone; the owner sees it live."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import CHROMIUM, make_album, portrait, sign_up
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

PHONE = {"width": 390, "height": 844}
PASSWORD = "open sesame"


def picture(page: Page, name: str) -> None:
    """Take pictures of a page at both sizes, light and dark, where somebody asked for them."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        return
    before = page.viewport_size
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((1280, 800), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)


def fits(page: Page) -> None:
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]


def album_with_results(page: Page, title: str, count: int) -> str:
    make_album(page, title)
    page.locator("#files").set_input_files([portrait(seed) for seed in range(count)])
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(count, timeout=90_000)
    return page.url


def link_to(page: Page, album: str, **fields: str) -> str:
    page.goto(album)
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_role("link", name="New link").click()
    for label, value in fields.items():
        page.get_by_label(label).fill(value)
    picture(page, "link_new")
    page.get_by_role("button", name="Make the link").click()
    return page.get_by_label("Link", exact=True).input_value()


def guest_page(browser: Browser, address: str) -> Page:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address)
    return page


def test_a_guest_decides_on_a_phone_and_the_owner_sees_it_live(
    browser: Browser,
    platform: Platform,
) -> None:
    owner = sign_up(browser, platform, "photographer@example.org")
    errors: list[str] = []
    album = album_with_results(owner, "Anna, June", 2)
    address = link_to(owner, album, Password=PASSWORD)
    picture(owner, "link_detail")
    owner.goto(album)
    expect(owner.locator("#album-sharing")).to_contain_text("2 open")

    guest = guest_page(browser, address)
    guest.on("pageerror", lambda error: errors.append(str(error)))
    guest.on(
        "console",
        lambda line: errors.append(line.text) if "Security Policy" in line.text else None,
    )
    expect(guest.locator(".proof")).to_have_count(0)
    guest.get_by_label("Password").fill("not it at all")
    guest.get_by_role("button", name="Open").click()
    expect(guest.get_by_role("alert")).to_contain_text("not the password")
    picture(guest, "share_password")
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Open").click()
    expect(guest.locator(".proof")).to_have_count(2)
    fits(guest)

    first = guest.locator(".proof").first
    first.scroll_into_view_if_needed()
    slider = first.get_by_role("slider")
    box = slider.bounding_box()
    assert box is not None
    guest.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert float(slider.input_value()) > 80
    slider.press("Home")
    assert slider.input_value() == "0"
    assert first.evaluate("card => card.style.getPropertyValue('--split')") == "0%"
    for image in first.locator("img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500

    first.get_by_role("button", name="Approve").click()
    expect(guest.get_by_label("Your name")).to_be_focused()
    picture(guest, "share_name")
    guest.get_by_label("Your name").fill("Anna")
    guest.get_by_role("button", name="Go on").click()
    approve = first.get_by_role("button", name="Approve")
    expect(approve).to_have_attribute("aria-pressed", "true")
    expect(owner.locator("#album-sharing")).to_contain_text("1 approved", timeout=8000)

    first.locator("summary").click()
    first.get_by_role("textbox").fill("Lovely, thank you")
    first.get_by_role("button", name="Save the comment").click()
    expect(first.get_by_role("status")).to_have_text("Saved.")
    expect(guest.locator("#decided")).to_have_text("1")
    picture(guest, "share")
    guest.reload()
    expect(approve).to_have_attribute("aria-pressed", "true")
    expect(first.get_by_role("textbox")).to_have_value("Lovely, thank you")

    picture(owner, "album_shared")
    owner.get_by_role("link", name="What guests say").click()
    expect(owner.locator("#proofs")).to_contain_text("Lovely, thank you")
    second = guest.locator(".proof").nth(1)
    second.get_by_role("button", name="Reject").click()
    expect(owner.locator("#proofs")).to_contain_text("Rejected 1", timeout=8000)
    picture(owner, "album_proofs")
    owner.get_by_role("link", name="Approved 1").click()
    expect(owner.locator(".proof")).to_have_count(1)
    owner.locator(".proof > a").click()
    expect(owner.locator("#photo-proofs")).to_contain_text("Lovely, thank you")
    approve.click()
    expect(owner.locator("#photo-proofs .badge")).to_have_text("Open", timeout=8000)

    owner.goto(album)
    owner.get_by_role("link", name="Share", exact=True).click()
    picture(owner, "album_access")
    owner.get_by_role("link", name="Anna, June").last.click()
    owner.get_by_text("Revoke this link").click()
    owner.get_by_role("button", name="Yes, end it").click()
    second.get_by_role("button", name="Approve").click()
    expect(guest.locator("#ended")).to_contain_text("This link has ended")
    guest.reload()
    expect(guest.get_by_role("heading", name="This link has ended")).to_be_visible()
    picture(guest, "share_ended")
    assert errors == []


def test_an_editor_works_in_an_album_and_a_viewer_looks(
    browser: Browser,
    platform: Platform,
) -> None:
    owner = sign_up(browser, platform, "studio@example.org")
    album = album_with_results(owner, "Wedding", 1)
    owner.goto(f"{album}access/")
    for email, role in (("helper@example.org", "Editor"), ("bride@example.org", "Viewer")):
        owner.get_by_label("E-mail address").fill(email)
        owner.locator("#id_role").select_option(label=role)
        owner.get_by_role("button", name="Give access").click()
        expect(owner.locator(".person .email", has_text=email)).to_be_visible()

    bride = sign_up(browser, platform, "bride@example.org", viewport=PHONE)
    expect(bride.locator("main")).to_contain_text("studio@example.org")
    bride.goto(album)
    fits(bride)
    expect(bride.get_by_role("link", name="Share", exact=True)).to_have_count(0)
    expect(bride.locator(".drop-zone")).to_be_hidden()
    picture(bride, "album_of_another")

    helper = sign_up(browser, platform, "helper@example.org")
    helper.goto(album)
    helper.locator("#files").set_input_files([portrait(7)])
    expect(bride.locator("#photos .photo")).to_have_count(1)
    expect(helper.locator('.photo[data-status="succeeded"]')).to_have_count(2, timeout=60_000)
    owner.goto(album)
    expect(owner.locator("#photos .photo")).to_have_count(2)

    bride.get_by_role("button", name="Leave this album").click()
    expect(bride.locator("main")).not_to_contain_text("studio@example.org")
    assert bride.goto(album).status == 404


def test_a_sitter_is_written_down_and_erased(
    browser: Browser,
    platform: Platform,
) -> None:
    owner = sign_up(browser, platform, "careful@example.org")
    album = album_with_results(owner, "Session", 1)
    owner.get_by_role("link", name="Sitter and consent").click()
    owner.get_by_label("Name of the person").fill("Anna")
    owner.get_by_label("What was agreed").fill("Web only, no names")
    owner.get_by_role("button", name="Save for all photos").click()
    expect(owner.get_by_role("heading", name="Anna")).to_be_visible()
    picture(owner, "sitters")
    owner.get_by_text("Erase everything of Anna").click()
    owner.get_by_role("button", name="Yes, erase all of it now").click()
    owner.goto(album)
    expect(owner.locator("#photos .photo")).to_have_count(0)
