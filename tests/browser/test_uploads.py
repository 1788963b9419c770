"""A person adds photos in a real browser while lines break, servers die and sign-ins expire."""

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, expect

from tests.support.browsing import CHROMIUM, PASSWORD, make_album, sign_up
from tests.support.platform_process import Platform
from tests.support.portraits import encoded

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
PIECE = 2 * 1024 * 1024
UPLOAD = re.compile(r"/api/v1/uploads/[0-9a-f-]{36}/$")
SUMMARY = "#upload-status"
# Servers that were killed start again, on machines that are busy.
RECOVERY_MS = 60_000
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of a picture of four pieces."""
    path = tmp_path_factory.mktemp("photos") / "large.png"
    noise = np.random.default_rng(1).integers(0, 256, (1600, 1500, 3), np.uint8)
    path.write_bytes(encoded(noise, "PNG", compress_level=0))
    assert 3 * PIECE < path.stat().st_size < 4 * PIECE
    return path


def picture(number: int) -> dict[str, object]:
    data = encoded(np.full((40, 60, 3), number, np.uint8), "PNG")
    return {"name": f"picture{number}.png", "mimeType": "image/png", "buffer": data}


def visit(browser: Browser, platform: Platform, name: str, **options: object) -> Page:
    """Return a new person's page of a new album, whose photos wait for their retouch."""
    page = sign_up(browser, platform, f"{name}@example.org", **options)
    make_album(page, "June")
    page.get_by_label("Retouch at once").uncheck()
    return page


def pieces(page: Page) -> list[int]:
    """Return a list that fills with the offsets of the pieces that the page sends."""
    offsets: list[int] = []
    page.on(
        "request",
        lambda request: (
            offsets.append(int(request.headers["upload-offset"]))
            if request.method == "PATCH" and UPLOAD.search(request.url)
            else None
        ),
    )
    return offsets


def hang_at(page: Page, offset: int) -> None:
    """Let pieces from an offset on never arrive."""

    def hang(route: Route) -> None:
        late = int(route.request.headers.get("upload-offset", -1)) >= offset
        if route.request.method != "PATCH" or not late:
            route.fallback()

    page.route(UPLOAD, hang)


def transfer(page: Page, event: str, *names: str) -> None:
    """Drop or paste one small picture per name."""
    data = [base64.b64encode(picture(n)["buffer"]).decode() for n in range(len(names))]
    page.evaluate(
        """([event, names, data]) => {
          const transfer = new DataTransfer();
          names.forEach((name, n) => {
            const bytes = Uint8Array.from(atob(data[n]), (char) => char.charCodeAt(0));
            transfer.items.add(new File([bytes], name, { type: "image/png" }));
          });
          dispatchEvent(event === "drop" ? new DragEvent("drop", { dataTransfer: transfer })
            : new ClipboardEvent("paste", { clipboardData: transfer }));
        }""",
        [event, list(names), data],
    )


def quota(platform: Platform, name: str, photos: int) -> None:
    code = f"User.objects.filter(email='{name}@example.org').update(quota_photos={photos})"
    platform.manage("shell", "-c", f"from accounts.models import User; {code}")


def test_photos_are_dropped_and_pasted_and_refusals_are_explained(
    browser: Browser, platform: Platform
) -> None:
    page = visit(browser, platform, "dropper")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda line: errors.append(line.text) if "Security Policy" in line.text else None
    )
    transfer(page, "drop", "a.png", "b.png")
    expect(page.locator(".photo")).to_have_count(2)
    files = [
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"},
        {"name": "empty.jpg", "mimeType": "image/jpeg", "buffer": b""},
        {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"},
    ]
    page.locator("#files").set_input_files(files)
    expect(page.locator(".upload", has_text="notes.txt")).to_contain_text("not supported")
    expect(page.locator(".upload", has_text="empty.jpg")).to_contain_text("The file is empty")
    expect(page.locator(".upload", has_text="broken.jpg")).to_contain_text("not a")
    expect(page.get_by_role("button", name="Retry notes.txt")).to_be_hidden()
    expect(page.get_by_role("button", name="Retry broken.jpg")).to_be_visible()
    page.get_by_role("button", name="Clear the list").click()
    expect(page.locator(".upload")).to_have_count(0)
    transfer(page, "paste", "image.png", "image.png", "image.png", "image.png")
    expect(page.locator(".photo")).to_have_count(4)
    assert errors == []


def test_folders_are_dropped_with_all_that_lies_in_them(
    browser: Browser, platform: Platform, tmp_path: Path
) -> None:
    page = visit(browser, platform, "folders")
    for number, name in enumerate(("a.png", "inner/b.png", "inner/deep/c.png", ".hidden.png")):
        path = tmp_path / "June" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number)["buffer"])
    mouse = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "June")], "dragOperationsMask": 1}
    for event in ("dragEnter", "dragOver", "drop"):
        place = {"type": event, "x": 200, "y": 500, "data": data}
        mouse.send("Input.dispatchDragEvent", place)
        if event == "dragOver":
            expect(page.locator("body")).to_have_class("dragging")
    expect(page.locator(SUMMARY)).to_have_text("3 of 3 uploaded")
    expect(page.locator("body")).not_to_have_class("dragging")


