"""Webhooks: signed, delivered at least once, tried again for a day, for their owner alone."""

import base64
import hashlib
import hmac
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from gallery import erasure, jobs, runs, services
from gallery.models import Photo, Retouch, Webhook, WebhookDelivery
from gallery.webhooks import delivery as delivering
from gallery.webhooks.services import webhook_create, webhook_test
from gallery.webhooks.signing import signed_headers, webhook_secret
from job_queue.queue import job_id, live_job_ids, queue
from tests.support.people import api, program
from tests.support.webhook_receiver import Receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("redis_server")]
EVENTS = ["retouch.succeeded", "retouch.failed"]


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True


@pytest.fixture
def webhook(owner: User, receiver: Receiver) -> Webhook:
    return webhook_create(owner=owner, url=receiver.url, events=EVENTS)


def run_jobs() -> None:
    """Run what waits in the queue for webhooks, as a worker does."""
    for identifier in queue().get_job_ids():
        job = queue().fetch_job(identifier)
        queue().remove(identifier)
        if job.func_name == "gallery.jobs.webhook_deliver":
            jobs.webhook_deliver(*job.args)


def sweep_after(**elapsed: float) -> None:
    """Let time pass for everything that waits, then sweep and run."""
    step = timedelta(**elapsed)
    for row in WebhookDelivery.objects.all():
        WebhookDelivery.objects.filter(pk=row.pk).update(
            next_attempt_at=row.next_attempt_at - step, created_at=row.created_at - step
        )
    for hook in Webhook.objects.exclude(paused_until=None):
        Webhook.objects.filter(pk=hook.pk).update(
            paused_until=hook.paused_until - step, failing_since=hook.failing_since - step
        )
    jobs.webhook_sweep(live_job_ids())
    run_jobs()


def finish(photo: Photo, **recipe: object) -> Retouch:
    retouch, _ = services.retouch_create(owner=photo.owner, photo=photo, recipe=recipe or None)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    return retouch


def fail(photo: Photo) -> Retouch:
    services.storage.remove(photo.file)
    return finish(photo)


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Verify by the text of Standard Webhooks, with nothing of the platform's own."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body.decode()}".encode()
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = [part.split(",", 1) for part in headers["webhook-signature"].split(" ")]
    return ["v1", expected] in given


def test_a_signature_is_that_of_the_published_scheme() -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    body = b'{"type":"retouch.failed"}'
    headers = signed_headers(secret, "msg_1", 1_700_000_000, body)
    assert is_signed(secret, headers, body)
    assert not is_signed(secret, headers, body + b" ")
    assert not is_signed(secret, {**headers, "webhook-timestamp": "1700000001"}, body)
    assert not is_signed("whsec_" + base64.b64encode(b"x" * 32).decode(), headers, body)


def test_the_secret_is_shown_once_and_stored_nowhere(owner: User, receiver: Receiver) -> None:
    client = program(owner)
    made = client.post("/api/v1/webhooks/", {"url": receiver.url, "events": EVENTS})
    assert made.status_code == 201
    secret = made.json()["secret"]
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret[6:])) == 32
    row = Webhook.objects.values().get()
    assert secret not in str(row)
    for address in ("/api/v1/webhooks/", f"/api/v1/webhooks/{made.json()['id']}/"):
        assert secret not in client.get(address).content.decode()


def test_two_webhooks_have_two_secrets_that_the_servers_key_makes(
    owner: User, receiver: Receiver, settings: Any
) -> None:
    hooks = [webhook_create(owner=owner, url=receiver.url, events=EVENTS) for _ in range(2)]
    secrets = [webhook_secret(hook) for hook in hooks]
    assert secrets[0] != secrets[1]
    settings.SECRET_KEY = "another-key-of-another-installation"
    assert webhook_secret(hooks[0]) not in secrets


def test_a_finished_retouch_is_told_with_its_row(
    owner: User, webhook: Webhook, receiver: Receiver, photo: Photo
) -> None:
    retouch = finish(photo)
    run_jobs()
    (headers, body), = receiver.received  # fmt: skip
    assert is_signed(webhook_secret(webhook), headers, body)
    assert headers["content-type"] == "application/json"
    assert headers[":path"] == "/hook?token=secret"
    message = json.loads(body)
    assert message["type"] == "retouch.succeeded"
    assert message["data"] == api(owner).get(f"/api/v1/retouches/{retouch.pk}/").json()
    assert message["data"]["status"] == "succeeded"
    row = WebhookDelivery.objects.get()
    assert (row.status, row.attempts, row.response_code) == ("delivered", 1, 204)


def test_a_failed_retouch_is_told_with_its_reason(
    webhook: Webhook, receiver: Receiver, photo: Photo
) -> None:
    fail(photo)
    run_jobs()
    message = json.loads(receiver.received[0][1])
    assert message["type"] == "retouch.failed"
    assert message["data"]["error"]["code"] == "file_missing"


