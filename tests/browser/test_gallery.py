"""Grids in a real browser: choosing by mouse, keyboard and touch, and what is done with it."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import CHROMIUM, sign_up
from tests.support.platform_process import Platform

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}
SHIFTS = """
window.shifted = 0;
const add = (list) => { for (const entry of list.getEntries()) window.shifted += entry.value; };
new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
"""

Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, platform: Platform, request: pytest.FixtureRequest) -> Open:
    """Return what signs a new person up and opens an album of so many photos."""

    def open_album(count: int, **options: object) -> Page:
        email = f"{request.node.name[:40].replace('_', '-')}@example.org"
        page = sign_up(browser, platform, email, **options)
        code = f"from tests.support.albums import fill; print(fill({email!r}, 'June', {count}))"
        album = platform.manage("shell", "-v", "0", "-c", code).split()[-1]
        page.goto(f"/albums/{album}/")
        return page

    return open_album


def names(page: Page) -> list[str]:
    cards = page.locator("#photos .photo")
    return cards.evaluate_all("all => all.map((card) => card.dataset.name)")


def tick(page: Page, number: int) -> None:
    page.locator("#photos .pick").nth(number).click(force=True)


def button(page: Page, name: str):
    return page.locator("#selection").get_by_role("button", name=name, exact=True)


def test_a_mouse_chooses_ranges_and_a_deletion_is_undone(opened: Open) -> None:
    page = opened(8)
    before = names(page)
    expect(page.locator("#selection")).to_be_hidden()
    tick(page, 1)
    page.locator("#photos .pick").nth(4).click(force=True, modifiers=["Shift"])
    expect(page.locator("#selected-count")).to_have_text("4 selected")
    # While some are chosen a click on a photo chooses it too.
    page.locator("#photos .open").nth(6).click()
    expect(page.locator("#selected-count")).to_have_text("5 selected")
    tick(page, 2)
    expect(page.locator("#selected-count")).to_have_text("4 selected")
    button(page, "Delete").click()
    expect(page.locator("#photos .photo")).to_have_count(4)
    expect(page.locator("#total")).to_contain_text("4 photos")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#photos .photo")).to_have_count(8)
    assert names(page) == before
    page.reload()
    assert names(page) == before


def test_all_of_it_goes_by_the_keyboard(opened: Open) -> None:
    page = opened(9)
    first = names(page)
    page.locator("#photos .open").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#selected-count")).to_have_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    page.keyboard.press("Control+a")
    expect(page.locator("#selected-count")).to_have_text("9 selected")
    page.keyboard.press("Escape")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Delete")
    expect(page.locator("#photos .photo")).to_have_count(8)
    # The focus goes on with the photo that follows.
    focused = page.evaluate("document.activeElement.closest('.photo')?.dataset.name")
    assert focused in first
    assert focused in names(page)
    # Only one photo is on the way of the Tab key.
    assert page.locator('#photos a.open[tabindex="0"]').count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/photos/*-*/")


def long_press(page: Page, number: int) -> None:
    box = page.locator("#photos .open").nth(number).bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)
    point = {"x": box["x"] + box["width"] * 0.6, "y": box["y"] + box["height"] * 0.7}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    page.wait_for_timeout(700)
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_long_press_begins_a_selection_that_moves_to_a_new_album_on_a_phone(
    opened: Open,
) -> None:
    page = opened(6, **PHONE)
    page.locator("#photos").scroll_into_view_if_needed()
    long_press(page, 0)
    expect(page.locator("#selected-count")).to_have_text("1 selected")
    page.locator("#photos .open").nth(2).tap()
    expect(page.locator("#selected-count")).to_have_text("2 selected")
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    for each in page.locator("#selection button:visible, #photos .pick").all()[:12]:
        box = each.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    button(page, "Move or add").tap()
    page.get_by_label("Name of the new album").fill("July")
    page.get_by_role("dialog").get_by_role("button", name="Move").tap()
    expect(page.locator("#photos .photo")).to_have_count(4)
    page.goto("/albums/")
    expect(page.locator(".album", has_text="July")).to_contain_text("2 photos")
    expect(page.locator(".album", has_text="June")).to_contain_text("4 photos")


def test_a_selection_comes_as_a_zip(opened: Open) -> None:
    page = opened(4)
    tick(page, 0)
    tick(page, 3)
    button(page, "Download").click()
    page.get_by_label("Originals").check()
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Download").click()
    with zipfile.ZipFile(Path(download.value.path())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["0003.jpg", "0000.jpg"]
    assert re.fullmatch(r"portraits-\d{4}-\d\d-\d\d\.zip", download.value.suggested_filename)


def test_a_selection_is_retouched_by_a_preset_and_shared_and_one_photo_from_its_page(
    opened: Open,
) -> None:
    page = opened(3)
    tick(page, 0)
    tick(page, 1)
    button(page, "Retouch").dblclick()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Settings").select_option(label="Studio")
    with page.expect_request("**/photos/batch/") as wish:
        dialog.get_by_role("button", name="Retouch").click()
    assert wish.value.post_data_json["recipe"]["light"] == 0.8
    expect(page.locator("#batch-notes")).to_contain_text("Retouches wished: 2")
    done = page.locator('.photo[data-status="succeeded"]')
    expect(done).to_have_count(2, timeout=60_000)

    chosen = [done.nth(n).get_attribute("data-photo") for n in range(2)]
    page.locator(f'[data-photo="{chosen[0]}"] .pick').click(force=True)
    page.locator(f'[data-photo="{chosen[1]}"] .pick').click(force=True)
    button(page, "Share").click()
    page.wait_for_url("**/shares/new/?photo=*")
    assert all(f"photo={photo}" in page.url for photo in chosen)

    page.go_back()
    # The browser kept the page from before the retouches.
    expect(done).to_have_count(2)
    page.locator(".photo:not([data-status]) .open").click()
    page.wait_for_url("**/photos/*-*/")
    page.get_by_role("button", name="Retouch").click()
    expect(page.locator("#viewer")).to_be_visible(timeout=60_000)


@pytest.mark.slow
def test_the_rest_of_a_long_album_is_chosen_without_loading_it(opened: Open) -> None:
    page = opened(130)
    page.keyboard.press("Control+a")
    if page.locator("#photos .photo").count() < 130:
        page.get_by_role("button", name="All 130 of the album").click()
    expect(page.locator("#selected-count")).to_have_text("130 selected")
    button(page, "Remove from album").click()
    expect(page.locator("#batch-notes")).to_contain_text("Removed from the album: 130")
    page.goto("/photos/")
    expect(page.locator("#total")).to_contain_text("130 photos")


@pytest.mark.slow
def test_three_hundred_photos_scroll_without_a_jump_and_back_leads_to_the_same_place(
    opened: Open,
) -> None:
    page = opened(300)
    page.add_init_script(SHIFTS)
    page.reload()
    sizes = page.locator("#photos .photo").first.bounding_box()
    for _ in range(60):
        page.mouse.wheel(0, 900)
        page.wait_for_timeout(30)
    expect(page.locator("#photos .photo")).to_have_count(300)
    expect(page.locator("#more")).to_be_hidden()
    assert len(set(names(page))) == 300
    assert page.evaluate("window.shifted") < 0.01
    last = page.locator("#photos .photo").last
    last.scroll_into_view_if_needed()
    box = last.bounding_box()
    assert box is not None
    assert sizes is not None
    assert box["height"] == pytest.approx(sizes["height"], abs=1)
    top = page.evaluate("scrollY")
    last.locator(".open").click()
    page.wait_for_url("**/photos/*-*/")
    page.go_back()
    expect(page.locator("#photos .photo")).to_have_count(300)
    page.wait_for_function("top => Math.abs(scrollY - top) < 50", arg=top)


def test_albums_are_ordered_by_drag_and_by_keys_and_get_a_cover(
    opened: Open,
    platform: Platform,
) -> None:
    page = opened(3)
    tick(page, 2)
    oldest = page.locator("#photos .photo").nth(2).get_attribute("data-photo")
    button(page, "Make cover").click()
    expect(page.locator("#batch-notes")).to_contain_text("cover")
    page.goto("/albums/")
    for title in ("July", "May"):
        page.get_by_label("New album").fill(title)
        page.get_by_role("button", name="Create").click()
        page.goto("/albums/")
    titles = page.locator(".album h2")
    expect(titles).to_have_text(["May", "July", "June"])
    cover = page.locator(".album", has_text="June").locator("img")
    assert f"/photos/{oldest}/" in (cover.get_attribute("src") or "")
    page.locator(".album", has_text="June").drag_to(page.locator(".album", has_text="May"))
    expect(page.locator("#order-status")).to_contain_text("stored")
    page.reload()
    expect(titles.first).to_have_text("June")
    page.get_by_role("button", name="Move June down").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#order-status")).to_contain_text("stored")
    expect(titles.nth(1)).to_have_text("June")
    expect(page.get_by_role("button", name="Move June down")).to_be_focused()
    page.reload()
    expect(titles.nth(1)).to_have_text("June")


def test_a_deleted_album_is_taken_back_and_a_search_stays_in_the_address(opened: Open) -> None:
    page = opened(5)
    page.get_by_text("Rename or delete this album").click()
    page.get_by_role("button", name="Delete the album").click()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/albums/*-*/")
    expect(page.locator("#photos .photo")).to_have_count(5)
    page.goto("/photos/")
    page.get_by_placeholder("Search by name").fill("0003")
    page.keyboard.press("Enter")
    expect(page.locator("#photos .photo")).to_have_count(1)
    page.locator("#photos .open").click()
    page.wait_for_url("**/photos/*-*/")
    page.go_back()
    expect(page.get_by_placeholder("Search by name")).to_have_value("0003")
    expect(page.locator("#photos .photo")).to_have_count(1)


def test_the_trash_takes_back_and_deletes_what_was_chosen(opened: Open) -> None:
    page = opened(3)
    page.keyboard.press("Control+a")
    button(page, "Delete").click()
    expect(page.locator("#photos .photo")).to_have_count(0)
    page.goto("/trash/")
    page.locator("#photos .photo").first.click()
    button(page, "Take back").click()
    expect(page.locator("#photos .photo")).to_have_count(2)
    page.locator("#photos .photo").first.click()
    button(page, "Delete for ever").click()
    page.get_by_role("button", name="Keep them").click()
    expect(page.locator("#photos .photo")).to_have_count(2)
    button(page, "Delete for ever").click()
    page.get_by_role("button", name="Yes, delete for ever").click()
    expect(page.locator("#photos .photo")).to_have_count(1)
    page.goto("/photos/")
    expect(page.locator("#photos .photo")).to_have_count(1)


def test_without_scripts_the_next_photos_are_a_link_away(
    opened: Open,
    browser: Browser,
    platform: Platform,
) -> None:
    page = opened(120)
    plain = browser.new_context(
        base_url=platform.url, storage_state=page.context.storage_state(), java_script_enabled=False
    ).new_page()
    plain.goto(page.url)
    expect(plain.locator("#photos .photo")).to_have_count(100)
    plain.get_by_role("link", name="Load more").click()
    expect(plain.locator("#photos .photo")).to_have_count(20)