def test_a_file_that_is_here_is_not_sent_again(browser: Browser, platform: Platform) -> None:
    page = visit(browser, platform, "twice")
    page.locator("#files").set_input_files([picture(1)])
    expect(page.locator(SUMMARY)).to_have_text("1 of 1 uploaded")
    make_album(page, "July")
    sent = pieces(page)
    again = {**picture(1), "name": "copy.png"}
    page.locator("#files").set_input_files([again, picture(2)])
    expect(page.locator(SUMMARY)).to_have_text("2 of 2 uploaded, 1 already here")
    expect(page.locator(".upload", has_text="copy.png")).to_contain_text("Already here")
    expect(page.locator(".photo")).to_have_count(2)
    assert len(sent) == 1
    page.get_by_role("link", name="Open").click()
    expect(page.locator("h1")).to_have_text("picture1.png")


def test_a_dropped_connection_is_resumed_where_it_broke(
    browser: Browser, platform: Platform, large: Path
) -> None:
    page = visit(browser, platform, "unlucky")
    sent = pieces(page)
    broken: list[str] = []

    def break_once(route: Route) -> None:
        late = int(route.request.headers.get("upload-offset", -1)) == PIECE
        if route.request.method == "PATCH" and late and not broken:
            broken.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.fallback()

    page.route(UPLOAD, break_once)
    page.locator("#files").set_input_files(large)
    expect(page.locator(".photo")).to_have_count(1, timeout=RECOVERY_MS)
    assert sent == [0, PIECE, PIECE, 2 * PIECE, 3 * PIECE]


def test_a_killed_server_costs_a_piece_at_most(
    browser: Browser, platform: Platform, large: Path
) -> None:
    page = visit(browser, platform, "steady")
    sent = pieces(page)
    killed: list[str] = []

    def kill_once(route: Route) -> None:
        late = int(route.request.headers.get("upload-offset", -1)) == 2 * PIECE
        if route.request.method == "PATCH" and late and not killed:
            killed.append(route.request.url)
            platform.kill("uvicorn")
        route.fallback()

    page.route(UPLOAD, kill_once)
    page.locator("#files").set_input_files(large)
    expect(page.locator(".upload")).to_contain_text("goes on by itself", timeout=RECOVERY_MS)
    expect(page.locator(".photo")).to_have_count(1, timeout=RECOVERY_MS)
    assert sorted(set(sent)) == [0, PIECE, 2 * PIECE, 3 * PIECE]
    assert sent.count(0) == sent.count(PIECE) == 1


def test_a_reloaded_page_goes_on_with_the_same_file(
    browser: Browser, platform: Platform, large: Path
) -> None:
    page = visit(browser, platform, "impatient")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    hang_at(page, 2 * PIECE)
    with page.expect_request(lambda r: r.headers.get("upload-offset") == str(2 * PIECE)):
        page.locator("#files").set_input_files(large)
    # Browsers ask only those who touched the page.
    page.locator("h1").click()
    page.reload()
    page.unroute_all()
    assert asked == ["beforeunload"]
    expect(page.locator("#unfinished")).to_contain_text("large.png")
    sent = pieces(page)
    page.locator("#files").set_input_files(large)
    expect(page.locator("#unfinished")).to_be_hidden()
    expect(page.locator(".photo")).to_have_count(1, timeout=RECOVERY_MS)
    assert sent == [2 * PIECE, 3 * PIECE]


def test_what_was_left_unfinished_can_be_discarded(
    browser: Browser, platform: Platform, large: Path
) -> None:
    page = visit(browser, platform, "fickle")
    page.on("dialog", lambda dialog: dialog.accept())
    hang_at(page, PIECE)
    with page.expect_request(lambda r: r.headers.get("upload-offset") == str(PIECE)):
        page.locator("#files").set_input_files(large)
    page.reload()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("#unfinished")).to_be_hidden()
    page.reload()
    expect(page.locator("#unfinished")).to_be_hidden()
    assert page.request.get("/api/v1/uploads/").json()["results"] == []


def test_an_upload_can_be_cancelled(browser: Browser, platform: Platform) -> None:
    page = visit(browser, platform, "hesitant")
    page.on("dialog", lambda dialog: dialog.accept())
    hang_at(page, 0)
    page.locator("#files").set_input_files([picture(n) for n in range(10, 15)])
    expect(page.locator('.upload[data-state="sending"]')).to_have_count(3)
    page.get_by_role("button", name="Cancel picture10.png").dblclick()
    expect(page.locator(".upload")).to_have_count(4)
    expect(page.locator('.upload[data-state="sending"]')).to_have_count(3)
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator(".upload")).to_have_count(0)
    expect(page.locator("#upload-summary")).to_be_hidden()
    for _ in range(50):
        left = page.request.get("/api/v1/uploads/").json()["results"]
        if not left:
            break
        page.wait_for_timeout(100)
    assert left == []
    page.unroute_all()
    page.locator("#files").set_input_files([picture(10)])
    expect(page.locator(".photo")).to_have_count(1)


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Email").fill(f"{name}@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()


