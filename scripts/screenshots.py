"""Make docs/screenshots: the pages as people see them, with pictures that may be published.

Every picture comes from scikit-image's `astronaut` (NASA's portrait of Eileen Collins, in the
public domain) with spots painted as in `home_sample.py`, turned and cut so that an album is full.
A whole platform runs on a free port with a data folder of its own. Needs what tests need, and
Chromium on PATH:

    PYTHONPATH=.:platform .venv/bin/python scripts/screenshots.py
"""

import io
import re
import shutil
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from skimage.data import astronaut

from scripts.home_sample import SIZE, painted
from tests.support.platform_process import Platform

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "screenshots"
LARGEST_FILE = 150_000
QUALITIES = (84, 76, 68, 60)
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
OWNER, PASSWORD = "studio@example.org", "a-long-pass-word"
GUEST_PASSWORD = "open sesame"  # noqa: S105
ALBUM = "Eileen, June"
# Of the painted portrait: head and shoulders, the face, and all of it; whether mirrored; degrees.
FRAMES = (
    ((226, 0, 706, 600), False, 0),
    ((266, 40, 626, 400), True, 2),
    ((126, 40, 826, 565), False, -3),
    ((246, 20, 666, 540), True, -2),
    ((0, 0, 1024, 1024), False, 0),
    ((226, 0, 826, 450), True, 0),
    ((286, 30, 606, 430), False, 3),
    ((176, 30, 776, 780), True, 2),
)
LONG_SIDE, LARGE_SIDE = 1500, 3000


