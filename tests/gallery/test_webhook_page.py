"""The page of webhooks: the secret once, errors beside their field, nobody else's rows."""

from typing import Any

import pytest

from accounts.models import User
from gallery.models import Webhook, WebhookDelivery
from gallery.webhooks.services import webhook_create, webhook_test
from gallery.webhooks.signing import webhook_secret
from tests.support.people import api

pytestmark = pytest.mark.django_db
PAGE = "/webhooks/"
WISH = {"url": "https://example.org/mine", "events": ["retouch.succeeded", "retouch.failed"]}


@pytest.fixture
def webhook(owner: User) -> Webhook:
    return webhook_create(owner=owner, **WISH)


def post(user: User | None, address: str, data: dict[str, Any] | None = None) -> Any:
    return api(user).post(address, data or {}, format="multipart", follow=True)


def test_a_secret_is_shown_once_after_it_was_made(owner: User) -> None:
    client = api(owner)
    first = client.post(PAGE, WISH, format="multipart", follow=True).content.decode()
    secret = webhook_secret(Webhook.objects.get())
    assert secret in first.replace("&#x2F;", "/").replace("&#x3D;", "=")
    assert secret not in client.get(PAGE).content.decode()
    assert secret not in str(dict(client.session))


def test_a_double_click_makes_one(owner: User) -> None:
    for _ in range(2):
        assert post(owner, PAGE, WISH).status_code == 200
    assert Webhook.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"url": "https://10.0.0.1/"}, "private network"),
        ({"url": "ftp://example.org/"}, "must begin with https://"),
        ({"events": []}, "Choose at least one event."),
    ],
)
def test_a_bad_wish_is_explained_and_what_was_typed_stays(
    owner: User, change: dict[str, Any], message: str
) -> None:
    wish = {**WISH, **change}
    answer = post(owner, PAGE, wish)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert message in text
    assert wish["url"] in text
    assert not Webhook.objects.exists()


def test_only_the_owner_sees_and_changes_it(
    owner: User, stranger: User, staff: User, webhook: Webhook
) -> None:
    assert webhook.url in api(owner).get(PAGE).content.decode()
    for person in (stranger, staff):
        assert webhook.url not in api(person).get(PAGE).content.decode()
        assert post(person, f"{PAGE}{webhook.pk}/test/").status_code == 404
        assert post(person, f"{PAGE}{webhook.pk}/enable/").status_code == 404
        post(person, f"{PAGE}{webhook.pk}/delete/")
        assert Webhook.objects.exists()
    assert api(None).get(PAGE).status_code == 302


def test_tests_and_their_deliveries_are_shown(owner: User, webhook: Webhook) -> None:
    assert "on its way" in post(owner, f"{PAGE}{webhook.pk}/test/").content.decode()
    WebhookDelivery.objects.update(status="failed", response_code=503, error="refused")
    text = api(owner).get(PAGE).content.decode()
    assert "given up (503)" in text


def test_one_that_was_given_up_says_why_and_can_be_enabled(owner: User, webhook: Webhook) -> None:
    Webhook.objects.update(enabled=False, disabled_reason="failed_for_a_day", failures=9)
    assert "it failed for a day" in api(owner).get(PAGE).content.decode()
    assert "is disabled" in post(owner, f"{PAGE}{webhook.pk}/test/").content.decode()
    assert "is enabled" in post(owner, f"{PAGE}{webhook.pk}/enable/").content.decode()
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.failures) == (True, 0)


def test_deleting_it_twice_is_harmless(owner: User, webhook: Webhook) -> None:
    webhook_test(webhook=webhook)
    for _ in range(2):
        assert post(owner, f"{PAGE}{webhook.pk}/delete/").status_code == 200
    assert not WebhookDelivery.objects.exists()