def test_a_sign_in_that_expires_loses_nothing(
    browser: Browser, platform: Platform, large: Path
) -> None:
    page = visit(browser, platform, "forgotten")
    sent = pieces(page)
    expired: list[str] = []

    def expire_once(route: Route) -> None:
        if int(route.request.headers.get("upload-offset", -1)) == PIECE and not expired:
            expired.append(route.request.url)
            page.context.clear_cookies()
            # The socket that is opened again is refused too.
            platform.kill("uvicorn")
        route.fallback()

    page.route(UPLOAD, expire_once)
    page.locator("#files").set_input_files(large)
    expect(page.get_by_role("alert")).to_contain_text("You are signed out", timeout=RECOVERY_MS)
    page.locator("#files").set_input_files([picture(n) for n in range(2)])
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    other = opened.value
    sign_in(other, "forgotten")
    expect(other.locator("h1")).to_have_text("You are signed in again")
    expect(page.locator(".photo")).to_have_count(3, timeout=RECOVERY_MS)
    expect(page.locator("#signed-out")).to_be_hidden()
    assert [offset for offset in sent if offset > PIECE] == [2 * PIECE, 3 * PIECE]


def test_nothing_goes_into_the_account_of_who_signs_in_next(
    browser: Browser, platform: Platform
) -> None:
    sign_up(browser, platform, "next@example.org")
    page = sign_up(browser, platform, "previous@example.org")
    page.goto("/photos/")
    other = page.context.new_page()
    page.context.clear_cookies()
    other.goto("/accounts/login/")
    sign_in(other, "next")
    other.wait_for_url("**/albums/")
    page.locator("#files").set_input_files([picture(30)])
    expect(page.locator("#other-person")).to_be_visible(timeout=15_000)
    assert page.request.get("/api/v1/photos/").json()["results"] == []


def test_a_full_quota_stops_the_seventh_of_twenty(browser: Browser, platform: Platform) -> None:
    page = visit(browser, platform, "collector")
    quota(platform, "collector", 6)
    page.locator("#files").set_input_files([picture(n) for n in range(20)])
    expect(page.locator(SUMMARY)).to_have_text("6 of 20 uploaded, 14 refused", timeout=RECOVERY_MS)
    expect(page.locator(".photo")).to_have_count(6)
    expect(page.locator(".upload").first).to_contain_text("You may keep 6 photos")
    expect(page.locator("#usage")).to_contain_text("You keep 6 of 6")
    quota(platform, "collector", 20)
    page.get_by_role("button", name="Retry all").click()
    expect(page.locator(SUMMARY)).to_have_text("20 of 20 uploaded", timeout=RECOVERY_MS)
    expect(page.locator(".photo")).to_have_count(20)


def test_an_album_that_another_tab_deleted_is_named(browser: Browser, platform: Platform) -> None:
    page = visit(browser, platform, "divided")
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_text("Rename or delete this album").click()
    other.get_by_role("button", name="Delete the album").click()
    other.wait_for_url("**/albums/")
    page.locator("#files").set_input_files([picture(1)])
    expect(page.locator(".upload")).to_contain_text("This album is not there any more")


def test_photos_wait_and_are_retouched_on_wish(browser: Browser, platform: Platform) -> None:
    page = visit(browser, platform, "waiting")
    page.reload()
    expect(page.get_by_label("Retouch at once")).not_to_be_checked()
    page.locator("#files").set_input_files([picture(1), picture(2)])
    expect(page.locator("#waiting")).to_contain_text("2 photos wait")
    page.get_by_role("button", name="Retouch now").dblclick()
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(2, timeout=RECOVERY_MS)
    expect(page.locator("#waiting")).to_be_hidden()
    page.get_by_text("Retouch of new photos").click()
    page.get_by_label("Shine").fill("40")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".message.success")).to_contain_text("from now on")
    expect(page.get_by_label("Shine")).to_have_value("40")


def test_photos_go_into_no_album_on_the_page_of_all(browser: Browser, platform: Platform) -> None:
    page = sign_up(browser, platform, "free@example.org")
    page.goto("/photos/")
    page.locator("#files").set_input_files([picture(1)])
    expect(page.locator('.photo[data-status="succeeded"]')).to_have_count(1, timeout=RECOVERY_MS)
    page.get_by_label("Retouch at once").uncheck()
    page.reload()
    expect(page.get_by_label("Retouch at once")).not_to_be_checked()


def test_a_phone_offers_its_camera_and_needs_no_sideways_scrolling(
    browser: Browser, platform: Platform
) -> None:
    page = visit(
        browser, platform, "phone", viewport={"width": 360, "height": 740}, has_touch=True,
        is_mobile=True,
    )  # fmt: skip
    expect(page.locator(".camera")).to_be_visible()
    assert page.locator("#camera").get_attribute("capture") == "environment"
    name = "a rather long name of a file that is no photo.txt"
    page.locator("#files").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": b"x"}]
    )
    expect(page.locator(".upload")).to_contain_text("not supported")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
