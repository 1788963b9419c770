"""torch and ONNX are compared on pictures, and a network that is another one is noticed."""

from pathlib import Path

import numpy as np
import torch

from retouch_engine.inference import Predictor
from retouch_engine.networks.generators import build_generator
from retouch_engine.parity import onnx_difference, sample_picture
from retouch_engine.services import shipped_checkpoint_path
from retouch_engine.training import TrainingConfig, load_generator, save_checkpoint
from tests.support.portraits import painted_astronaut

PICTURES = [sample_picture(100, 130), sample_picture(64, 64, seed=1)]


def test_the_shipped_network_computes_the_same_in_both_on_a_face() -> None:
    image, _, place = painted_astronaut()
    face = np.ascontiguousarray(image[place][::2, ::2])
    path = shipped_checkpoint_path()
    difference = onnx_difference(load_generator(path), Predictor.load(path), [face, *PICTURES])
    assert difference <= 1e-3


def test_a_network_with_feature_maps_is_compared_with_them(tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = {
        "name": "pix2pix_unet", "ngf": 4, "num_downs": 5, "norm": "none", "edit_kinds": 4,
        "input_channels": 6,
    }  # fmt: skip
    options = TrainingConfig.from_dict({"generator": generator, "encoder": {"ngf": 2}}).generator
    network = build_generator(options)
    path = save_checkpoint(network, options, tmp_path / "styled", {})
    same = load_generator(path)
    assert onnx_difference(same, Predictor.load(path), PICTURES) <= 1e-3
    with torch.no_grad():
        for parameter in same.parameters():
            parameter.mul_(1.5)
    assert onnx_difference(same, Predictor.load(path), PICTURES) > 1e-3


def test_a_network_that_gives_no_numbers_does_not_agree() -> None:
    path = shipped_checkpoint_path()
    generator = load_generator(path)
    with torch.no_grad():
        next(generator.parameters()).fill_(torch.nan)
    difference = onnx_difference(generator, Predictor.load(path), [PICTURES[1]])
    assert np.isnan(difference)


def test_the_drawn_picture_is_a_face_to_look_at() -> None:
    picture = sample_picture(200, 160)
    assert (picture.shape, picture.dtype) == ((200, 160, 3), np.uint8)
    assert np.array_equal(picture, sample_picture(200, 160))
    middle = picture[60:140, 50:110].reshape(-1, 3).mean(axis=0)
    assert middle[0] > middle[1] > middle[2]
    assert picture.std() > 20
