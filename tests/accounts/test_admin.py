"""Staff pages of accounts: disable, send a link, withdraw a key; rights are given by the few."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail

from accounts.models import ApiKey, User
from accounts.services import account_close, api_key_create
from tests.support.people import api, program

pytestmark = pytest.mark.django_db
PEOPLE, KEYS = "/admin/accounts/user/", "/admin/accounts/apikey/"


def act(person: User, address: str, action: str, *rows: Any) -> str:
    form = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = api(person).post(address, form, format="multipart", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def helper(db: None) -> User:
    """Staff who may change people, and not everything."""
    user = User.objects.create_user("helper@example.org", "a-long-password", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user", "view_apikey"])
    )
    return user


def test_a_disabled_account_is_out_at_once_and_comes_back(owner: User, staff: User) -> None:
    browser, key = api(owner), program(owner)
    assert key.get("/api/v1/albums/").status_code == 200
    assert "1 of 1 accounts: disabled" in act(staff, PEOPLE, "disable_selected", owner)
    assert browser.get("/albums/").status_code == 302
    assert key.get("/api/v1/albums/").status_code == 401
    act(staff, PEOPLE, "enable_selected", owner)
    assert key.get("/api/v1/albums/").status_code == 200


def test_nobody_disables_the_own_account_by_mistake(owner: User, staff: User) -> None:
    text = act(staff, PEOPLE, "disable_selected", owner, staff)
    assert "1 stayed as they were" in text
    staff.refresh_from_db()
    assert staff.is_active


def test_a_reset_link_goes_to_the_person_and_to_nobody_else(owner: User, staff: User) -> None:
    text = act(staff, PEOPLE, "send_reset_link", owner)
    (letter,) = mail.outbox
    assert letter.to == [owner.email]
    link = next(word for word in letter.body.split() if "/accounts/password/reset/key/" in word)
    assert link not in text
    assert "EMAIL_URL is not set" in text
    path = link.partition("testserver")[2]
    assert api(None).get(path, follow=True).status_code == 200


def test_a_disabled_person_is_sent_no_link(owner: User, staff: User) -> None:
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert "1 stayed as they were" in act(staff, PEOPLE, "send_reset_link", owner)
    assert mail.outbox == []


def test_an_account_that_its_owner_deleted_is_not_brought_back(owner: User, staff: User) -> None:
    account_close(user=owner)
    assert "0 of 1 accounts" in act(staff, PEOPLE, "enable_selected", owner)
    form = {"email": owner.email, "is_active": "on"}
    answer = api(staff).post(f"{PEOPLE}{owner.pk}/change/", form, format="multipart")
    assert answer.status_code == 403
    owner.refresh_from_db()
    assert not owner.is_active


def test_people_are_found_by_address_and_filtered(owner: User, stranger: User, staff: User) -> None:
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    found = api(staff).get(f"{PEOPLE}?q=owner").content.decode()
    assert owner.email in found
    assert stranger.email not in found
    inactive = api(staff).get(f"{PEOPLE}?is_active__exact=0").content.decode()
    assert stranger.email in inactive
    assert owner.email not in inactive


def test_only_those_with_every_right_give_rights(owner: User, helper: User) -> None:
    form = {"email": owner.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    answer = api(helper).post(f"{PEOPLE}{owner.pk}/change/", form, format="multipart")
    assert answer.status_code == 302
    owner.refresh_from_db()
    assert not owner.is_staff
    assert not owner.is_superuser


def test_those_with_every_right_are_changed_by_their_like_alone(helper: User, staff: User) -> None:
    form = {"email": "taken@example.org", "is_active": "on"}
    answer = api(helper).post(f"{PEOPLE}{staff.pk}/change/", form, format="multipart")
    assert answer.status_code == 403
    for action in ("disable_selected", "send_reset_link"):
        assert "0 of 1 accounts" in act(helper, PEOPLE, action, staff)
    staff.refresh_from_db()
    assert (staff.email, staff.is_active, mail.outbox) == ("staff@example.org", True, [])


def test_a_key_is_withdrawn_and_opens_nothing(owner: User, staff: User) -> None:
    client = program(owner)
    key = ApiKey.objects.get()
    act(staff, KEYS, "withdraw_selected", key)
    assert client.get("/api/v1/albums/").status_code == 401
    assert api(staff).get(f"{KEYS}add/").status_code == 403
    page = api(staff).get(f"{KEYS}{key.pk}/change/").content.decode()
    assert key.digest not in page


def test_keys_are_found_by_their_prefix(owner: User, stranger: User, staff: User) -> None:
    mine, _ = api_key_create(user=owner)
    other, _ = api_key_create(user=stranger)
    found = api(staff).get(f"{KEYS}?q={mine.prefix}").content.decode()
    assert mine.prefix in found
    assert other.prefix not in found
