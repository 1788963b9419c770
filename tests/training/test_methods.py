"""Adversarial training: who is updated by what, and the published recipes by name."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.data import astronaut
from torch import Tensor

from retouch_engine.inference import CheckpointError, Predictor
from retouch_engine.networks import DiscriminatorConfig, PictureAsEdit, parameter_count
from retouch_engine.networks.generators import build_generator
from retouch_engine.training import (
    ConfigError,
    Trainer,
    TrainingConfig,
    TrainingFace,
    check_memory,
    load_config,
    load_generator,
    load_state,
    new_state,
    save_checkpoint,
)
from retouch_engine.training.checkpoints import (
    load_coupled_generator,
    save_coupled_checkpoint,
    start_from,
)
from retouch_engine.training.config import CONFIGS
from retouch_engine.training.loop import learning_rate
from retouch_engine.training.losses import (
    discriminator_loss,
    feature_matching_loss,
    gan_loss,
    picture_of,
)
from retouch_engine.training.methods import build_method
from retouch_engine.training.pool import ImagePool
from retouch_engine.training.samples import TrainingCrops, as_numbers

SMALL = {"global_channels": [8, 16, 24], "local_channels": 8, "local_blocks": 1}
JUDGE = {"ndf": 4, "n_layers": 2, "num_D": 2}
COMMON = {
    "crop": 64,
    "batch": 2,
    "samples": 8,
    "warm_up_samples": 0,
    "face_width_range": [80, 160],
    "checkpoint_every_samples": 4,
    "learning_rate": 1e-3,
}
CONFIGURATIONS = {
    "ours": {"generator": SMALL, "discriminator": JUDGE},
    "pix2pixhd": {
        "generator": {"name": "pix2pixhd_global", "ngf": 4, "n_blocks": 1},
        "discriminator": JUDGE,
    },
    "pix2pixhd_edit": {
        "generator": {"name": "pix2pixhd_local", "ngf": 4, "n_blocks_global": 1, "edit_kinds": 4},
        "discriminator": JUDGE,
    },
    "cyclegan": {
        "method": "cycle",
        "options": {"use_pairs": False},
        "generator": {"name": "cyclegan_resnet", "ngf": 4, "n_blocks": 1},
        "discriminator": {**JUDGE, "num_D": 1, "intermediate_features": False},
        "image_pool": 2,
    },
}


def config(name: str, **changes: object) -> TrainingConfig:
    return TrainingConfig.from_dict({**COMMON, **CONFIGURATIONS[name], **changes})


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def faces() -> list[TrainingFace]:
    skin = np.zeros((240, 240), np.uint8)
    skin[60:200, 60:180] = 255
    return [TrainingFace(np.ascontiguousarray(astronaut()[:240, 100:340]), skin, 110.0)]


def batch(faces: list[TrainingFace], settings: TrainingConfig) -> dict[str, Tensor]:
    crops = TrainingCrops(faces, settings, 100)
    items = [crops[index] for index in range(settings.batch)]
    return as_numbers({key: torch.stack([item[key] for item in items]) for key in items[0]})


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_method_trains_saves_and_resumes_bit_equally(
    name: str, faces: list[TrainingFace], tmp_path: Path
) -> None:
    def run(folder: Path, samples: int, resume: bool = False) -> dict[str, Tensor]:
        settings = dataclasses.replace(config(name, schedule="linear_decay"), samples=samples)
        # The rate depends on the whole length, so both halves must know it.
        state = load_state(settings, folder) if resume else new_state(settings)
        Trainer(state, settings, folder, validate=lambda g: {}, workers=0, device="cpu").run(faces)
        return {
            f"{network}.{key}": value
            for network, module in state.method.networks.items()
            for key, value in module.state_dict().items()
        }

    half = dataclasses.replace(config(name), samples=8)
    state = new_state(half)
    trainer = Trainer(state, half, tmp_path / "a", validate=lambda g: {}, workers=0, device="cpu")
    before = {key: value.clone() for key, value in state.method.generator.state_dict().items()}
    trainer.run(faces)
    after = state.method.generator.state_dict()
    assert any(not torch.equal(before[key], after[key]) for key in before)
    assert all(torch.isfinite(value).all() for value in after.values())
    again = load_state(half, tmp_path / "a")
    stored = again.method.generator.state_dict()
    assert all(torch.equal(after[key], stored[key]) for key in after)
    first, second = run(tmp_path / "b", 8), run(tmp_path / "c", 8)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_each_optimiser_moves_its_own_networks_alone(faces: list[TrainingFace]) -> None:
    settings = config("cyclegan")
    torch.manual_seed(0)
    method = build_method(settings)
    moved: dict[str, set[str]] = {}

    def update(name: str, loss: Tensor) -> None:
        before = {n: _weights(m) for n, m in method.networks.items()}
        method.optimisers[name].zero_grad()
        loss.backward()
        method.optimisers[name].step()
        after = {n: _weights(m) for n, m in method.networks.items()}
        moved[name] = {n for n in before if not torch.equal(before[n], after[n])}

    method.step(batch(faces, settings), update)
    assert moved == {
        "generator": {"generator", "inverse"},
        "clean_judge": {"clean_judge"},
        "spotted_judge": {"spotted_judge"},
    }


def _weights(module: torch.nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten().clone() for p in module.parameters()])


def test_pairs_and_the_unpaired_rest_are_learnt_from_in_the_same_step(
    faces: list[TrainingFace],
) -> None:
    pair = dataclasses.replace(faces[0], target=255 - faces[0].image)
    settings = TrainingConfig.from_dict(
        {**COMMON, "batch": 8, "method": "cycle", "portraits": "unpaired",
         "generator": SMALL, "discriminator": JUDGE}
    )  # fmt: skip
    mixed = batch([pair, faces[0]], settings)
    assert 0 < int(mixed["paired"].sum()) < 8
    terms = build_method(settings).step(mixed, lambda name, loss: None)
    assert {"composite", "adversarial", "cycle", "identity", "clean_judge"} <= set(terms)
    alone = batch([pair], settings)
    supervised = build_method(settings).step(alone, lambda name, loss: None)
    assert "composite" in supervised
    assert "cycle" not in supervised


def test_the_gan_losses_are_those_of_their_papers() -> None:
    verdicts = [[torch.tensor([0.25])], [torch.tensor([1.0])]]
    assert float(gan_loss(verdicts, True, "lsgan")) == pytest.approx(0.75**2)
    assert float(gan_loss(verdicts, False, "lsgan")) == pytest.approx(0.25**2 + 1)
    expected = torch.nn.functional.softplus(torch.tensor([-0.25, -1.0])).sum()
    assert float(gan_loss(verdicts, True, "vanilla")) == pytest.approx(float(expected))
    both = discriminator_loss(verdicts, verdicts, "lsgan")
    assert float(both) == pytest.approx(0.5 * (0.75**2 + 0.25**2 + 1))


def test_feature_matching_has_the_published_weights() -> None:
    real = [[torch.zeros(4), torch.zeros(4), torch.zeros(4), torch.zeros(4), torch.zeros(1)]] * 3
    fake = [[torch.ones(4), torch.zeros(4), torch.zeros(4), torch.zeros(4), torch.ones(1)]] * 3
    # One hidden layer of four differs by 1 at each of three scales: 3 x (4 / 4) x (1 / 3).
    assert float(feature_matching_loss(real, fake)) == pytest.approx(1.0)
    assert float(feature_matching_loss([[torch.zeros(1)]], [[torch.ones(1)]])) == 0.0


def test_the_pool_gives_old_pictures_back_half_of_the_time() -> None:
    torch.manual_seed(0)
    pool = ImagePool(4)
    first = torch.arange(4.0).view(4, 1, 1, 1)
    assert torch.equal(pool.query(first), first)
    later = [float(pool.query(torch.full((1, 1, 1, 1), 10.0 + n))) for n in range(200)]
    old = sum(value != 10.0 + n for n, value in enumerate(later))
    assert 70 < old < 130
    other = ImagePool(4)
    other.load_state(pool.state(), torch.device("cpu"))
    assert torch.equal(torch.cat(other.images), torch.cat(pool.images))


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda path: path.stem)
def test_every_config_that_ships_loads_and_can_be_stored(path: Path) -> None:
    settings = load_config(path.stem)
    assert settings.name == path.stem
    assert TrainingConfig.from_dict(settings.to_dict()) == settings


def test_the_published_recipe_has_the_published_size() -> None:
    settings = load_config("pix2pixhd")
    with torch.device("meta"):
        method = build_method(settings)
    assert parameter_count(method.generator) == pytest.approx(182.4e6, rel=0.01)
    assert parameter_count(method.networks["discriminator"]) == pytest.approx(2 * 2.77e6, rel=0.01)
    assert settings.discriminator == DiscriminatorConfig(num_D=2)


def test_the_linear_decay_is_even_and_then_falls_to_zero() -> None:
    settings = load_config("pix2pixhd")
    rates = [learning_rate(settings, int(settings.samples * share)) for share in (0, 0.5, 0.75, 1)]
    assert rates == pytest.approx([2e-4, 2e-4, 1e-4, 0.0])


def test_the_coarse_part_can_be_trained_first_and_fixed_at_the_start(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    enhancer = {"name": "pix2pixhd_local", "ngf": 4, "n_blocks_global": 1}
    settings = TrainingConfig.from_dict(
        {**COMMON, "generator": enhancer, "discriminator": JUDGE, "fix_global_samples": 4}
    )
    coarse = config("pix2pixhd", generator={"name": "pix2pixhd_global", "ngf": 8, "n_blocks": 1})
    trained = build_generator(coarse.generator)
    card = save_checkpoint(trained, coarse.generator, tmp_path / "coarse", {})
    state = new_state(settings)
    start_from(state.method.generator, card)
    inner = state.method.enhancer  # type: ignore[attr-defined]
    started = _weights(inner.global_trunk)
    assert torch.allclose(started, _weights(trained.generator.trunk), atol=1e-3)

    def train(samples: int) -> None:
        limited = dataclasses.replace(settings, samples=samples)
        folder = tmp_path / "run"
        Trainer(state, limited, folder, validate=lambda g: {}, workers=0, device="cpu").run(faces)

    train(2)
    assert torch.equal(_weights(inner.global_trunk), started)
    train(8)
    assert not torch.equal(_weights(inner.global_trunk), started)


def test_starting_from_another_architecture_is_refused(tmp_path: Path) -> None:
    ours, theirs = config("ours"), config("pix2pixhd")
    card = save_checkpoint(build_generator(ours.generator), ours.generator, tmp_path / "x", {})
    with pytest.raises(CheckpointError, match="another architecture"):
        start_from(build_generator(theirs.generator), card)


@pytest.mark.parametrize("name", ["pix2pixhd", "pix2pixhd_edit"])
def test_a_published_network_becomes_a_checkpoint_that_retouches(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    options = config(name).generator
    card = save_checkpoint(build_generator(options), options, tmp_path / name, {})
    predictor = Predictor.load(card)
    image = np.ascontiguousarray(astronaut()[:70, :90])
    prediction = predictor.predict(image)
    generator = load_generator(card)
    picture = torch.from_numpy(image).permute(2, 0, 1)[None] / 255.0
    assert prediction.edit.shape == (70, 90, 3)
    assert len(predictor.card.kinds) == (2 if isinstance(generator, PictureAsEdit) else 4)
    size = predictor.card.input_multiple * 2
    with torch.no_grad():
        crop = picture[..., :size, :size]
        wanted = picture_of(generator, crop, generator(crop)) - crop
    found = predictor.predict(image[:size, :size]).edit / 255.0
    if not isinstance(generator, PictureAsEdit):
        assert np.abs(found - wanted[0].permute(1, 2, 0).numpy()).max() < 2e-3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "magic"}, "magic"),
        ({"method": "cycle"}, "needs a discriminator"),
        ({"method": "cycle", "options": {"speed": 1}}, "speed"),
        ({"fix_global_samples": 5}, "pix2pixhd_local"),
        ({"generator": {"name": "resnet"}}, "resnet"),
        ({"generator": {"name": "pix2pixhd_global", "depth": 2}}, "depth"),
        ({"discriminator": {"width": 2}}, "width"),
        ({"gan_mode": "wasserstein"}, "gan_mode"),
        ({"schedule": "exponential"}, "schedule"),
        ({"batch": 0}, "batch"),
        ({"betas": 3}, "cannot unpack|iterable"),
    ],
)
def test_a_method_that_cannot_be_built_is_refused(values: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_method(TrainingConfig.from_dict({**COMMON, **values}))


def test_deep_photo_enhancer_starts_near_the_photo_in_its_own_range() -> None:
    torch.manual_seed(0)
    values = {"name": "two_way_unet"}
    options = TrainingConfig.from_dict({**COMMON, "crop": 512, "generator": values}).generator
    generator = build_generator(options).eval()
    image = torch.rand(1, 3, 512, 512)
    with torch.no_grad():
        picture = picture_of(generator, image, generator(image))
    assert float((picture - image).abs().mean()) < 0.1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "cogan", "options": {"depth": 1}}, "depth"),
        ({"method": "cogan", "options": {"width": "wide"}}, "must be a number"),
        ({"method": "two_way", "crop": 96}, "crop"),
        ({"method": "two_way", "batch": 1, "crop": 128}, "batch"),
    ],
)
def test_unpaired_methods_refuse_what_does_not_fit(values: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_method(TrainingConfig.from_dict({**COMMON, **values}))


@pytest.mark.parametrize(
    "values",
    [
        {"method": "cogan", "options": {"image_size": 64, "width": 16}},
        {"method": "two_way", "crop": 128, "options": {"ngf": 2, "ndf": 2, "critic_updates": 1}},
    ],
)
def test_unpaired_methods_train_in_the_loop(
    values: dict, faces: list[TrainingFace], tmp_path: Path
) -> None:
    settings = TrainingConfig.from_dict({**COMMON, **values})
    state = new_state(settings)
    before = {key: value.clone() for key, value in state.method.generator.state_dict().items()}
    assert "GB" in check_memory(state.method, settings, torch.device("cpu"))
    Trainer(state, settings, tmp_path, validate=lambda g: {}, workers=0, device="cpu").run(faces)
    after = state.method.generator.state_dict()
    assert any(not torch.equal(before[key], after[key]) for key in before)
    again = load_state(settings, tmp_path).method.generator.state_dict()
    assert all(torch.equal(after[key], again[key]) for key in after)


def test_a_coupled_gan_is_stored_without_onnx_and_cannot_retouch_by_itself(tmp_path: Path) -> None:
    values = {"method": "cogan", "options": {"image_size": 64, "width": 16}}
    generator = build_method(TrainingConfig.from_dict({**COMMON, **values})).generator
    card = save_coupled_checkpoint(generator, tmp_path / "pairs", {"licence": "x"})
    loaded = load_coupled_generator(card)
    z = torch.randn(1, generator.config.latent)
    with torch.no_grad():
        assert torch.allclose(loaded(z)[0], generator.eval()(z)[0], atol=2e-2)
    with pytest.raises(CheckpointError, match="cannot be read"):
        Predictor.load(card)
