"""The tone generator in the training loop, from pictures to a checkpoint that predicts alike."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.data import astronaut

from retouch_engine.inference import CheckpointError, load_card
from retouch_engine.inference.tone_predictor import TonePredictor
from retouch_engine.networks import ToneGenerator, ToneGeneratorConfig
from retouch_engine.tone_validation import validate_tone
from retouch_engine.training import ConfigError, Trainer, TrainingConfig, TrainingFace, new_state
from retouch_engine.training.tone_checkpoints import save_tone_checkpoint
from retouch_engine.training.tone_samples import ToneThumbnails

SMALL = ToneGeneratorConfig(channels=(8, 16, 16), bases=3, lut_size=9, thumbnail=64)
CONFIG = TrainingConfig(
    method="tone",
    generator=SMALL,
    crop=64,
    batch=4,
    samples=320,
    learning_rate=3e-3,
    warm_up_samples=40,
    weight_decay=0.0,
    checkpoint_every_samples=160,
    validate_every_samples=160,
)


@pytest.fixture
def whole() -> TrainingFace:
    skin = np.zeros((512, 512), np.uint8)
    skin[60:200, 170:270] = 255
    return TrainingFace(astronaut(), skin, 100.0)


def test_a_thumbnail_depends_on_its_seed_and_number_alone(whole: TrainingFace) -> None:
    first, again, other = (ToneThumbnails([whole], 64, 8, seed) for seed in (1, 1, 2))
    assert all(torch.equal(first[3][name], again[3][name]) for name in first[3])
    assert not torch.equal(first[3]["source"], other[3]["source"])
    assert first[3]["source"].shape == first[3]["second"].shape == (3, 64, 64)
    assert first[3]["face"].shape == (1, 64, 64)


def test_some_pictures_keep_their_good_light(whole: TrainingFace) -> None:
    samples = [ToneThumbnails([whole], 64, 40, 1)[index] for index in range(40)]
    distance = [(s["source"].int() - s["target"].int()).abs().max() for s in samples]
    assert 4 <= sum(int(d) <= 1 for d in distance) <= 24


def test_pairs_are_used_as_they_are(whole: TrainingFace) -> None:
    pair = dataclasses.replace(whole, target=255 - astronaut())
    sample = ToneThumbnails([pair], 64, 4, 1)[0]
    assert ((255 - sample["source"].int()) - sample["target"].int()).abs().max() <= 1


def test_training_brings_pictures_nearer_to_good_light(whole: TrainingFace, tmp_path: Path) -> None:
    state = new_state(CONFIG)
    before = validate_tone(state.average, [whole] * 6)
    trainer = Trainer(
        state, CONFIG, tmp_path, validate=lambda g: validate_tone(g, [whole]), workers=0,
        device="cpu",
    )  # fmt: skip
    trainer.run([whole])
    after = validate_tone(state.average, [whole] * 6)
    assert after["psnr"] > before["psnr"] + 2
    assert after["delta_e"] < 0.8 * after["identity_delta_e"]


def test_a_checkpoint_predicts_what_the_network_does(tmp_path: Path) -> None:
    torch.manual_seed(3)
    generator = ToneGenerator(SMALL).eval()
    path = save_tone_checkpoint(generator, tmp_path / "tone", {"licence": "none"})
    assert load_card(path).role == "tone"
    assert load_card(path).concerns == ("light",)
    predictor = TonePredictor.load(path)
    face = np.zeros((64, 64), np.float32)
    picture = astronaut()[:64, :64]
    found = predictor.predict(picture, face)
    planes = np.concatenate([picture / np.float32(255), face[..., None]], axis=2)
    wanted = generator(torch.from_numpy(planes.transpose(2, 0, 1)[None]).float())
    # The weights are kept in half precision.
    assert np.abs(found.lut - wanted.lut[0].permute(1, 2, 3, 0).detach().numpy()).max() < 2e-3
    gains = wanted.log_gain[0].permute(1, 2, 0).detach().numpy()
    assert np.abs(found.log_gain - gains).max() < 2e-3


def test_a_checkpoint_of_another_role_or_a_changed_one_is_refused(tmp_path: Path) -> None:
    path = save_tone_checkpoint(ToneGenerator(SMALL), tmp_path / "tone", {})
    path.write_text(path.read_text().replace('"role": "tone"', '"role": "skin"'))
    with pytest.raises(CheckpointError, match="of the role 'skin'"):
        TonePredictor.load(path)
    path.write_text(path.read_text().replace('"role": "skin"', '"role": "tone"'))
    path.with_suffix(".onnx").write_bytes(b"no graph")
    with pytest.raises(CheckpointError, match="does not match its card's hash"):
        TonePredictor.load(path)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"crop": 128}, "thumbnail, 64"), ({"generator": None}, "needs the generator tone_generator")],
)
def test_a_config_that_does_not_fit_is_refused(changes: dict, reason: str) -> None:
    wrong = {k: (TrainingConfig().generator if v is None else v) for k, v in changes.items()}
    with pytest.raises(ConfigError, match=reason):
        new_state(dataclasses.replace(CONFIG, **wrong))
