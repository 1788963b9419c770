"""Both runtimes compute the same; which one serves is a matter of the environment."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from retouch_engine.inference import CheckpointError, Predictor, load_card
from retouch_engine.inference.runtimes import OnnxRuntime, load_runtime
from retouch_engine.inference.torch_runtime import TorchRuntime
from retouch_engine.networks.generators import build_generator, generator_options
from retouch_engine.retoucher import Recipe, Retoucher, decode
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.training import save_checkpoint
from tests.support.portraits import large_astronaut

SMALL = {"ngf": 8, "n_downsampling": 2, "n_blocks": 1}
ARCHITECTURES = {
    "ours": {"global_channels": [8, 16, 24], "local_channels": 8, "local_blocks": 1},
    "picture": {"name": "pix2pixhd_global", **SMALL},
    "features": {"name": "pix2pixhd_global", "input_channels": 6, **SMALL},
}


def untrained(folder: Path, name: str) -> Path:
    torch.manual_seed(1)
    options = generator_options(ARCHITECTURES[name])
    generator = build_generator(options)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.add_(0.02 * torch.randn_like(parameter))
    return save_checkpoint(generator, options, folder / name, {})


@pytest.fixture(params=["shipped", *ARCHITECTURES])
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "shipped":
        return shipped_checkpoint_path()
    return untrained(tmp_path, request.param)


def test_torch_and_onnx_agree(checkpoint: Path) -> None:
    picture = large_astronaut()[100:390, 380:651]
    onnx, torch_ = Predictor.load(checkpoint, "onnx"), Predictor.load(checkpoint, "torch")
    assert onnx.feature_channels == torch_.feature_channels
    features = None
    if onnx.feature_channels:
        shape = (*picture.shape[:2], onnx.feature_channels)
        features = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    first, second = onnx.predict(picture, features), torch_.predict(picture, features)
    assert np.abs(first.edit).max() > 0.5
    assert np.abs(first.edit - second.edit).max() <= 0.255
    assert np.abs(first.mask - second.mask).max() <= 1e-3
    assert np.abs(first.kinds - second.kinds).max() <= 1e-3


def test_float16_stays_within_one_grey_value_of_fp32(monkeypatch: pytest.MonkeyPatch) -> None:
    # A GPU's precision, computed on the CPU: what a GPU itself gives is not tested.
    monkeypatch.setenv("RETOUCH_PRECISION", "float16")
    monkeypatch.setenv("RETOUCH_DEVICE", "cpu")
    picture = large_astronaut()[100:390, 380:651]
    exact, rounded = (Predictor.load(shipped_checkpoint_path(), name) for name in ("onnx", "torch"))
    first, second = exact.predict(picture), rounded.predict(picture)
    assert np.abs(first.edit).max() > 0.5
    assert 0.01 < np.abs(first.edit - second.edit).max() <= 1.0


def test_a_batch_gives_what_its_pictures_give_alone() -> None:
    runtime = TorchRuntime.load(load_card(shipped_checkpoint_path()), "cpu")
    image = np.random.default_rng(0).uniform(size=(3, 3, 96, 64)).astype(np.float32)
    together = runtime.run({"image": image})
    for index in range(len(image)):
        alone = runtime.run({"image": image[index : index + 1]})
        for many, one in zip(together, alone, strict=True):
            assert np.abs(many[index] - one[0]).max() <= 1e-4


def test_a_whole_retouch_agrees_within_one_grey_value(portrait_jpeg: bytes) -> None:
    photo = decode(portrait_jpeg)
    results = []
    for runtime in ("onnx", "torch"):
        retoucher = Retoucher(Predictor.load(shipped_checkpoint_path(), runtime))
        results.append(retoucher.render(photo, retoucher.analyse(photo), Recipe()).srgb)
    assert np.abs(results[0].astype(int) - results[1]).max() <= 1
    assert (results[0] != photo.pixels).any()


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    card = load_card(shipped_checkpoint_path())
    assert isinstance(load_runtime(card), OnnxRuntime)
    monkeypatch.setenv("RETOUCH_RUNTIME", "torch")
    assert isinstance(load_runtime(card), TorchRuntime)


@pytest.mark.parametrize(
    ("variable", "value", "code"),
    [
        ("RETOUCH_RUNTIME", "tensorflow", "runtime_unknown"),
        ("RETOUCH_DEVICE", "tpu", "runtime_unknown"),
        ("RETOUCH_COMPILE", "perhaps", "runtime_unknown"),
    ],
)
def test_an_unknown_choice_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, code: str
) -> None:
    monkeypatch.setenv("RETOUCH_RUNTIME", "torch")
    monkeypatch.setenv(variable, value)
    with pytest.raises(CheckpointError, match=f"{variable} must be one of") as refusal:
        Predictor.load(shipped_checkpoint_path())
    assert refusal.value.code == "runtime_unknown"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(CheckpointError, match="no GPU"):
        TorchRuntime.load(load_card(shipped_checkpoint_path()), "cuda")


def test_without_torch_the_package_is_named() -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from retouch_engine.inference import CheckpointError, Predictor\n"
        "try: Predictor.load(Path(sys.argv[1]), 'torch')\n"
        "except CheckpointError as error: print(error.code, error)\n"
    )
    command = [sys.executable, "-c", program, str(shipped_checkpoint_path())]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("runtime_missing RETOUCH_RUNTIME=torch needs torch")


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    path = untrained(tmp_path, "ours")
    weights = path.with_suffix(".safetensors")
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(CheckpointError, match="does not match") as refusal:
        Predictor.load(path, "torch")
    assert refusal.value.code == "checkpoint_broken"


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_a_network_without_finite_numbers_is_broken(tmp_path: Path, runtime: str) -> None:
    options = generator_options(ARCHITECTURES["ours"])
    generator = build_generator(options)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.fill_(float("nan"))
    path = save_checkpoint(generator, options, tmp_path / "broken", {})
    with pytest.raises(CheckpointError, match="no finite numbers") as refusal:
        Predictor.load(path, runtime).predict(np.zeros((64, 64, 3), np.uint8))
    assert refusal.value.code == "checkpoint_broken"
