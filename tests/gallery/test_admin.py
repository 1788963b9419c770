"""Staff pages of the gallery: the queue can be worked on, nobody's words and pictures are shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from gallery import groups, services
from gallery.models import Analysis, Group, Photo, Retouch, Webhook, WebhookDelivery
from gallery.webhooks.services import webhook_create, webhook_test
from job_queue.queue import queue
from tests.support.people import api

pytestmark = pytest.mark.django_db
RETOUCHES, PEOPLE = "/admin/gallery/retouch/", "/admin/accounts/user/"
LISTS = [
    RETOUCHES, PEOPLE, "/admin/gallery/photo/", "/admin/gallery/group/", "/admin/gallery/webhook/",
    "/admin/gallery/webhookdelivery/", "/admin/accounts/apikey/",
]  # fmt: skip


@pytest.fixture
def page(staff: User) -> APIClient:
    return api(staff)


def wish(photo: Photo, strength: float = 1, **changes: Any) -> Retouch:
    retouch, _ = services.retouch_create(
        owner=photo.owner, photo=photo, recipe={"blemishes": strength}
    )
    Retouch.objects.filter(pk=retouch.pk).update(**changes)
    retouch.refresh_from_db()
    return retouch


def act(client: APIClient, address: str, action: str, *rows: Any) -> str:
    form = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    answer = client.post(address, form, format="multipart", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("address", LISTS)
def test_only_staff_see_these_pages(
    address: str, owner: User, stranger: User, staff: User, photo: Photo
) -> None:
    for person in (None, owner, stranger):
        assert api(person).get(address).status_code == 302
    assert api(staff).get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_failed_and_cancelled_retouches_are_requeued_under_the_next_number(
    redis_server: str, page: APIClient, photo: Photo
) -> None:
    failed = wish(photo, 0.1, status="failed", error_code="timed_out", enqueue_number=3)
    cancelled = wish(photo, 0.2, status="cancelled")
    done = wish(photo, 0.3, status="succeeded")
    queue().empty()
    text = act(page, RETOUCHES, "requeue_selected", failed, cancelled, done)
    assert "2 retouches were requeued. 1 stayed as they were" in text
    assert {*queue().get_job_ids()} == {f"{failed.pk}-4", f"{cancelled.pk}-2"}
    failed.refresh_from_db()
    assert (failed.status, failed.enqueue_number, failed.error_code) == ("queued", 4, "")
    done.refresh_from_db()
    assert (done.status, done.enqueue_number) == ("succeeded", 1)
    assert LogEntry.objects.filter(change_message__contains="requeued").count() == 2


@pytest.mark.django_db(transaction=True)
def test_unfinished_retouches_are_cancelled_and_leave_the_queue(
    redis_server: str, page: APIClient, photo: Photo
) -> None:
    queued = wish(photo, 0.1)
    running = wish(photo, 0.2, status="running", started_at=timezone.now())
    done = wish(photo, 0.3, status="succeeded")
    text = act(page, RETOUCHES, "cancel_selected", queued, running, done)
    assert "2 retouches were cancelled. 1 stayed as they were" in text
    assert sorted(Retouch.objects.values_list("status", flat=True)) == [
        "cancelled", "cancelled", "succeeded",
    ]  # fmt: skip
    assert f"{queued.pk}-1" not in queue().get_job_ids()


def test_staff_without_the_right_to_change_cannot_act(photo: Photo) -> None:
    from django.contrib.auth.models import Permission

    watcher = User.objects.create_user("watcher@example.org", "a-long-password", is_staff=True)
    watcher.user_permissions.add(Permission.objects.get(codename="view_retouch"))
    failed = wish(photo, status="failed")
    assert api(watcher).get(RETOUCHES).status_code == 200
    act(api(watcher), RETOUCHES, "requeue_selected", failed)
    failed.refresh_from_db()
    assert failed.status == "failed"


def test_a_failure_is_shown_with_its_reason_and_can_be_filtered(
    page: APIClient, photo: Photo
) -> None:
    failed = wish(photo, 0.1, status="failed", error_code="timed_out", error_detail="Too long.",
                  finished_at=timezone.now())  # fmt: skip
    other = wish(photo, 0.2)
    listed = page.get(f"{RETOUCHES}?status__exact=failed&error_code=timed_out").content.decode()
    assert str(failed.pk) in listed
    assert str(other.pk) not in listed
    shown = page.get(f"{RETOUCHES}{failed.pk}/change/").content.decode()
    assert "Too long." in shown
    for key in (failed.pk, photo.pk, photo.owner.email):
        assert str(failed.pk) in page.get(f"{RETOUCHES}?q={key}").content.decode()


def test_what_is_no_id_finds_nothing_and_breaks_nothing(page: APIClient, photo: Photo) -> None:
    for address in LISTS:
        assert page.get(f"{address}?q=nonsense").status_code == 200


def test_nobodys_words_and_pictures_are_shown(page: APIClient, photo: Photo) -> None:
    Photo.objects.update(name="anna-in-june.jpg")
    retouch = wish(photo)
    services.album_create(owner=photo.owner, title="Annas wedding")
    group = Group.objects.create(owner=photo.owner, title="Annas wedding")
    webhook = webhook_create(
        owner=photo.owner, url="https://example.org/hook?token=s3cret", events=["retouch.failed"]
    )
    delivery = webhook_test(webhook=webhook)
    details = [
        f"{RETOUCHES}{retouch.pk}/change/", f"/admin/gallery/photo/{photo.pk}/change/",
        f"/admin/gallery/group/{group.pk}/change/", f"/admin/gallery/webhook/{webhook.pk}/change/",
        f"/admin/gallery/webhookdelivery/{delivery.pk}/change/",
        f"{PEOPLE}{photo.owner.pk}/change/",
    ]  # fmt: skip
    for address in [*LISTS, *details, "/admin/"]:
        answer = page.get(address)
        assert answer.status_code == 200, address
        text = answer.content.decode()
        for word in ("anna-in-june", "wedding", "s3cret", photo.file, '<img src="/photos'):
            assert word not in text, address
    assert page.get(f"/photos/{photo.pk}/original/").status_code == 404


def test_nothing_is_added_or_deleted_on_these_pages(page: APIClient, photo: Photo) -> None:
    retouch = wish(photo)
    for name, row in (("retouch", retouch), ("photo", photo)):
        assert page.get(f"/admin/gallery/{name}/add/").status_code == 403
        assert page.post(f"/admin/gallery/{name}/{row.pk}/delete/").status_code == 403
    page.post(f"{RETOUCHES}{retouch.pk}/change/", {"status": "succeeded"}, format="multipart")
    retouch.refresh_from_db()
    assert retouch.status == "queued"
    owner = photo.owner
    assert page.post(f"{PEOPLE}{owner.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=owner.pk).exists()


def test_people_are_shown_with_what_they_keep_and_may_keep(
    page: APIClient, photo: Photo, settings: Any
) -> None:
    settings.QUOTA_PHOTOS = 40
    Analysis.objects.create(photo=photo, bytes=3 * 1024**3, engine_version="1", folder="x")
    User.objects.filter(pk=photo.owner.pk).update(quota_bytes=6 * 1024**3)
    text = page.get(PEOPLE).content.decode()
    assert "1 of 40" in text
    assert "3.0\xa0GB of 6.0\xa0GB (50%)" in text
    for order in ("4", "-5", "6"):
        assert page.get(f"{PEOPLE}?o={order}").status_code == 200
    detail = page.get(f"{PEOPLE}{photo.owner.pk}/change/").content.decode()
    assert "1 of 40" in detail


@pytest.mark.parametrize("address", LISTS)
def test_a_list_asks_as_much_for_many_rows_as_for_few(
    address: str, page: APIClient, photo: Photo
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert page.get(address).status_code == 200
        return len(queries)

    def more(number: int) -> None:
        person = User.objects.create_user(f"person{number}@example.org")
        copy = Photo.objects.create(
            owner=person, sha256=str(number), name="x", file="x", format="JPEG", width=1,
            height=1, bytes=1,
        )  # fmt: skip
        retouch = wish(copy, status="failed", error_code="x", finished_at=timezone.now())
        Group.objects.create(owner=person).members.create(photo=copy, retouch=retouch)
        services_key(person)
        hook = webhook_create(owner=person, url="https://example.org/", events=["retouch.failed"])
        WebhookDelivery.objects.create(webhook=hook, retouch=retouch, type="x", payload={})

    more(0)
    more(1)
    first = asked()
    for number in range(2, 12):
        more(number)
    assert asked() == first


def services_key(person: User) -> None:
    from accounts.services import api_key_create

    api_key_create(user=person)


def test_a_group_says_how_many_photos_were_left_out(
    page: APIClient, owner: User, photo: Photo
) -> None:
    other = Photo.objects.create(
        owner=owner, sha256="1", name="x", file="x", format="JPEG", width=1, height=1, bytes=1
    )
    group = groups.group_create(owner=owner, photos=[photo, other])
    Group.objects.update(agreed_at=timezone.now())
    text = page.get(f"/admin/gallery/group/{group.pk}/change/").content.decode()
    assert "Left out" in text


@pytest.mark.django_db(transaction=True)
def test_webhooks_can_be_enabled_and_their_deliveries_sent_again(
    redis_server: str, page: APIClient, owner: User
) -> None:
    hook = webhook_create(owner=owner, url="https://example.org/", events=["retouch.failed"])
    delivery = webhook_test(webhook=hook)
    WebhookDelivery.objects.update(status="failed", finished_at=timezone.now())
    Webhook.objects.update(
        enabled=False, disabled_reason="gone", failing_since=timezone.now() - timedelta(days=1)
    )
    deliveries = "/admin/gallery/webhookdelivery/"
    queue().empty()
    assert "0 are sent again" in act(page, deliveries, "resend_selected", delivery)
    act(page, "/admin/gallery/webhook/", "enable_selected", hook)
    hook.refresh_from_db()
    assert (hook.enabled, hook.disabled_reason, hook.failing_since) == (True, "", None)
    assert "1 is sent again" in act(page, deliveries, "resend_selected", delivery)
    assert queue().get_job_ids() == [f"{delivery.pk}-2"]
    act(page, "/admin/gallery/webhook/", "disable_selected", hook)
    hook.refresh_from_db()
    assert not hook.enabled
