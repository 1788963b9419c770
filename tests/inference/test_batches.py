"""Crops in batches: equal to single runs, in order, whatever the sizes and whoever asks."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from retouch_engine.inference import (
    CheckpointError,
    GatheringPredictor,
    Prediction,
    Predictor,
    load_card,
)
from retouch_engine.inference import batches as module
from retouch_engine.inference.batches import Gatherer, batches, padded_size
from retouch_engine.inference.torch_runtime import TorchRuntime
from retouch_engine.services import shipped_checkpoint_path
from tests.support.portraits import large_astronaut

SIZES = [(96, 64), (130, 100), (96, 64), (64, 64), (100, 60)]


def crops() -> list[np.ndarray]:
    picture = large_astronaut()[100:390, 380:651]
    return [picture[:height, 7 * n : 7 * n + width] for n, (height, width) in enumerate(SIZES)]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    # What a GPU does, but for its graphs, computed on the CPU: what a GPU gives is not tested.
    card = load_card(shipped_checkpoint_path())
    return Predictor(card, TorchRuntime.load(card, "cpu", is_batched=True))


def assert_equal(first: Prediction, second: Prediction) -> None:
    for name in ("edit", "mask", "kinds"):
        one, other = getattr(first, name), getattr(second, name)
        assert one.shape == other.shape
        # The edit is in grey values.
        assert np.abs(one - other).max() <= (255e-5 if name == "edit" else 1e-5)
    assert first.concerns.keys() == second.concerns.keys()
    for name, density in first.concerns.items():
        assert np.abs(density - second.concerns[name]).max() <= 1e-5


def test_a_batch_gives_what_each_crop_gives_alone_in_their_order(predictor: Predictor) -> None:
    together = predictor.predict_many(crops())
    for crop, answer in zip(crops(), together, strict=True):
        assert isinstance(answer, Prediction)
        assert answer.mask.shape == crop.shape[:2]
        assert_equal(answer, predictor.predict(crop))


def test_without_batches_crops_run_one_by_one() -> None:
    onnx = Predictor.load(shipped_checkpoint_path(), "onnx")
    assert not onnx.is_batched
    answer = onnx.predict_many(crops()[:1])[0]
    assert isinstance(answer, Prediction)
    assert_equal(answer, onnx.predict(crops()[0]))


def test_no_crops_are_no_run(predictor: Predictor) -> None:
    assert predictor.predict_many([]) == []


def test_every_crop_is_in_one_batch_of_equal_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_BATCH", 2 * 128 * 128)
    images = [np.full((height, width, 3), n, np.uint8) for n, (height, width) in enumerate(SIZES)]
    seen: list[int] = []
    for numbers, pixels in batches(images, 128):
        assert len(numbers) == len(pixels) in (1, 2)
        assert pixels.shape[2:] == padded_size(images[numbers[0]].shape, 128)
        assert [int(picture[0, 0, 0]) for picture in pixels] == numbers
        assert (pixels == pixels[:, :1, :1, :1]).all()
        seen += numbers
    assert sorted(seen) == list(range(len(images)))


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (7, [4, 2, 1]), (8, [8])])
def test_batches_hold_powers_of_two_so_that_shapes_repeat(count: int, sizes: list[int]) -> None:
    images = [np.zeros((32, 32, 3), np.uint8)] * count
    assert [len(numbers) for numbers, _ in batches(images, 32)] == sizes


def test_threads_that_ask_at_once_share_a_run(predictor: Predictor) -> None:
    turns: list[int] = []
    gathering = GatheringPredictor(predictor, 4)
    run = predictor._runtime.run
    barrier = threading.Barrier(4)

    def counted(inputs: dict) -> tuple:
        turns.append(len(inputs["image"]))
        return run(inputs)

    def ask(crop: np.ndarray) -> Prediction:
        barrier.wait()
        return gathering.predict(crop)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as pool:
        patch.setattr(predictor._runtime, "run", counted)
        patch.setattr(module, "PATIENCE", 2.0)
        answers = list(pool.map(ask, [crops()[0]] * 4))
    gathering.close()
    assert turns == [4]
    for answer in answers:
        assert_equal(answer, predictor.predict(crops()[0]))


def test_what_a_run_raises_is_raised_to_all_who_asked() -> None:
    def broken(jobs: list[int]) -> list[int]:
        raise CheckpointError("checkpoint_broken", "no")

    gatherer: Gatherer[int, int] = Gatherer(broken, 2)
    with pytest.raises(CheckpointError, match="no"):
        gatherer.ask(1)
    with pytest.raises(CheckpointError, match="no"):
        gatherer.ask(2)
    gatherer.close()


def test_one_crop_without_finite_numbers_fails_alone(predictor: Predictor) -> None:
    run = predictor._runtime.run

    def spoiled(inputs: dict) -> tuple:
        residual, *others = run(inputs)
        residual = residual.copy()
        residual[0] = np.nan
        return (residual, *others)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(predictor._runtime, "run", spoiled)
        first, second = predictor.predict_many([crops()[0], crops()[2]])
    assert isinstance(first, CheckpointError)
    assert isinstance(second, Prediction)


def test_float16_comes_back_within_a_grey_value() -> None:
    card = load_card(shipped_checkpoint_path())
    exact = Predictor(card, TorchRuntime.load(card, "cpu", is_batched=True))
    half = Predictor(card, TorchRuntime.load(card, "cpu", "float16", is_batched=True))
    first, second = exact.predict(crops()[1]), half.predict_many(crops()[1:2])[0]
    assert isinstance(second, Prediction)
    assert second.edit.dtype == np.float32
    assert np.abs(first.edit - second.edit).max() <= 1.0