def test_a_retouch_that_ended_its_workers_is_told_too(
    webhook: Webhook, receiver: Receiver, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SWEEP_PATIENCE_SECONDS", 0.0)
    retouch, _ = services.retouch_create(owner=photo.owner, photo=photo)
    Retouch.objects.filter(pk=retouch.pk).update(
        status="running", attempt=3, started_at=timezone.now() - timedelta(minutes=1)
    )
    runs.retouch_sweep(set())
    run_jobs()
    (_headers, body), = receiver.received  # fmt: skip
    assert json.loads(body)["data"]["error"]["code"] == "worker_lost"


def test_only_chosen_events_are_sent(owner: User, receiver: Receiver, photo: Photo) -> None:
    webhook_create(owner=owner, url=receiver.url, events=["retouch.failed"])
    finish(photo)
    assert not WebhookDelivery.objects.exists()


def test_a_strangers_webhook_hears_nothing_of_the_owners_photos(
    stranger: User, staff: User, receiver: Receiver, photo: Photo
) -> None:
    for person in (stranger, staff):
        webhook_create(owner=person, url=receiver.url, events=EVENTS)
    finish(photo)
    run_jobs()
    assert receiver.received == []


@pytest.mark.parametrize("status", [500, 404, 429, 302])
def test_a_receiver_that_fails_is_tried_again_with_the_same_message(
    status: int, webhook: Webhook, receiver: Receiver, photo: Photo
) -> None:
    receiver.answers = [status, status]
    finish(photo)
    run_jobs()
    sweep_after(seconds=1)
    assert len(receiver.received) == 1
    sweep_after(seconds=15)
    sweep_after(seconds=30)
    assert len(receiver.received) == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.received}) == 1
    assert len({body for _, body in receiver.received}) == 1
    row = WebhookDelivery.objects.get()
    assert (row.status, row.attempts) == ("delivered", 3)
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since) == (0, None)


def test_pauses_double_from_seconds_to_hours() -> None:
    pauses = [delivering.pause_seconds(n, lambda low, high: 1.0) for n in range(1, 40)]
    assert pauses[:4] == [5, 10, 20, 40]
    assert pauses[-1] == 7200


def test_after_a_day_of_failures_it_is_disabled_and_its_owner_is_told(
    owner: User, webhook: Webhook, receiver: Receiver, photo: Photo
) -> None:
    receiver.answers = [500] * 99
    finish(photo)
    run_jobs()
    for _ in range(13):
        sweep_after(hours=2.3)
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.disabled_reason) == (False, "failed_for_a_day")
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"failed"}
    (letter,) = mail.outbox
    assert letter.to == [owner.email]
    assert "token=secret" not in letter.body + letter.subject
    row = api(owner).get(f"/api/v1/webhooks/{webhook.pk}/").json()
    assert row["problem"]["code"] == "failed_for_a_day"
    count = len(receiver.received)
    finish(photo, blemishes=0.3)
    sweep_after(hours=3)
    assert len(receiver.received) == count


def test_one_that_was_disabled_begins_again_with_a_clean_record(
    owner: User, webhook: Webhook, receiver: Receiver
) -> None:
    Webhook.objects.update(
        enabled=False, disabled_reason="failed_for_a_day", failures=20,
        failing_since=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    address = f"/api/v1/webhooks/{webhook.pk}/"
    assert api(owner).post(f"{address}test/").json()["code"] == "webhook_disabled"
    answer = api(owner).patch(address, {"enabled": True})
    assert answer.json()["problem"] is None
    receiver.answers = [500]
    assert api(owner).post(f"{address}test/").status_code == 202
    run_jobs()
    assert Webhook.objects.get().enabled


def test_a_receiver_that_is_gone_is_disabled_at_once(
    webhook: Webhook, receiver: Receiver, photo: Photo
) -> None:
    receiver.answers = [410]
    finish(photo)
    run_jobs()
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.disabled_reason) == (False, "gone")
    assert len(mail.outbox) == 1


def test_a_failing_receiver_costs_one_attempt_per_pause_however_much_waits(
    webhook: Webhook, receiver: Receiver
) -> None:
    receiver.answers = [500, 500]
    for _ in range(6):
        webhook_test(webhook=webhook)
    run_jobs()
    assert len(receiver.received) == 1
    sweep_after(seconds=11)
    assert len(receiver.received) == 2
    sweep_after(seconds=16)
    assert len(receiver.received) == 2 + 6
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_when_it_answers_again_what_was_put_off_for_hours_goes_at_once(
    webhook: Webhook, receiver: Receiver
) -> None:
    receiver.answers = [500]
    webhook_test(webhook=webhook)
    run_jobs()
    far = timezone.now() + timedelta(hours=2)
    WebhookDelivery.objects.update(next_attempt_at=far)
    webhook_test(webhook=webhook)
    run_jobs()
    sweep_after(seconds=6)
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_a_job_that_was_lost_with_its_worker_is_done_again_and_the_old_one_has_no_say(
    webhook: Webhook, receiver: Receiver
) -> None:
    row = webhook_test(webhook=webhook)
    lost = job_id(str(row.pk), row.enqueue_number)
    queue().empty()
    jobs.webhook_sweep({lost})
    assert queue().get_job_ids() == []
    sweep_after(seconds=6)
    jobs.webhook_deliver(lost)
    assert len(receiver.received) == 1


