"""Draw static/icons/*.png from static/icon.svg with Chromium, for home screens and app lists.

.venv/bin/python scripts/icons.py
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parents[1] / "static"
GROUND = "#1f6f5c"
# Name: pixels, share of the width that the drawing takes, whether the ground fills the corners.
# A maskable icon may be cut to a circle, so its drawing keeps away from the edge.
ICONS = {
    "icon-192": (192, 1.0, False),
    "icon-512": (512, 1.0, False),
    "maskable-192": (192, 0.72, True),
    "maskable-512": (512, 0.72, True),
    "apple-touch-icon": (180, 0.86, True),
}


def main() -> None:
    """Draw every icon."""
    drawing = (STATIC / "icon.svg").read_text()
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (size, share, filled) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            ground = GROUND if filled else "transparent"
            page.set_content(
                f"<body style='margin:0;background:{ground};display:grid;place-items:center;"
                f"height:{size}px'><div style='width:{round(size * share)}px'>{drawing}</div>"
            )
            page.add_style_tag(content="svg { display: block; width: 100%; height: auto }")
            page.screenshot(path=STATIC / "icons" / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
