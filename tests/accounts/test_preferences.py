"""Theme and language: chosen without a script, signed out too, kept on the account."""

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_theme_is_kept_in_a_cookie_and_shown_without_a_flash(client: Client) -> None:
    assert "data-theme=" not in client.get("/").content.decode()
    answer = client.post("/accounts/preferences/theme/", {"theme": "dark", "next": "/offline/"})
    assert answer.headers["Location"] == "/offline/"
    page = client.get("/")
    assert 'data-theme="dark"' in page.content.decode()
    assert "Cookie" in page.headers["Vary"]
    assert 'data-theme="dark"' in client.get("/offline/").content.decode()
    client.post("/accounts/preferences/theme/", {"theme": "system"})
    assert "data-theme=" not in client.get("/").content.decode()


def test_a_script_gets_no_page(client: Client) -> None:
    headers = {"X-Requested-With": "fetch"}
    answer = client.post("/accounts/preferences/theme/", {"theme": "light"}, headers=headers)
    assert answer.status_code == 204
    assert answer.cookies["theme"].value == "light"


@pytest.mark.parametrize("theme", ["", "pink", "<script>"])
def test_an_unknown_theme_is_refused(theme: str, client: Client) -> None:
    assert client.post("/accounts/preferences/theme/", {"theme": theme}).status_code == 400
    client.cookies["theme"] = theme
    assert "data-theme=" not in client.get("/").content.decode()


def test_the_way_back_leads_nowhere_else(client: Client) -> None:
    form = {"theme": "dark", "next": "https://evil.example.org/"}
    assert client.post("/accounts/preferences/theme/", form).headers["Location"] == "/"


def test_a_persons_choice_follows_them_to_another_device(owner: User, stranger: User) -> None:
    here, there, other = Client(), Client(), Client()
    here.force_login(owner)
    here.post("/accounts/preferences/theme/", {"theme": "dark"})
    here.post("/accounts/preferences/language/", {"language": "de"})
    there.force_login(owner)
    page = there.get("/albums/").content.decode()
    assert 'lang="de" data-theme="dark"' in page
    assert "Alle Fotos" in page
    other.force_login(stranger)
    assert '<html lang="en">' in other.get("/albums/").content.decode()


def test_a_language_is_kept_signed_out_too(client: Client) -> None:
    client.post("/accounts/preferences/language/", {"language": "de"})
    assert '<html lang="de">' in client.get("/").content.decode()


def test_an_unknown_language_changes_nothing(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    client.post("/accounts/preferences/language/", {"language": "xx"})
    owner.refresh_from_db()
    assert owner.language == ""