def jpeg(image: Image.Image, long_side: int) -> bytes:
    """Return an enlarged picture's file."""
    large = ImageOps.contain(image, (long_side, long_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    large.save(buffer, "JPEG", quality=97, subsampling=0)
    return buffer.getvalue()


def portraits() -> list[dict[str, Any]]:
    """Return the album's photos; the last one is large enough for tiles."""
    clean = Image.fromarray(astronaut()).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
    spotted = Image.fromarray(painted(np.asarray(clean)))
    files = []
    for number, (frame, is_mirrored, turn) in enumerate(reversed(FRAMES)):
        image = spotted.rotate(turn, Image.Resampling.BICUBIC, center=(446, 220)).crop(frame)
        image = ImageOps.mirror(image) if is_mirrored else image
        side = LARGE_SIDE if number == len(FRAMES) - 1 else LONG_SIDE
        files.append(as_file(f"eileen-{len(FRAMES) - number:02}.jpg", jpeg(image, side)))
    return files


def as_file(name: str, data: bytes) -> dict[str, Any]:
    """Return what Playwright takes for a chosen file."""
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def keep(page: Page, name: str) -> None:
    """Write what the page shows as WebP of at most LARGEST_FILE bytes."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    image = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    for quality in QUALITIES:
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() <= LARGEST_FILE:
            break
    else:
        raise SystemExit(f"{name} has more than {LARGEST_FILE} bytes")
    (FOLDER / f"{name}.webp").write_bytes(buffer.getvalue())


def in_the_dark(page: Page, name: str) -> None:
    """Write what the page shows to people who like it dark."""
    page.emulate_media(color_scheme="dark")
    keep(page, name)
    page.emulate_media(color_scheme="light")


def new_page(browser: Browser, platform: Platform, size: dict[str, int]) -> Page:
    """Return a page of somebody new."""
    is_phone = size is PHONE
    context = browser.new_context(
        base_url=platform.url, viewport=size, has_touch=is_phone, is_mobile=is_phone,
        locale="en-GB", color_scheme="light", reduced_motion="reduce",
    )  # fmt: skip
    return context.new_page()


def signed_up(browser: Browser, platform: Platform) -> Page:
    """Return the page of the owner, after a look at the home page."""
    page = new_page(browser, platform, DESK)
    page.goto("/")
    keep(page, "home")
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(OWNER)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/albums/")
    return page


def album_made(page: Page, title: str) -> str:
    """Return the address of a new album."""
    page.goto("/albums/")
    page.get_by_label("New album").fill(title)
    page.get_by_role("button", name="Create").click()
    page.wait_for_url("**/albums/*-*/")
    return page.url


def filled(page: Page, files: list[dict[str, Any]]) -> None:
    """Upload photos and wait for their retouches."""
    page.locator("#files").set_input_files(files)
    done = page.locator('.photo[data-status="succeeded"]')
    expect(done).to_have_count(len(files), timeout=300_000)
    page.reload()


def uploading(page: Page, files: list[dict[str, Any]]) -> None:
    """Show uploads of which the large one has come half-way; it is cancelled afterwards."""

    def held(route: Route) -> None:
        offset = int(route.request.headers.get("upload-offset", 0))
        if route.request.method != "PATCH" or offset == 0:
            route.fallback()

    page.route(re.compile(r"/api/v1/uploads/[0-9a-f-]{36}/$"), held)
    noise = np.random.default_rng(1).integers(0, 256, (1400, 1400, 3), np.uint8)
    waiting = [as_file(f"eileen-{n}.jpg", jpeg(Image.fromarray(noise), 1400)) for n in (21, 22)]
    page.locator("#files").set_input_files([*files[:2], *waiting])
    expect(page.locator("#upload-status")).to_contain_text("2 of 4 uploaded", timeout=60_000)
    page.wait_for_timeout(1000)
    keep(page, "upload")
    page.locator("#cancel-all").click()
    page.unroute_all(behavior="ignoreErrors")


def ready(page: Page) -> None:
    """Wait until the photo page draws by itself."""
    expect(page.locator("#editor")).to_have_attribute(
        "data-ready", re.compile("webgl|2d"), timeout=60_000
    )


def photo_pages(page: Page, platform: Platform, browser: Browser) -> None:
    """Show the photo page: fitted, dark, spots, every pixel, its dialog, and on a phone."""
    page.locator(".photo a").first.click()
    ready(page)
    keep(page, "photo")
    in_the_dark(page, "photo-dark")
    page.get_by_label("Show spots").check()
    expect(page.locator("#marks button").first).to_be_visible()
    keep(page, "spots")
    page.get_by_label("Show spots").uncheck()
    page.get_by_role("button", name="Every pixel").click()
    for side in (".tiles.after img", ".before .tiles img"):
        expect(page.locator(side).first).to_be_visible(timeout=60_000)
    page.evaluate("document.getElementById('view').scrollBy(-60, -260)")
    page.wait_for_timeout(1500)
    keep(page, "every-pixel")
    page.get_by_role("button", name="Fit").click()
    page.get_by_role("button", name="Other formats").click()
    page.locator("[name=kind]").select_option("webp")
    keep(page, "download")
    page.keyboard.press("Escape")
    phone = new_page(browser, platform, PHONE)
    phone.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    phone.goto(page.url)
    ready(phone)
    keep(phone, "photo-phone")
    phone.context.close()


def sharing(page: Page, platform: Platform, browser: Browser, album: str) -> None:
    """Show the page of access, a guest's page on a phone and what the guest said."""
    page.goto(f"{album}access/")
    for email, role in (("retoucher@example.org", "Editor"), ("eileen@example.org", "Viewer")):
        page.get_by_label("E-mail address").fill(email)
        page.locator("#id_role").select_option(label=role)
        page.get_by_role("button", name="Give access").click()
        expect(page.locator(".person .email", has_text=email)).to_be_visible()
    page.get_by_role("link", name="New link").click()
    page.get_by_label("Password").fill(GUEST_PASSWORD)
    page.get_by_role("button", name="Make the link").click()
    address = page.get_by_label("Link", exact=True).input_value()
    page.goto(f"{album}access/")
    keep(page, "sharing")
    guest = new_page(browser, platform, PHONE)
    guest.goto(address)
    guest.get_by_label("Password").fill(GUEST_PASSWORD)
    guest.get_by_role("button", name="Open").click()
    says(guest)
    page.goto(album)
    page.get_by_role("link", name="What guests say").click()
    keep(page, "proofs")


def says(guest: Page) -> None:
    """Let a guest approve the first photo and the newest one, and reject the one before that."""
    cards = guest.locator(".proof")
    cards.first.get_by_role("button", name="Approve").click()
    guest.get_by_label("Your name").fill("Eileen")
    guest.get_by_role("button", name="Go on").click()
    cards.last.get_by_role("button", name="Approve").click()
    rejected = cards.nth(-2)
    rejected.get_by_role("button", name="Reject").click()
    rejected.locator("summary").click()
    rejected.get_by_role("textbox").fill("Too close for the poster.")
    rejected.get_by_role("button", name="Save the comment").click()
    expect(rejected.get_by_role("status")).to_have_text("Saved.")
    guest.evaluate("scrollTo(0, 0)")
    for image in cards.first.locator("img").all():
        image.evaluate("image => image.decode()")
    keep(guest, "guest-phone")
    guest.context.close()


def trash(page: Page, album: str) -> None:
    """Show the trash with two photos and an album in it."""
    page.goto(album)
    for _ in range(2):
        page.locator(".photo a").last.click()
        page.get_by_role("button", name="Move to the trash").click()
        page.goto(album)
    page.goto(album_made(page, "Try-outs"))
    page.get_by_text("Rename or delete this album").click()
    page.get_by_role("button", name="Delete the album").click()
    page.goto("/trash/")
    keep(page, "trash")


def staff_pages(page: Page, platform: Platform) -> None:
    """Show the dashboard, without this machine's name."""
    link = re.search(r"/accounts/become-staff/\S+", platform.log.read_text())
    if link is None:
        raise SystemExit("no link for staff in the log")
    page.goto(link[0])
    page.locator("main form button").click()
    page.goto("/admin/dashboard/")
    host = page.get_by_text(socket.gethostname())
    host.first.evaluate(
        "(one, name) => { one.textContent = one.textContent.replace(name, 'studio'); }",
        socket.gethostname(),
    )
    keep(page, "dashboard")


def tour(browser: Browser, platform: Platform) -> None:
    """Go through all pages as an owner, a guest and staff."""
    files = portraits()
    page = signed_up(browser, platform)
    for title in ("Proofs for the agency", "Self-portraits"):
        album_made(page, title)
        filled(page, files[:1] if title == "Self-portraits" else files[1:3])
    album = album_made(page, ALBUM)
    filled(page, files)
    looks: tuple[Callable[[], None], ...] = (
        lambda: keep(page, "album"),
        lambda: in_the_dark(page, "album-dark"),
        lambda: photo_pages(page, platform, browser),
        lambda: sharing(page, platform, browser, album),
    )
    for look in looks:
        look()
    page.goto("/albums/")
    keep(page, "albums")
    page.goto(album_made(page, "Autumn"))
    uploading(page, files)
    trash(page, album)
    page.goto("/accounts/settings/")
    keep(page, "settings")
    staff_pages(page, platform)


def main() -> None:
    """Make all screenshots anew."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("install the package chromium")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        platform = Platform(Path(data))
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox"],
            ignore_default_args=["--hide-scrollbars"],
        )
        try:
            platform.wait_until_ready()
            tour(browser, platform)
        finally:
            browser.close()
            platform.stop()


if __name__ == "__main__":
    main()
