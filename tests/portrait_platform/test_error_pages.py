"""What people see when something is refused: what it is, and what to do; programs get codes."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory

from accounts.models import User
from portrait_platform import error_pages
from portrait_platform.limited_bodies import FORM_BYTES, LimitedBodies


def test_a_missing_page_offers_a_way_on(client: Client, db: None) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert 'href="/"' in answer.content.decode()


def test_a_missing_row_is_a_problem_to_programs(client: Client, db: None) -> None:
    answer = client.get("/api/v1/nothing/")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_an_unknown_host_is_refused_with_a_page(settings: Any, db: None) -> None:
    settings.ALLOWED_HOSTS = ["photos.example.org"]
    answer = Client(raise_request_exception=False).get("/", headers={"Host": "evil.example.org"})
    assert answer.status_code == 400
    assert "could not be understood" in answer.content.decode()


def test_a_failure_is_said_without_the_database() -> None:
    request = RequestFactory().get("/albums/")
    # This test has no access to the database: any query would fail it.
    answer = error_pages.server_error(request)
    assert answer.status_code == 500
    assert "your photos are safe" in answer.content.decode()
    program = error_pages.server_error(RequestFactory().get("/api/v1/albums/"))
    assert json.loads(program.content)["code"] == "internal_error"


def test_pages_of_a_dead_database_say_so_too(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(owner)

    def dead(*args: object, **kwargs: object) -> None:
        raise connection.Database.OperationalError("the database is gone")

    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", dead)
        answer = client.get("/albums/")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.content.decode()


def test_an_old_form_is_explained(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post("/albums/", {"title": "June"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    without_cookies = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert "sends no cookies" in without_cookies.content.decode()


def test_a_form_with_too_much_text_is_too_large(settings: Any, client: Client, db: None) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = client.post("/accounts/login/", {"login": "x" * 500})
    assert answer.status_code == 413
    assert "too much at once" in answer.content.decode()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [(b"text/html,*/*", b"text/html; charset=utf-8"), (b"*/*", b"application/problem+json")],
)
async def test_a_body_beyond_the_limit_is_answered_as_its_sender_reads(
    settings: Any, accept: bytes, kind: bytes
) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    length = str(FORM_BYTES + 1001).encode()
    scope = {
        "type": "http", "method": "POST", "path": "/albums/",
        "headers": [(b"content-length", length), (b"accept", accept), (b"host", b"testserver")],
    }  # fmt: skip
    await LimitedBodies(None)(scope, None, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 413
    assert dict(sent[0]["headers"])[b"content-type"] == kind
