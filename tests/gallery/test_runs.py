"""Running a retouch with the shipped checkpoint: claims, results, fences and recovery."""

import hashlib
import io
import json
import shutil
import time
from datetime import timedelta
from pathlib import Path

import onnx
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from safetensors.numpy import load_file, save_file

from accounts.models import User
from gallery import marks, runs, selectors, services
from gallery.models import Analysis, Photo, Rendition, Retouch
from job_queue.queue import JobTimeoutError, job_id
from retouch_engine import services as engine_services
from tests.support.people import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def retouch(owner: User, photo: Photo) -> Retouch:
    return services.retouch_create(owner=owner, photo=photo)[0]


def run(retouch: Retouch) -> Retouch:
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))
    retouch.refresh_from_db()
    return retouch


def test_a_retouch_succeeds_and_its_result_can_be_downloaded(owner: User, retouch: Retouch) -> None:
    assert run(retouch).status == "succeeded"
    answer = api(owner).get(f"/api/v1/retouches/{retouch.pk}/result/")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")
    assert answer.headers["ETag"]
    assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"
    row = api(owner).get(f"/api/v1/retouches/{retouch.pk}/").json()
    assert row["report"]["spots_removed"] > 0
    assert row["progress"] == 1.0
    assert api(owner).get(f"/photos/{retouch.photo_id}/thumbnail/").status_code == 200
    assert api(owner).get(f"/photos/{retouch.photo_id}/").status_code == 200


def test_the_same_job_runs_once(retouch: Retouch) -> None:
    run(retouch)
    finished = retouch.finished_at
    assert run(retouch).finished_at == finished
    assert retouch.attempt == 1


def test_a_job_with_an_old_number_has_no_say(retouch: Retouch) -> None:
    services.retouch_change(retouch=retouch, recipe={"blemishes": 0.5})
    runs.retouch_run(job_id(str(retouch.pk), 1))
    retouch.refresh_from_db()
    assert retouch.status == "queued"


def test_another_recipe_reuses_the_analysis(owner: User, retouch: Retouch) -> None:
    run(retouch)
    changed = services.retouch_change(retouch=retouch, recipe={"blemishes": 0.5})
    assert run(changed).status == "succeeded"
    assert Analysis.objects.count() == 1
    assert Rendition.objects.count() == 2
    path = f"/api/v1/retouches/{retouch.pk}/result/"
    assert api(owner).get(f"{path}?version=1").status_code == 200
    assert api(owner).get(f"{path}?version=2").status_code == 200
    assert api(owner).get(f"{path}?version=3").status_code == 404


def test_a_person_flips_a_mark_and_the_next_version_shows_it(owner: User, retouch: Retouch) -> None:
    run(retouch)
    listed = marks.marks_list(retouch)
    removed = next(mark for mark in listed if mark["decision"] == "remove")
    path = f"/api/v1/retouches/{retouch.pk}/marks/"
    decision = [{"id": removed["id"], "decision": "keep"}]
    conflict = api(owner).patch(path, decision, headers={"If-Match": '"7"'})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "version_conflict")
    unknown = api(owner).patch(path, [{"id": 9999, "decision": "keep"}])
    assert (unknown.status_code, unknown.json()["code"]) == (400, "invalid_mark")
    answer = api(owner).patch(path, decision, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["version"]) == (202, 2)
    retouch.refresh_from_db()
    run(retouch)
    kept = next(mark for mark in marks.marks_list(retouch) if mark["id"] == removed["id"])
    assert (kept["decision"], kept["decided_by"]) == ("keep", "person")
    versions = selectors.retouch_for(owner, retouch.pk).versions.all()
    before, after = (v.report["spots_removed"] for v in sorted(versions, key=lambda v: v.number))
    assert after == before - 1


