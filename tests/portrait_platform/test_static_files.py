"""Static files under ASGI: whole, cacheable, and without a warning."""

import warnings

import pytest
from django.test import AsyncClient

# A request closes connections that earlier tests left open.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def found(settings: object) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True


async def test_a_style_sheet_is_served_without_a_warning() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        answer = await AsyncClient().get("/static/css/site.css")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")
    assert b"--accent" in answer.content
    assert not [w for w in caught if "StreamingHttpResponse" in str(w.message)]


async def test_what_did_not_change_is_not_sent_again_and_parts_can_be_asked_for() -> None:
    first = await AsyncClient().get("/static/css/site.css")
    modified = first.headers["Last-Modified"]
    again = await AsyncClient().get("/static/css/site.css", headers={"If-Modified-Since": modified})
    assert (again.status_code, again.content) == (304, b"")
    part = await AsyncClient().get("/static/css/site.css", headers={"Range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, first.content[:5])


async def test_nothing_beside_the_static_files_is_served() -> None:
    for path in ("/static/../manage.py", "/static/absent.css"):
        assert (await AsyncClient().get(path)).status_code == 404
