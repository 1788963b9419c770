"""Many photos at once: the same results in the same order, and a bad one fails alone."""

import threading
from pathlib import Path

import numpy as np
import pytest

from retouch_engine.file_batches import in_batches
from retouch_engine.inference import Predictor, load_card
from retouch_engine.inference.torch_runtime import TorchRuntime
from retouch_engine.management.commands.retouch import retouch_file
from retouch_engine.retoucher import Recipe, Retoucher, decode
from retouch_engine.services import shipped_checkpoint_path
from tests.support.portraits import encoded, painted_astronaut

PNG = Recipe.from_dict({"format": "png"})


@pytest.fixture(scope="module")
def batched() -> Retoucher:
    card = load_card(shipped_checkpoint_path())
    return Retoucher(Predictor(card, TorchRuntime.load(card, "cpu", is_batched=True)))


def files(folder: Path) -> list[tuple[Path, Path]]:
    """Write two faces and, between them, a file that is no photo."""
    head = painted_astronaut()[0][40:520, 250:670]
    contents = [encoded(head, "PNG"), b"no picture", encoded(head[:, ::-1], "PNG")]
    pairs = []
    for number, data in enumerate(contents):
        path = folder / f"{number}.png"
        path.write_bytes(data)
        pairs.append((path, folder / "out" / path.name))
    return pairs


def work(retoucher: Retoucher, pair: tuple[Path, Path]) -> dict:
    return retouch_file(retoucher, PNG, *pair, overwrite=True)


def test_threads_give_the_same_files_in_the_same_order(batched: Retoucher, tmp_path: Path) -> None:
    pairs = files(tmp_path)
    reports = list(in_batches(batched, pairs, work, threads=3))
    results = [decode(pairs[n][1].read_bytes()).pixels for n in (0, 2)]
    assert [report["input"] for report in reports] == [str(path) for path, _ in pairs]
    assert reports[1]["error"]["code"] == "not_an_image"
    assert all(reports[n]["spots_removed"] > 0 for n in (0, 2))
    for number, result in zip((0, 2), results, strict=True):
        alone = work(batched, pairs[number])
        assert alone["spots_removed"] == reports[number]["spots_removed"]
        pixels = decode(pairs[number][1].read_bytes()).pixels
        assert np.abs(pixels.astype(int) - result).max() <= 1


def test_on_a_cpu_one_photo_is_done_after_the_other(retoucher: Retoucher) -> None:
    names = list(in_batches(retoucher, [1, 2], lambda own, job: threading.current_thread().name))
    assert names == [threading.current_thread().name] * 2


def test_what_work_raises_ends_the_whole_and_no_thread_stays(batched: Retoucher) -> None:
    def broken(own: Retoucher, job: int) -> None:
        raise KeyError(job)

    before = threading.active_count()
    with pytest.raises(KeyError):
        list(in_batches(batched, [1, 2, 3], broken, threads=2))
    assert threading.active_count() == before
