"""The comparison's page in a real browser, opened from disk: all pictures zoom as one."""

import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from retouch_engine.evaluation import Subject
from retouch_engine.evaluation.comparison import Contender, compared, identity
from retouch_engine.evaluation.comparison_page import ComparisonPage
from retouch_engine.evaluation.metrics import EditRegions
from tests.evaluation.test_measurement import subject
from tests.support.browsing import CHROMIUM, FLAGS

REGIONS = fields(EditRegions)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def truth(given: Subject) -> object:
        return given.truth

    def add_enlarged(number: int, given: Subject, results: dict[str, np.ndarray]) -> None:
        regions = EditRegions(*(enlarged(getattr(given.regions, f.name)) for f in REGIONS))
        large = replace(given, source=enlarged(given.source), truth=enlarged(given.truth))
        pictures = {name: enlarged(result) for name, result in results.items()}
        writer.add(number, replace(large, regions=regions), pictures)

    writer = ComparisonPage(tmp_path_factory.mktemp("comparison"))
    contenders = [identity(), Contender("perfect", truth)]  # type: ignore[arg-type]
    return writer.write(compared(contenders, [subject(1)], observe=add_enlarged), "Astronaut")


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """Return a picture or mask four times as wide and high: larger than its view."""
    return pixels.repeat(4, axis=0).repeat(4, axis=1)


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
        page.get_by_role("button", name="1 : 1").click()
        drawn = page.locator(".view img.picture").first
        assert drawn.evaluate(
            """picture => {
              const box = picture.getBoundingClientRect();
              const fitted = [box.width / picture.naturalWidth, box.height / picture.naturalHeight];
              return Math.min(...fitted) * devicePixelRatio;
            }"""
        ) == pytest.approx(1.0, rel=0.01)
        page.keyboard.press("0")
        page.get_by_label("Source").check()
        shown = page.locator(".view img.picture")
        for index in range(shown.count()):
            expect(shown.nth(index)).to_have_attribute("src", re.compile("source.png$"))
        page.get_by_label("Change × 8").check()
        expect(page.locator(".view.difference")).to_have_count(3)
        assert not errors
        browser.close()