def test_again_with_other_weights_carries_decisions_over_by_place(
    owner: User, retouch: Retouch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(retouch)
    removed = next(mark for mark in marks.marks_list(retouch) if mark["decision"] == "remove")
    decided = marks.marks_decide(
        retouch=retouch, decisions=[{"id": removed["id"], "decision": "keep"}]
    )
    run(decided)
    other = other_checkpoint(tmp_path)
    tone = engine_services.promoted_checkpoint("tone")
    for module in (marks, runs.services):
        monkeypatch.setattr(
            module,
            "promoted_checkpoint",
            lambda role="skin": {"skin": other, "tone": tone}[role],
        )
    again = marks.retouch_again(retouch=retouch)
    assert (again.version, again.checkpoint_sha256) == (3, other.sha256)
    assert run(again).status == "succeeded"
    assert Analysis.objects.count() == 2
    by_person = [m for m in marks.marks_list(again) if m["decided_by"] == "person"]
    assert [m["decision"] for m in by_person] == ["keep"]
    assert abs(by_person[0]["x"] - removed["x"]) < removed["radius"] + 1
    assert api(owner).get(f"/api/v1/retouches/{retouch.pk}/result/?version=1").status_code == 200


def test_again_judges_the_light_with_newly_promoted_tone_weights(retouch: Retouch) -> None:
    run(retouch)
    Analysis.objects.update(tone_checkpoint_sha256="old")
    again = marks.retouch_again(retouch=retouch)
    assert again.analysis is None
    assert run(again).status == "succeeded"
    assert Analysis.objects.count() == 2


def other_checkpoint(folder: Path) -> engine_services.CheckpointReference:
    """Return the shipped weights under another name and hash, as a promotion would give them."""
    shipped = engine_services.shipped_checkpoint_path()
    for suffix in (".onnx", ".safetensors"):
        shutil.copy(shipped.with_suffix(suffix), folder / f"other{suffix}")
    card = json.loads(shipped.with_suffix(".json").read_text())
    graph = folder / "other.onnx"
    model = onnx.load(graph)
    model.doc_string = "the same network under another hash"
    onnx.save(model, graph)
    card["name"] = "other"
    card["sha256"]["onnx"] = hashlib.sha256(graph.read_bytes()).hexdigest()
    weights = folder / "other.safetensors"
    save_file(load_file(weights), weights, metadata={"name": "other"})
    card["sha256"]["safetensors"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    (folder / "other.json").write_text(json.dumps(card))
    return engine_services.CheckpointReference(
        "other", card["sha256"]["safetensors"], folder / "other.json"
    )


def test_a_result_that_a_program_has_already_is_not_sent_again(
    owner: User, retouch: Retouch
) -> None:
    run(retouch)
    path = f"/api/v1/retouches/{retouch.pk}/result/"
    etag = api(owner).get(path).headers["ETag"]
    assert api(owner).get(path, headers={"If-None-Match": etag}).status_code == 304
    assert api(owner).get(f"{path}?version=²").status_code == 404


def test_a_truncated_photo_fails_with_a_code(owner: User, portrait_jpeg: bytes) -> None:
    half = portrait_jpeg[: len(portrait_jpeg) // 2]
    photo, _ = services.photo_create(owner=owner, file=io.BytesIO(half), name="half.jpg")
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    assert run(retouch).status == "failed"
    assert retouch.error_code == "truncated"


def test_a_lost_file_fails_with_a_code(retouch: Retouch) -> None:
    default_storage.delete(retouch.photo.file)
    assert run(retouch).error_code == "file_missing"


def test_an_unexpected_error_shows_no_traceback(
    retouch: Retouch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(data: bytes, limits: object) -> None:
        raise ZeroDivisionError("inner workings")

    monkeypatch.setattr("gallery.runs.retoucher.decode", explode)
    run(retouch)
    assert retouch.error_code == "internal_error"
    assert "inner workings" not in retouch.error_detail


def test_a_photo_that_takes_too_long_fails_with_a_code(
    retouch: Retouch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_too_long(data: bytes, limits: object) -> None:
        raise JobTimeoutError

    monkeypatch.setattr("gallery.runs.retoucher.decode", take_too_long)
    assert run(retouch).error_code == "timed_out"
    assert "300 s" in retouch.error_detail


def test_a_retouch_cancelled_while_it_runs_stays_cancelled(
    retouch: Retouch, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = runs.photo_make_previews

    def cancel_first(photo: Photo, decoded: object) -> None:
        original(photo, decoded)
        services.retouch_cancel(retouch=retouch)

    monkeypatch.setattr(runs, "photo_make_previews", cancel_first)
    assert run(retouch).status == "cancelled"
    assert not Rendition.objects.exists()


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows count as lost at the first sweep, except where a test says otherwise."""
    monkeypatch.setattr(runs, "SWEEP_PATIENCE_SECONDS", 0.0)
    runs._missing_since.clear()


def test_a_row_is_given_back_only_when_it_stays_unknown(
    retouch: Retouch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "SWEEP_PATIENCE_SECONDS", 0.3)
    lost(retouch)
    runs.retouch_sweep(set())
    runs.retouch_sweep({job_id(str(retouch.pk), 1)})
    time.sleep(0.35)
    runs.retouch_sweep(set())
    retouch.refresh_from_db()
    assert retouch.enqueue_number == 1
    time.sleep(0.35)
    runs.retouch_sweep(set())
    retouch.refresh_from_db()
    assert retouch.enqueue_number == 2


def test_a_row_given_back_starts_from_nothing(retouch: Retouch) -> None:
    lost(retouch, status="running", attempt=1, progress=0.7)
    runs.retouch_sweep(set())
    retouch.refresh_from_db()
    assert (retouch.progress, retouch.started_at) == (0.0, None)


@pytest.mark.parametrize("damage", ["delete", "overwrite"])
def test_a_damaged_analysis_is_made_again(owner: User, retouch: Retouch, damage: str) -> None:
    run(retouch)
    row = Analysis.objects.get()
    name = f"{row.folder}/analysis.json"
    default_storage.delete(name)
    if damage == "overwrite":
        default_storage.save(name, ContentFile(b"{"))
    marks_path = f"/api/v1/retouches/{retouch.pk}/marks/"
    refused = api(owner).get(marks_path)
    assert (refused.status_code, refused.json()["code"]) == (409, "analysis_damaged")
    assert run(services.retouch_change(retouch=retouch, recipe={"blemishes": 0.5})).status == (
        "succeeded"
    )
    assert Analysis.objects.get().folder != row.folder
    assert api(owner).get(marks_path).json()
    versions = api(owner).get(f"/api/v1/retouches/{retouch.pk}/result/?version=1")
    assert versions.status_code == 200


@pytest.fixture
def upgraded_engine(retouch: Retouch, monkeypatch: pytest.MonkeyPatch) -> Retouch:
    """A finished retouch whose spots a person decided on, under an engine that was upgraded."""
    run(retouch)
    first = marks.marks_list(retouch)[0]
    flipped = "keep" if first["decision"] == "remove" else "remove"
    decided = marks.marks_decide(
        retouch=retouch, decisions=[{"id": first["id"], "decision": flipped}]
    )
    assert run(decided).status == "succeeded"
    for module in ("gallery.analyses", "gallery.marks", "retouch_engine.retoucher"):
        monkeypatch.setattr(f"{module}.ENGINE_VERSION", "next")
    decided.refresh_from_db()
    return decided


def test_an_upgraded_engine_keeps_marks_and_analysis(upgraded_engine: Retouch) -> None:
    assert [m for m in marks.marks_list(upgraded_engine) if m["decided_by"] == "person"]
    changed = services.retouch_change(retouch=upgraded_engine, recipe={"blemishes": 0.5})
    assert run(changed).status == "succeeded"
    assert Analysis.objects.count() == 1


def test_again_under_an_upgraded_engine_analyses_anew_and_carries_decisions(
    upgraded_engine: Retouch,
) -> None:
    assert run(marks.retouch_again(retouch=upgraded_engine)).status == "succeeded"
    assert Analysis.objects.count() == 2
    upgraded_engine.refresh_from_db()
    assert upgraded_engine.analysis is not None
    assert upgraded_engine.analysis.engine_version == "next"
    assert [m for m in marks.marks_list(upgraded_engine) if m["decided_by"] == "person"]


def test_a_lost_file_comes_back_with_the_same_bytes(
    owner: User, retouch: Retouch, portrait_jpeg: bytes
) -> None:
    default_storage.delete(retouch.photo.file)
    assert run(retouch).error_code == "file_missing"
    services.photo_create(owner=owner, file=io.BytesIO(portrait_jpeg), name="again.jpg")
    assert run(services.retouch_retry(retouch=retouch)).status == "succeeded"


def test_the_marks_etag_changes_with_the_list(owner: User, retouch: Retouch) -> None:
    path = f"/api/v1/retouches/{retouch.pk}/marks/"
    before = api(owner).get(path).headers["ETag"]
    run(retouch)
    after = api(owner).get(path, headers={"If-None-Match": before})
    assert (after.status_code, bool(after.json())) == (200, True)
    mark = after.json()[0]["id"]
    decision = [{"id": mark, "decision": "keep"}]
    accepted = api(owner).patch(path, decision, headers={"If-Match": after.headers["ETag"]})
    assert accepted.status_code == 202
    nothing = api(owner).patch(path, [])
    assert (nothing.status_code, nothing.json()["code"]) == (400, "no_decisions")


def test_results_are_sent_whatever_a_client_accepts(owner: User, retouch: Retouch) -> None:
    run(retouch)
    for accept in ("image/jpeg", "text/html", "application/problem+json"):
        path = f"/api/v1/retouches/{retouch.pk}/result/"
        assert api(owner).get(path, headers={"Accept": accept}).status_code == 200


def lost(retouch: Retouch, **values: object) -> None:
    past = timezone.now() - timedelta(minutes=1)
    Retouch.objects.filter(pk=retouch.pk).update(queued_at=past, started_at=past, **values)


def test_a_queued_row_that_redis_lost_is_enqueued_again(retouch: Retouch) -> None:
    lost(retouch)
    runs.retouch_sweep(set())
    retouch.refresh_from_db()
    assert (retouch.status, retouch.enqueue_number) == ("queued", 2)
    assert run(retouch).status == "succeeded"


def test_a_row_whose_worker_died_runs_again_and_fails_after_three(retouch: Retouch) -> None:
    for attempt in (1, 2):
        lost(retouch, status="running", attempt=attempt)
        runs.retouch_sweep(set())
        retouch.refresh_from_db()
        assert retouch.status == "queued"
    lost(retouch, status="running", attempt=3)
    runs.retouch_sweep(set())
    retouch.refresh_from_db()
    assert (retouch.status, retouch.error_code) == ("failed", "worker_lost")


def test_rows_that_live_workers_know_are_left_alone(retouch: Retouch) -> None:
    lost(retouch)
    runs.retouch_sweep({job_id(str(retouch.pk), 1)})
    retouch.refresh_from_db()
    assert retouch.enqueue_number == 1


def test_a_result_whose_file_is_lost_is_made_again(owner: User, retouch: Retouch) -> None:
    run(retouch)
    rendition = Rendition.objects.get()
    default_storage.delete(rendition.file)
    client, path = api(owner), f"/api/v1/retouches/{retouch.pk}/"
    assert client.get(f"{path}result/").status_code == 404
    assert client.post(f"{path}again/").status_code == 202
    retouch.refresh_from_db()
    assert run(retouch).status == "succeeded"
    answer = client.get(f"{path}result/")
    assert answer.status_code == 200
    again = Rendition.objects.get()
    assert again.pk == rendition.pk
    assert hashlib.sha256(b"".join(answer.streaming_content)).hexdigest() == again.sha256
    stored = default_storage.listdir(f"renditions/{again.pk}")[1]
    kept = filter(None, (again.file, again.preview, again.tone))
    assert sorted(stored) == sorted(Path(name).name for name in kept)