def test_an_attempt_that_died_half_way_is_taken_after_its_lease(
    webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: object) -> None:
        raise SystemExit

    webhook_test(webhook=webhook)
    with monkeypatch.context() as patch:
        # The worker is killed while it sends.
        patch.setattr(delivering, "post", die)
        with pytest.raises(SystemExit):
            run_jobs()
    sweep_after(seconds=50)
    assert receiver.received == []
    sweep_after(seconds=20)
    assert len(receiver.received) == 1
    assert WebhookDelivery.objects.get().status == "delivered"


def test_a_disabled_account_sends_nothing(
    owner: User, webhook: Webhook, receiver: Receiver
) -> None:
    webhook_test(webhook=webhook)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    run_jobs()
    assert receiver.received == []
    assert WebhookDelivery.objects.get().error == "disabled"


def test_erasing_a_photo_erases_what_was_said_of_it(
    webhook: Webhook, receiver: Receiver, photo: Photo
) -> None:
    finish(photo)
    erasure.photo_erase(photo=photo)
    assert not WebhookDelivery.objects.exists()


def test_old_deliveries_are_forgotten(webhook: Webhook, receiver: Receiver) -> None:
    webhook_test(webhook=webhook)
    run_jobs()
    WebhookDelivery.objects.update(finished_at=timezone.now() - timedelta(days=31))
    jobs.webhook_sweep(set())
    assert not WebhookDelivery.objects.exists()


def test_the_log_names_ids_and_codes_alone(
    webhook: Webhook, receiver: Receiver, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(logging.getLogger("gallery"), "propagate", True)
    caplog.set_level(logging.INFO)
    receiver.answers = [500]
    webhook_test(webhook=webhook)
    run_jobs()
    assert str(webhook.pk) in caplog.text
    assert "token" not in caplog.text
    assert webhook.owner.email not in caplog.text


def test_only_the_owner_sees_changes_tests_and_deletes(
    owner: User, stranger: User, staff: User, webhook: Webhook
) -> None:
    address = f"/api/v1/webhooks/{webhook.pk}/"
    for person in (stranger, staff):
        client = api(person)
        assert client.get("/api/v1/webhooks/").json()["results"] == []
        assert [
            client.get(address).status_code,
            client.patch(address, {"enabled": False}).status_code,
            client.post(f"{address}test/").status_code,
            client.get(f"{address}deliveries/").status_code,
            client.delete(address).status_code,
        ] == [404] * 5
    assert api(None).get(address).status_code in (401, 403)
    assert program(owner, ["read"]).post(f"{address}test/").status_code == 403
    client = program(owner)
    assert client.post(f"{address}test/").json()["type"] == "webhook.test"
    assert len(client.get(f"{address}deliveries/").json()["results"]) == 1
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"url": "ftp://example.org/", "events": EVENTS}, "invalid_url"),
        ({"url": "nonsense", "events": EVENTS}, "invalid_url"),
        ({"url": "https://", "events": EVENTS}, "invalid_url"),
        ({"url": "https://user:word@example.org/", "events": EVENTS}, "invalid_url"),
        ({"url": "https://example.org/#part", "events": EVENTS}, "invalid_url"),
        ({"url": "https://example.org:99999/", "events": EVENTS}, "invalid_url"),
        ({"url": "https://exa mple.org/", "events": EVENTS}, "invalid_url"),
        ({"url": "https://ex\u00e4mple.org/", "events": EVENTS}, "invalid_url"),
        ({"url": "https://[::1/", "events": EVENTS}, "invalid_url"),
        ({"url": "http://169.254.169.254/latest/", "events": EVENTS}, "private_address"),
        ({"url": "https://example.org/", "events": []}, "invalid_events"),
        ({"url": "https://example.org/", "events": ["photo.created"]}, "invalid"),
        ({"url": "https://example.org/" + "x" * 500, "events": EVENTS}, "invalid"),
        ({"events": EVENTS}, "invalid"),
    ],
)
def test_a_bad_wish_is_refused_with_its_code(owner: User, wish: dict, code: str) -> None:
    answer = api(owner).post("/api/v1/webhooks/", wish)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Webhook.objects.exists()


def test_a_person_has_five_at_most(owner: User, stranger: User) -> None:
    wish = {"url": "https://example.org/", "events": EVENTS}
    statuses = [api(owner).post("/api/v1/webhooks/", wish).status_code for _ in range(6)]
    assert statuses == [201] * 5 + [409]
    assert api(stranger).post("/api/v1/webhooks/", wish).status_code == 201
