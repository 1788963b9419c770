"""Static files under ASGI: whole, cacheable, and without a warning."""

import warnings

import pytest
from django.core.signals import request_finished
from django.test import AsyncClient, RequestFactory
from whitenoise.base import WhiteNoise

from portrait_platform.settings.base import ROOT
from portrait_platform.static_files import StaticFilesMiddleware

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


async def test_head_tells_the_length_without_the_file() -> None:
    whole = await AsyncClient().get("/static/css/site.css")
    head = await AsyncClient().head("/static/css/site.css")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole.content))


def test_a_request_does_not_end_before_its_answer_is_sent() -> None:
    ended: list[object] = []

    def note(sender: object, **kwargs: object) -> None:
        ended.append(sender)

    request_finished.connect(note)
    try:
        files = WhiteNoise(None, root=str(ROOT / "static"), prefix="static", autorefresh=True)
        found = files.find_file("/static/css/site.css")
        answer = StaticFilesMiddleware.serve(found, RequestFactory().get("/static/css/site.css"))
    finally:
        request_finished.disconnect(note)
    assert b"--accent" in answer.content
    assert ended == []
