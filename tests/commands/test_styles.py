"""cluster_styles and retouch --style, from training to a picture."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from retouch_engine.inference import Predictor
from retouch_engine.models import Checkpoint
from retouch_engine.networks.generators import build_generator
from retouch_engine.retoucher import decode
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.training import TrainingConfig, save_checkpoint
from retouch_engine.training.styles import write_styles
from tests.support.portraits import encoded, large_astronaut

pytestmark = pytest.mark.django_db

GENERATOR = {
    "name": "pix2pix_unet", "ngf": 4, "num_downs": 5, "norm": "none", "edit_kinds": 4,
    "input_channels": 6,
}  # fmt: skip
CONFIG = {
    "generator": GENERATOR,
    "encoder": {"ngf": 2, "n_downsampling": 2},
    "samples": 4,
    "batch": 2,
    "crop": 64,
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def styled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkpoint that edits every bit of skin a little, the nose by its style."""
    torch.manual_seed(0)
    options = TrainingConfig.from_dict(CONFIG).generator
    generator = build_generator(options)
    with torch.no_grad():
        layer = generator.generator.output_layer  # type: ignore[union-attr]
        layer.weight[:, 3:].mul_(0)
        # Every pixel is a blemish to remove.
        layer.bias[3], layer.bias[5] = 6.0, 6.0  # type: ignore[index]
        layer.weight[:, :3].mul_(20)
    path = save_checkpoint(generator, options, tmp_path_factory.mktemp("styled") / "tiny", {})
    clusters = np.array([[0.9, -0.9, 0.9], [-0.9, 0.9, -0.9]], np.float32)
    write_styles(path, {"nose": clusters, "chin": clusters[:1]})
    return path


@pytest.fixture(scope="module")
def portrait(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("portrait") / "one.png"
    path.write_bytes(encoded(large_astronaut(), "PNG"))
    return path


def retouched(portrait: Path, checkpoint: Path, output: Path, *options: str) -> np.ndarray:
    call_command(
        "retouch", str(portrait), str(output), "--checkpoint", str(checkpoint), *options,
        "--overwrite",
    )  # fmt: skip
    return decode(output.read_bytes()).pixels.astype(int)


def test_two_styles_are_two_pictures_and_differ_from_none(
    styled: Path, portrait: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.png"
    pictures = [
        retouched(portrait, styled, output, *options)
        for options in ([], ["--style", "nose=0"], ["--style", "nose=1"])
    ]
    assert np.abs(pictures[0] - large_astronaut()).max() > 0
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(pictures[first] - pictures[second]).max() > 1


def test_a_random_style_is_printed_and_the_seed_repeats_it(
    styled: Path, portrait: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, report = tmp_path / "out.png", tmp_path / "report.json"
    words = ["--style", "nose=random", "--style", "chin=0", "--report", str(report)]
    first = retouched(portrait, styled, output, *words)
    line = next(x for x in capsys.readouterr().err.splitlines() if x.startswith("style: "))
    seed = line.split("(seed ")[1].rstrip(")")
    number = json.loads(report.read_text())["style"]["nose"]
    assert line.startswith(f"style: nose={number} chin=0 ")
    second = retouched(portrait, styled, output, *words, "--seed", seed)
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nose=2"], "nose has the styles 0 to 1"),
        (["ear=0"], "no styles for 'ear'; this checkpoint has: "),
        (["lips=0"], "no styles for 'lips'"),
        (["nose"], "'nose' is not REGION=K"),
        (["nose=-1"], "'nose=-1' is not REGION=K"),
        (["nose=best"], "not REGION=K"),
        (["nose=0", "nose=1"], "given twice"),
        (["nose=random", "--seed", "-3"], "--seed must be at least 0"),
    ],
)
def test_a_style_that_is_not_there_is_refused_in_one_line(
    styled: Path, portrait: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as error:
        retouched(portrait, styled, tmp_path / "out.png", "--style", *words)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out.png").exists()


def test_a_checkpoint_without_styles_says_how_to_get_them(portrait: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has no styles: run cluster_styles"):
        retouched(portrait, shipped_checkpoint_path(), tmp_path / "o.png", "--style", "nose=0")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a data set of two differently toned portraits to train on and one to validate."""
    image = large_astronaut()
    for folder, shift in (("train", 0), ("train", 40), ("val", 10)):
        (tmp_path / "faces" / folder).mkdir(parents=True, exist_ok=True)
        toned = np.clip(image.astype(int) - [0, shift, shift], 0, 255).astype(np.uint8)
        path = tmp_path / "faces" / folder / f"{shift}.png"
        path.write_bytes(encoded(toned, "PNG"))
    return tmp_path / "faces"


def test_styles_are_trained_clustered_and_applied(
    source: Path, portrait: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "features.json"
    config.write_text(json.dumps(CONFIG))
    call_command("import_dataset", "portraits", str(source), "--name", "faces")
    call_command(
        "train", "--dataset", "faces", "--config", str(config), "--run", "styled", "--workers", "0"
    )
    before = Checkpoint.objects.get(name="styled")
    capsys.readouterr()
    cluster = ["cluster_styles", "--checkpoint", "styled", "--dataset", "faces"]
    call_command(*cluster, "--clusters", "5")
    assert "nose: 2 styles, 0 to 1" in capsys.readouterr().out
    after = Checkpoint.objects.get(name="styled")
    predictor = Predictor.load(Path(after.path))
    assert predictor.card.styles["nose"] == 2
    assert before.sha256 != after.sha256 == predictor.sha256
    call_command(*cluster, "--clusters", "1")
    assert Predictor.load(Path(after.path)).card.styles["nose"] == 1
    retouched(portrait, Path(after.path), tmp_path / "out.png", "--style", "nose=0")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--checkpoint", "shipped", "--dataset", "faces"], "trained without encoder"),
        (["--checkpoint", "nothing", "--dataset", "faces"], "no checkpoint 'nothing'"),
        (["--checkpoint", "shipped", "--dataset", "faces", "--clusters", "0"], "at least 1"),
    ],
)
def test_what_cannot_be_clustered_is_refused(options: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as error:
        call_command("cluster_styles", *options)
    assert "\n" not in str(error.value)


def test_clustering_an_unknown_data_set_is_refused(tmp_path: Path) -> None:
    from retouch_engine.networks import FeatureEncoder

    config = TrainingConfig.from_dict(CONFIG)
    path = save_checkpoint(
        build_generator(config.generator), config.generator, tmp_path / "x", {},
        FeatureEncoder(config.encoder),
    )  # fmt: skip
    with pytest.raises(CommandError, match="no data set 'nobody'"):
        call_command("cluster_styles", "--checkpoint", str(path), "--dataset", "nobody")
