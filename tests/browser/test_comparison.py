"""The comparison's page in a real browser, opened from disk: all pictures zoom as one."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from retouch_engine.evaluation import Subject
from retouch_engine.evaluation.comparison import Contender, compared, identity
from retouch_engine.evaluation.comparison_page import ComparisonPage
from tests.browser.test_journey import CHROMIUM, FLAGS
from tests.evaluation.test_measurement import subject

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def truth(given: Subject) -> object:
        return given.truth

    writer = ComparisonPage(tmp_path_factory.mktemp("comparison"))
    contenders = [identity(), Contender("perfect", truth)]  # type: ignore[arg-type]
    return writer.write(compared(contenders, [subject(1)], observe=writer.add), "Astronaut")


def transforms(page: Page) -> set[str]:
    pictures = page.locator(".view img.picture")
    return set(pictures.evaluate_all("all => all.map(one => one.style.transform)"))


@pytest.mark.parametrize("size", [(1280, 900), (360, 800)], ids=["desktop", "phone"])
def test_every_picture_zooms_moves_and_changes_with_the_others(
    page_path: Path, size: tuple[int, int]
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": size[0], "height": size[1]})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(page_path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        page.locator("#photos").focus()
        for key in ("+", "+", "ArrowRight"):
            page.keyboard.press(key)
        expect(page.locator("#zoom")).to_have_text("2.3 ×")
        (moved,) = transforms(page)
        assert "scale(2.25)" in moved
        page.locator(".view").first.hover()
        page.mouse.wheel(0, -200)
        (wheeled,) = transforms(page)
        assert wheeled != moved
        page.keyboard.press("0")
        expect(page.locator("#zoom")).to_have_text("1.0 ×")
        page.get_by_label("Source").check()
        shown = page.locator(".view img.picture")
        for index in range(shown.count()):
            expect(shown.nth(index)).to_have_attribute("src", re.compile("source.png$"))
        page.get_by_label("Change × 8").check()
        expect(page.locator(".view.difference")).to_have_count(3)
        assert not errors
        browser.close()
