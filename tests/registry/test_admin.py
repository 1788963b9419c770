"""Staff read data sets, runs, checkpoints and promotions; others are sent to sign in."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from retouch_engine.curves import curves_svg, run_curves
from retouch_engine.models import Checkpoint, Dataset, DatasetPhoto, Promotion, TrainingRun
from retouch_engine.registry import checkpoint_register
from tests.support.checkpoints import shipped_copy

pytestmark = pytest.mark.django_db

PAGES = ("dataset", "trainingrun", "checkpoint", "promotion")
LOG = [
    {"samples": 100, "seconds": 1.0, "training": {"composite": 0.5, "residual": float("nan")}},
    {"samples": 200, "seconds": 2.0, "training": {"composite": 0.4}},
    {"samples": 200, "seconds": 2.0, "validation": {"psnr": 41.0}},
    # The run was killed, and went on from 100 samples.
    {"samples": 200, "seconds": 1.1, "training": {"composite": 0.3}},
]


def rows(tmp_path: Path, count: int) -> None:
    """Write `count` rows of every kind."""
    for index in range(count):
        dataset = Dataset.objects.create(name=f"faces-{index}", kind="pairs", source="/data")
        for split in ("train", "train", "validation"):
            number = DatasetPhoto.objects.count()
            DatasetPhoto.objects.create(
                dataset=dataset, path=f"{number}.png", sha256="0" * 64, split=split, licence="CC0"
            )
        folder = tmp_path / f"run-{index}"
        folder.mkdir()
        lines = "\n".join(json.dumps(line) for line in LOG)
        (folder / "log.jsonl").write_text(f'{lines}\n{{"samples": 3')
        TrainingRun.objects.create(
            name=f"run-{index}", folder=str(folder), started_at=timezone.now(), datasets=["faces"],
            config={"name": "default"},
        )  # fmt: skip
        checkpoint = checkpoint_register(shipped_copy(tmp_path, f"checkpoint-{index}"))
        Promotion.objects.create(
            checkpoint=checkpoint,
            sha256=checkpoint.sha256,
            replaced=Checkpoint.objects.exclude(pk=checkpoint.pk).first(),
            dataset=dataset.name,
            split="validation",
            verdicts=[
                {"gate": "droplet-free", "passed": False, "text": "<b>seam</b>", "figures": {}}
            ],
            forced_reason="a demo",
        )


@pytest.fixture
def page(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def test_only_staff_may_look(client: Client, owner: User, tmp_path: Path) -> None:
    for user in (None, owner):
        if user is not None:
            client.force_login(user)
        for name in PAGES:
            assert client.get(f"/admin/retouch_engine/{name}/").status_code == 302


def test_lists_ask_as_many_questions_for_many_rows_as_for_one(page: Client, tmp_path: Path) -> None:
    def counted() -> dict[str, int]:
        counts = {}
        for name in PAGES:
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert page.get(f"/admin/retouch_engine/{name}/").status_code == 200
            counts[name] = len(queries)
        return counts

    (tmp_path / "one").mkdir()
    rows(tmp_path / "one", 1)
    few = counted()
    Dataset.objects.all().delete()
    Promotion.objects.all().delete()
    TrainingRun.objects.all().delete()
    Checkpoint.objects.all().delete()
    (tmp_path / "many").mkdir()
    rows(tmp_path / "many", 4)
    assert counted() == few


def shown(page: Client, name: str) -> str:
    model = {"dataset": Dataset, "trainingrun": TrainingRun, "checkpoint": Checkpoint,
             "promotion": Promotion}[name]  # fmt: skip
    answer = page.get(f"/admin/retouch_engine/{name}/{model.objects.first().pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_row_can_be_read_and_none_changed(page: Client, tmp_path: Path) -> None:
    rows(tmp_path, 1)
    listed = page.get("/admin/retouch_engine/dataset/").content.decode()
    assert '<td class="field-train">2</td><td class="field-validation">1</td>' in listed
    assert '<td class="field-licence">CC0</td>' in listed
    assert "<td>CC0</td><td>3</td>" in shown(page, "dataset")
    assert "training: composite: 0.3" in shown(page, "trainingrun")
    card = shown(page, "checkpoint")
    assert "<td>cjdowner/interfaces</td>" in card
    assert "<td>validation_painter all psnr</td><td>52.3800</td>" in card
    history = shown(page, "promotion")
    assert "&lt;b&gt;seam&lt;/b&gt;" in history
    assert "a demo" in history
    for name in PAGES:
        assert page.get(f"/admin/retouch_engine/{name}/add/").status_code == 403
        assert 'name="_save"' not in shown(page, name)
        assert page.post(f"/admin/retouch_engine/{name}/1/delete/").status_code in (302, 403)
    assert Checkpoint.objects.count() == Promotion.objects.count() == 1


def test_a_checkpoint_whose_files_are_gone_is_still_shown(page: Client, tmp_path: Path) -> None:
    rows(tmp_path, 1)
    Path(Checkpoint.objects.get().path).unlink()
    assert "no checkpoint at" in shown(page, "checkpoint")


def test_curves_are_those_of_the_log_with_the_later_line_of_a_killed_run(tmp_path: Path) -> None:
    rows(tmp_path, 1)
    curves = {curve.name: curve.points for curve in run_curves(tmp_path / "run-0")}
    assert list(curves) == ["validation: psnr", "training: composite"]
    assert curves["training: composite"] == ((100, 0.5), (200, 0.3))
    drawn = curves_svg(run_curves(tmp_path / "run-0"))
    assert drawn.count("<svg") == drawn.count("<polyline") == 2
    # No style attribute: the content policy would drop it.
    assert "style=" not in drawn
    assert run_curves(tmp_path / "nowhere") == []


def test_a_long_log_is_drawn_with_its_last_value(tmp_path: Path) -> None:
    lines = [{"samples": n, "training": {"loss": 1 / n}} for n in range(1, 2001)]
    (tmp_path / "log.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    drawn = curves_svg(run_curves(tmp_path))
    assert "training: loss: 0.0005" in drawn
    assert len(drawn) < 12_000


def test_a_promotion_says_how_it_is_undone(page: Client, tmp_path: Path) -> None:
    rows(tmp_path, 2)
    newest = Promotion.objects.first()
    assert newest is not None
    address = "/admin/retouch_engine/promotion/"
    text = page.get(f"{address}{newest.pk}/change/").content.decode()
    assert "manage.py rollback_checkpoint</code>: checkpoint-0 serves again" in text
    older = page.get(f"{address}{newest.pk - 1}/change/").content.decode()
    assert "Newer ones stand on it" in older
    Promotion.objects.update(rolled_back_at=timezone.now(), role="tone")
    assert "It was undone." in page.get(f"{address}{newest.pk}/change/").content.decode()


def test_a_checkpoint_says_which_command_lets_it_serve_or_takes_it_back(
    page: Client, tmp_path: Path
) -> None:
    rows(tmp_path, 1)
    assert "promote_checkpoint checkpoint-0 --dataset NAME" in shown(page, "checkpoint")
    Checkpoint.objects.update(state="promoted", role="tone")
    assert "rollback_checkpoint --role tone" in shown(page, "checkpoint")


def test_a_process_tells_what_it_has_loaded() -> None:
    from retouch_engine.services import loaded, promoted_retoucher

    before = loaded()["loads"]
    promoted_retoucher()
    promoted_retoucher()
    found = loaded()
    assert found["loads"] - before <= 1
    assert found["checkpoints"]
