"""No page loads 100 kB of our own scripts and styles, uncompressed, imports included."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES, STATIC = ROOT / "templates", ROOT / "static"
LIMIT = 100_000
ASSET = re.compile(r"""\{% static ["']((?:css|js)/[^"']+)["'] %\}""")
PARENT = re.compile(r"""\{% (?:extends|include) ["']([^"']+)["']""")
# Tags that include a template of their own.
TAG = re.compile(r"\{% (upload_area|album_recipe)\b")
TAGS = {"upload_area": "gallery/_upload.html", "album_recipe": "gallery/_album_recipe.html"}
IMPORT = re.compile(r"""(?:from|import|import\(|URL\()\s*["'](\.{1,2}/[^"']+\.js)["']""")
CSS_IMPORT = re.compile(r"""@import\s+(?:url\()?["']([^"']+)["']""")


def _pages() -> list[str]:
    return sorted(
        str(path.relative_to(TEMPLATES))
        for path in TEMPLATES.rglob("*.html")
        if not path.name.startswith("_") and "{% extends" in path.read_text()
    )


def templates_of(name: str) -> set[Path]:
    """Return a template and all that it extends or includes, as far as they are ours."""
    seen: set[Path] = set()
    waiting = [name]
    while waiting:
        path = TEMPLATES / waiting.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        text = path.read_text()
        waiting += [*PARENT.findall(text), *(TAGS[tag] for tag in TAG.findall(text))]
    return seen


def assets_of(name: str) -> set[Path]:
    """Return the style sheets and modules that a page loads."""
    waiting = [STATIC / a for path in templates_of(name) for a in ASSET.findall(path.read_text())]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        imports = IMPORT if path.suffix == ".js" else CSS_IMPORT
        waiting += [(path.parent / other).resolve() for other in imports.findall(path.read_text())]
    return seen


@pytest.mark.parametrize("page", _pages())
def test_a_page_is_light(page: str) -> None:
    weights = {path.name: path.stat().st_size for path in assets_of(page)}
    assert sum(weights.values()) < LIMIT, weights


def test_what_counts_is_found() -> None:
    names = {path.name for path in assets_of("gallery/photo_detail.html")}
    assert {"tokens.css", "components.css", "shell.js", "photo.js", "progress.js"} <= names
    names = {path.name for path in assets_of("gallery/album_detail.html")}
    assert {"upload.css", "upload_page.js", "upload.js", "upload_digest_worker.js"} <= names
    assert len(_pages()) > 15
