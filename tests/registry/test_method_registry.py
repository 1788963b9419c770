"""A method's name means a baseline, a config's newest checkpoint, or any checkpoint."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from retouch_engine.faces import FaceFinder
from retouch_engine.method_registry import MethodError, method_contender
from retouch_engine.models import Checkpoint
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.training.checkpoints import file_sha256

pytestmark = pytest.mark.django_db


def registered(folder: Path, name: str, config: str = "") -> Path:
    """Register a copy of the shipped checkpoint under another name; returns its card."""
    shipped = shipped_checkpoint_path()
    for suffix in (".onnx", ".safetensors"):
        shutil.copyfile(shipped.with_suffix(suffix), (folder / name).with_suffix(suffix))
    card = folder / f"{name}.json"
    card.write_text(json.dumps({**json.loads(shipped.read_text()), "name": name}))
    Checkpoint.objects.create(name=name, path=str(card), config_name=config)
    return card


def test_a_networks_name_is_the_newest_checkpoint_of_that_config(tmp_path: Path) -> None:
    for name, config in (("older", "pix2pix"), ("newer", "pix2pix"), ("other", "cyclegan")):
        registered(tmp_path, name, config)
    contender = method_contender("pix2pix", FaceFinder())
    assert contender.name == "pix2pix"
    assert contender.description.startswith("checkpoint newer")


def test_a_networks_name_may_be_that_of_a_checkpoint(tmp_path: Path) -> None:
    registered(tmp_path, "two_way_gan")
    contender = method_contender("two_way_gan", FaceFinder())
    assert contender.description.startswith("checkpoint two_way_gan")


def test_an_untrained_network_says_how_to_train_it() -> None:
    with pytest.raises(MethodError, match="train --config cogan --run cogan --dataset NAME"):
        method_contender("cogan", FaceFinder())


def test_only_the_generators_weights_count_as_parameters(tmp_path: Path) -> None:
    shipped = method_contender("shipped", FaceFinder()).parameters
    weights = registered(tmp_path, "styled").with_suffix(".safetensors")
    further = ("encoder.first.weight", "styles.nose", "spots.more", "first.running_mean")
    tensors = {name: np.zeros((7, 7), np.float16) for name in further}
    save_file(
        {**load_file(shipped_checkpoint_path().with_suffix(".safetensors")), **tensors}, weights
    )
    card = weights.with_suffix(".json")
    values = json.loads(card.read_text())
    values["sha256"]["safetensors"] = file_sha256(weights)
    card.write_text(json.dumps(values))
    assert method_contender("styled", FaceFinder()).parameters == shipped > 2_000_000
