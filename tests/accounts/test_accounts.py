"""Accounts: keys, the staff invitation, signing up and in."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.forms import BaseSignupForm
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import EMAIL_TAKEN, ApiKey, User
from accounts.services import (
    api_key_create,
    api_key_verify,
    staff_invitation_accept,
    staff_invitation_create,
    user_create,
)
from gallery.models import Photo
from gallery.services import retouch_create
from portrait_platform.settings.base import ROOT

pytestmark = pytest.mark.django_db


def with_key(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


def test_only_a_digest_of_the_key_is_stored(owner: User) -> None:
    row, plain = api_key_create(user=owner)
    secret = plain.split("_", 2)[2]
    assert secret not in " ".join(str(value) for value in vars(row).values())
    assert api_key_verify(key=plain).user == owner


def test_changed_expired_and_disabled_keys_do_not_work(owner: User) -> None:
    row, plain = api_key_create(user=owner)
    assert api_key_verify(key=plain[:-1]) is None
    assert api_key_verify(key="nonsense") is None
    ApiKey.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api_key_verify(key=plain) is None
    ApiKey.objects.filter(pk=row.pk).update(expires_at=None, enabled=False)
    assert api_key_verify(key=plain) is None


def test_a_key_opens_the_api_and_a_bad_one_is_a_problem(owner: User) -> None:
    _, plain = api_key_create(user=owner)
    assert with_key(plain).get("/api/v1/albums/").status_code == 200
    answer = with_key("pp_x_y").get("/api/v1/albums/")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "authentication_failed"


def withdraw(row: ApiKey) -> None:
    ApiKey.objects.filter(pk=row.pk).update(enabled=False)


def expire(row: ApiKey) -> None:
    ApiKey.objects.filter(pk=row.pk).update(expires_at=timezone.now())


def close_the_account(row: ApiKey) -> None:
    User.objects.filter(pk=row.user_id).update(is_active=False)


@pytest.mark.parametrize("end", [withdraw, expire, close_the_account])
def test_a_key_that_has_ended_opens_nothing(owner: User, end: Callable[[ApiKey], None]) -> None:
    row, plain = api_key_create(user=owner)
    client = with_key(plain)
    assert client.get("/api/v1/albums/").status_code == 200
    end(row)
    for answer in (client.get("/api/v1/albums/"), client.post("/api/v1/albums/", {"title": "x"})):
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_bad_key_is_not_made_good_by_a_session(owner: User) -> None:
    client = with_key("pp_x_y")
    client.force_login(owner)
    assert client.get("/api/v1/albums/").status_code == 401


def test_without_a_key_or_session_the_api_is_closed() -> None:
    assert APIClient().get("/api/v1/albums/").status_code == 401


def test_a_reading_key_may_not_write(owner: User) -> None:
    client = with_key(api_key_create(user=owner, scopes=["read"])[1])
    assert client.get("/api/v1/albums/").status_code == 200
    assert client.post("/api/v1/albums/", {"title": "x"}).status_code == 403


def test_the_command_prints_the_key_alone_on_its_last_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(CommandError, match="--create"):
        call_command("create_api_key", "new@example.org")
    call_command("create_api_key", "new@example.org", "--create", "--scope", "read")
    key = capsys.readouterr().out.splitlines()[-1]
    assert api_key_verify(key=key).scopes == ["read"]
    with pytest.raises(CommandError, match="past"):
        call_command("create_api_key", "new@example.org", "--expires", "2001-01-01")


def test_the_staff_link_works_once(owner: User, stranger: User) -> None:
    old = staff_invitation_create().split("/")[-2]
    token = staff_invitation_create().split("/")[-2]
    assert not staff_invitation_accept(user=stranger, token=old)
    assert staff_invitation_accept(user=owner, token=token)
    assert not staff_invitation_accept(user=stranger, token=token)
    owner.refresh_from_db()
    assert owner.is_staff
    assert staff_invitation_create() is None


def test_a_person_signs_up_out_and_in() -> None:
    client = Client()
    form = {"email": "a@example.org", "password1": "pa55-word-long", "password2": "pa55-word-long"}
    assert client.post("/accounts/signup/", form).status_code == 302
    assert client.get("/albums/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/albums/").status_code == 302
    wrong = client.post("/accounts/login/", {"login": "a@example.org", "password": "wrong"})
    assert wrong.status_code == 200
    right = {"login": "a@example.org", "password": "pa55-word-long"}
    assert client.post("/accounts/login/", right).status_code == 302


def sign_up(email: str) -> Any:
    password = "pa55-word-long"
    form = {"email": email, "password1": password, "password2": password}
    return Client().post("/accounts/signup/", form)


def test_a_closed_installation_makes_no_accounts(client: Client, settings: object) -> None:
    settings.SIGN_UP_OPEN = False
    for answer in (client.get("/accounts/signup/"), sign_up("a@example.org")):
        assert answer.status_code == 403
        assert b"Sign-up is closed" in answer.content
        assert b"/accounts/login/" in answer.content
    assert not User.objects.exists()
    assert b"/accounts/signup/" not in client.get("/").content


def test_staff_makes_accounts_where_sign_up_is_closed(
    settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.SIGN_UP_OPEN = False
    call_command("create_api_key", "new@example.org", "--create")
    key = capsys.readouterr().out.splitlines()[-1]
    assert with_key(key).get("/api/v1/albums/").status_code == 200


@pytest.mark.parametrize(
    ("settings_module", "value", "is_open"),
    [
        ("loopback", None, True),
        ("loopback", "false", False),
        ("production", None, False),
        ("production", "true", True),
    ],
)
def test_sign_up_is_open_on_loopback_and_opened_by_the_operator_in_production(
    tmp_path: Path, settings_module: str, value: str | None, is_open: bool
) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": f"portrait_platform.settings.{settings_module}",
        "PYTHONPATH": str(ROOT / "platform"),
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": "k3y-" * 20,
        "ALLOWED_HOSTS": "photos.example.org",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "REDIS_URL": "redis://localhost:6379/0",
    }
    environment.pop("SIGN_UP", None)
    if value is not None:
        environment["SIGN_UP"] = value
    program = "from django.conf import settings; print(settings.SIGN_UP_OPEN)"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == str(is_open), done.stderr


def test_the_database_takes_an_address_once_in_whatever_case(owner: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email=owner.email.upper())])


def test_an_address_in_other_capitals_cannot_sign_up_again(owner: User) -> None:
    answer = sign_up(owner.email.upper())
    assert answer.status_code == 200
    assert b"already registered with this email address" in answer.content
    assert User.objects.count() == 1


def test_who_signs_up_second_at_once_is_told_so(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other's account comes into being between the form's check and its save.
    monkeypatch.setattr(BaseSignupForm, "validate_unique_email", lambda form, value: value)
    monkeypatch.setattr(BaseSignupForm, "account_already_exists", False, raising=False)
    answer = sign_up(owner.email)
    assert answer.status_code == 200
    assert EMAIL_TAKEN in answer.content.decode()
    assert User.objects.count() == 1


def test_a_key_is_made_for_an_address_in_whatever_case(
    owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    User.objects.filter(pk=owner.pk).update(email="Owner@Example.org")
    call_command("create_api_key", "OWNER@example.org", "--create")
    key = capsys.readouterr().out.splitlines()[-1]
    assert api_key_verify(key=key).user == owner
    with pytest.raises(ValueError, match="There is an account"):
        user_create(email="owner@example.ORG")


@pytest.mark.parametrize("page", ["/", "/accounts/login/", "/accounts/signup/"])
def test_open_pages_have_a_strict_policy_and_no_inline_script(page: str) -> None:
    answer = Client().get(page)
    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert b"<script>" not in answer.content
    assert b" style=" not in answer.content


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("notanemail", "--create"), "no e-mail address"),
        (("new@example.org", "--create", "--expires", "yesterday"), "no ISO date"),
        (("new@example.org", "--create", "--expires", "2001-01-01"), "past"),
        (("new@example.org",), "--create"),
    ],
)
def test_a_key_that_is_refused_leaves_no_account(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("create_api_key", *arguments)
    assert not User.objects.exists()


def test_the_staffs_sign_in_is_limited_too(staff: User, client: Client) -> None:
    cache.clear()
    form = {"username": staff.email, "password": "wrong"}
    answers = [client.post("/admin/login/", form, follow=True) for _ in range(8)]
    assert all(answer.request["PATH_INFO"] == "/accounts/login/" for answer in answers)


def test_staff_pages_change_no_wish_and_add_people_without_a_password(
    staff: User, client: Client
) -> None:
    client.force_login(staff)
    assert client.get("/admin/gallery/retouch/").status_code == 200
    assert client.post("/admin/gallery/retouch/add/").status_code == 403
    client.post("/admin/accounts/user/add/", {"email": "Mixed@Example.org", "is_active": "on"})
    added = User.objects.get(email="mixed@example.org")
    assert not added.has_usable_password()
    client.post("/admin/accounts/user/add/", {"email": "mixed@example.org", "is_active": "on"})
    assert User.objects.filter(email__iexact="mixed@example.org").count() == 1


def test_staff_read_of_a_retouch_but_not_what_its_photo_is_called(
    staff: User, owner: User, photo: Photo, client: Client
) -> None:
    retouch, _ = retouch_create(owner=owner, photo=photo)
    client.force_login(staff)
    page = client.get(f"/admin/gallery/retouch/{retouch.pk}/change/")
    assert page.status_code == 200
    assert str(photo.pk) in page.content.decode()
    assert "portrait.jpg" not in page.content.decode()


def test_a_database_with_one_address_in_two_cases_is_told_what_to_do(
    transactional_db: None,
) -> None:
    before, after = (("accounts", "0001_initial"),), (("accounts", "0002_email_in_any_case"),)
    today = MigrationExecutor(connection).loader.graph.leaf_nodes()
    executor = MigrationExecutor(connection)
    executor.migrate(before)
    try:
        users = executor.loader.project_state(before).apps.get_model("accounts", "User").objects
        users.bulk_create([users.model(email=e) for e in ("ann@example.org", "Ann@example.org")])
        with pytest.raises(CommandError, match=r"Ann@example.org.*another address"):
            MigrationExecutor(connection).migrate(after)
        # The remedy that the message names.
        users.filter(email="Ann@example.org").update(email="ann2@example.org")
    finally:
        users.filter(email="Ann@example.org").delete()
        MigrationExecutor(connection).migrate(today)
    assert set(User.objects.values_list("email", flat=True)) == {
        "ann@example.org",
        "ann2@example.org",
    }


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("SIGN_UP", "open", "true or false"),
        ("PORT", "eighty", "a whole number"),
        ("JOB_TIMEOUT_SECONDS", "0", "at least 1"),
        ("DATABASE_URL", "nowhere", "postgres://"),
        ("REDIS_URL", "localhost", "redis://"),
        ("EMAIL_URL", "localhost", "smtp"),
    ],
)
def test_a_setting_that_is_not_understood_is_one_line_at_the_start(
    tmp_path: Path, name: str, value: str, wanted: str
) -> None:
    environment = {**os.environ, "DATA_DIR": str(tmp_path), name: value}
    environment["DJANGO_SETTINGS_MODULE"] = "portrait_platform.settings.loopback"
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert name in line
    assert wanted in line
