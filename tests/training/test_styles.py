"""The feature encoder learns with the generator, and its clusters become styles of a checkpoint."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from skimage.data import astronaut
from torch import Tensor

from retouch_engine.faces import REGIONS
from retouch_engine.inference import CheckpointError, Predictor, choose_style, feature_map
from retouch_engine.networks import EditNetwork, FeatureEncoder, FeatureEncoderConfig
from retouch_engine.networks.generators import build_generator
from retouch_engine.training import (
    ConfigError,
    Trainer,
    TrainingConfig,
    TrainingDataError,
    TrainingFace,
    TrainingFaces,
    TrainingPhoto,
    TrainingState,
    TrainingStoppedError,
    load_generator,
    load_state,
    new_state,
    save_checkpoint,
)
from retouch_engine.training.checkpoints import file_sha256, load_encoder, start_from
from retouch_engine.training.methods import build_method
from retouch_engine.training.samples import TrainingCrops, as_numbers
from retouch_engine.training.styles import cluster_vectors, region_vectors, write_styles
from tests.support.portraits import encoded, large_astronaut

GENERATORS = {
    "picture": {"name": "pix2pixhd_global", "ngf": 4, "n_blocks": 1, "input_channels": 6},
    "edit": {
        "name": "pix2pix_unet",
        "ngf": 4,
        "num_downs": 5,
        "edit_kinds": 4,
        "input_channels": 6,
    },
}
VALUES: dict[str, Any] = {
    "encoder": {"ngf": 2, "n_downsampling": 2},
    "options": {"feature_dropout": 0.25},
    "generator": GENERATORS["picture"],
    "discriminator": {"ndf": 4, "n_layers": 2, "num_D": 2},
    "crop": 64,
    "batch": 2,
    "samples": 8,
    "warm_up_samples": 0,
    "face_width_range": [80, 160],
    "checkpoint_every_samples": 4,
}
NOSE, LEFT, RIGHT = (REGIONS.index(name) for name in ("nose", "left_cheek", "right_cheek"))


def config(**changes: object) -> TrainingConfig:
    return TrainingConfig.from_dict({**VALUES, **changes})


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def faces() -> list[TrainingFace]:
    skin, regions = np.zeros((2, 240, 240), np.uint8)
    skin[60:200, 60:180] = 255
    regions[60:200, 60:120], regions[60:200, 120:180] = RIGHT, LEFT
    regions[100:140, 100:140] = NOSE
    image = np.ascontiguousarray(astronaut()[:240, 100:340])
    return [TrainingFace(image, skin, 110.0, regions=regions)]


def run(faces: list[TrainingFace], folder: Path, settings: TrainingConfig, **how: Any) -> Any:
    state = load_state(settings, folder) if how.get("resume") else new_state(settings)
    Trainer(state, settings, folder, validate=lambda g: {}, workers=0, device="cpu").run(faces)
    return state


def weights(state: TrainingState) -> dict[str, Tensor]:
    return {
        f"{name}.{key}": value.clone()
        for name, network in state.method.networks.items()
        for key, value in network.state_dict().items()
    }


@pytest.mark.parametrize("name", GENERATORS)
def test_the_encoder_moves_with_the_generator(
    name: str, faces: list[TrainingFace], tmp_path: Path
) -> None:
    settings = config(generator=GENERATORS[name])
    before = weights(new_state(settings))
    after = weights(run(faces, tmp_path, settings))
    for network in ("generator", "encoder", "discriminator"):
        moved = [k for k in after if k.startswith(network) and not torch.equal(after[k], before[k])]
        assert moved, network


def test_a_stopped_run_with_encoder_goes_on_bit_equally(
    faces: list[TrainingFace], tmp_path: Path
) -> None:
    class Interrupted(list[TrainingFace]):
        count = 0

        def __getitem__(self, index: Any) -> Any:
            self.count += 1
            if self.count > 4:
                raise TrainingDataError("gone")
            return super().__getitem__(index)

    whole = weights(run(faces, tmp_path / "whole", config()))
    with pytest.raises(TrainingStoppedError):
        run(Interrupted(faces), tmp_path / "halves", config())
    resumed = weights(run(faces, tmp_path / "halves", config(), resume=True))
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_crops_carry_regions_only_with_an_encoder(faces: list[TrainingFace]) -> None:
    plain = dataclasses.replace(config(), encoder=None)
    assert "regions" not in TrainingCrops(faces, plain, 4)[0]
    with_regions = TrainingCrops(faces, config(), 4)[0]
    assert with_regions["regions"].shape == (64, 64)
    assert as_numbers(with_regions)["regions"].dtype == torch.int64
    assert torch.equal(with_regions["source"], TrainingCrops(faces, plain, 4)[0]["source"])


def test_regions_lie_on_their_pixels_in_every_crop_mirrored_or_not() -> None:
    # a picture painted by its own regions: red says right, blue left
    regions = np.zeros((240, 240), np.uint8)
    regions[60:200, 60:120], regions[60:200, 120:180] = RIGHT, LEFT
    image = np.zeros((240, 240, 3), np.uint8)
    image[..., 0], image[..., 2] = (regions == RIGHT) * 255, (regions == LEFT) * 255
    middle = np.zeros((240, 240), np.uint8)
    middle[80:180, 112:128] = 255
    face = TrainingFace(image, middle, 110.0, image, regions)
    crops, mirrored = TrainingCrops([face], config(), 12), []
    for index in range(12):
        crop = as_numbers(crops[index])
        red, blue = (set(crop["regions"][crop["target"][c] > 0.9].tolist()) for c in (0, 2))
        if red and blue:
            # mirrored, what was the person's right is now called left
            assert (red, blue) in (({RIGHT}, {LEFT}), ({LEFT}, {RIGHT}))
            mirrored.append(red == {LEFT})
    assert {True, False} == set(mirrored)


def test_dropped_features_and_the_background_are_zeros(faces: list[TrainingFace]) -> None:
    torch.manual_seed(0)
    method = build_method(config(options={"feature_dropout": 0.5}))
    crops = TrainingCrops(faces, config(), 8)
    batch = as_numbers({k: torch.stack([crops[i][k] for i in range(8)]) for k in crops[0]})
    (features,) = method._features(batch)  # type: ignore[attr-defined]
    shown = features.abs().sum(1) > 0
    assert not shown[batch["regions"] == 0].any()
    share = shown[batch["regions"] > 0].float().mean()
    assert 0.1 < float(share) < 0.9


def test_faces_without_regions_are_refused(faces: list[TrainingFace], tmp_path: Path) -> None:
    bare = [dataclasses.replace(faces[0], regions=None)]
    with pytest.raises(TrainingStoppedError, match="map of regions"):
        run(bare, tmp_path, config())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"generator": {"name": "pix2pixhd_global"}}, "input_channels must be 6"),
        ({"encoder": None}, "input_channels must be 3"),
        ({"generator": {}}, "published generator"),
        ({"method": "cycle"}, "without encoder"),
        ({"encoder": {"nef": 16}}, "nef"),
        ({"encoder": {"n_downsampling": 7}, "crop": 64}, "multiple of 128"),
        ({"options": {"feature_dropout": 1.0}}, "less than 1"),
        ({"options": {"speed": 1}}, "speed"),
    ],
)
def test_an_encoder_that_does_not_fit_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_method(config(**changes))


def test_found_faces_have_regions_when_asked_also_from_an_older_cache(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(large_astronaut(), "PNG"))
    photos = [TrainingPhoto(path, "1" * 64)]
    assert TrainingFaces(photos, tmp_path)[0].regions is None
    (cached,) = tmp_path.glob("*.npz")
    with np.load(cached) as stored:
        older = {key: stored[key] for key in stored if key != "landmarks"}
    np.savez(cached, **older)
    face = TrainingFaces(photos, tmp_path, regions=True)[0]
    assert face.regions is not None
    assert face.regions.shape == face.skin.shape
    assert {NOSE, LEFT, RIGHT} <= set(np.unique(face.regions).tolist())


def test_celeba_masks_of_a_photo_give_its_regions(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(large_astronaut(), "PNG"))
    cv2.imwrite(str(tmp_path / "00000_skin.png"), np.full((512, 512), 255, np.uint8))
    cv2.imwrite(str(tmp_path / "00000_nose.png"), np.full((512, 512), 255, np.uint8))
    photos = [TrainingPhoto(path, "1" * 64, mask=tmp_path / "00000_skin.png")]
    face = TrainingFaces(photos, tmp_path, regions=True)[0]
    assert face.regions is not None
    assert face.regions.shape == face.skin.shape
    assert (face.regions == NOSE).all()
    (tmp_path / "00000_hat.png").write_bytes(b"no picture")
    with pytest.raises(TrainingDataError, match="no picture"):
        TrainingFaces(photos, tmp_path, regions=True)[0]


def test_a_vector_is_the_encoders_mean_of_every_large_region(faces: list[TrainingFace]) -> None:
    torch.manual_seed(0)
    encoder = FeatureEncoder(FeatureEncoderConfig(ngf=2, n_downsampling=2)).eval()
    small = faces[0].regions.copy()  # type: ignore[union-attr]
    small[:10, :10] = REGIONS.index("chin")
    face = dataclasses.replace(faces[0], regions=small)
    vectors = region_vectors(encoder, [face, face])
    # 100 pixels of chin are fewer than 240 x 240 / 64
    assert set(vectors) == {"nose", "left_cheek", "right_cheek"}
    image = torch.from_numpy(face.image).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        features = encoder(image, torch.from_numpy(small.astype(np.int64))[None])
    assert len(vectors["nose"]) == 2
    np.testing.assert_allclose(vectors["nose"][0], features[0, :, 120, 120].numpy(), atol=1e-5)


def test_clusters_are_found_largest_first_and_seeded() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0.8, 0, 0], [-0.8, 0, 0], [0, 0.8, 0.2]])
    groups = [c + rng.normal(0, 0.02, (n, 3)) for c, n in zip(centres, (5, 30, 12), strict=True)]
    vectors = list(np.concatenate(groups).astype(np.float32))
    found = cluster_vectors(vectors, 3, seed=1)
    np.testing.assert_allclose(found, centres[[1, 2, 0]], atol=0.03)
    assert np.array_equal(found, cluster_vectors(vectors, 3, seed=1))


def test_there_are_no_more_clusters_than_different_vectors() -> None:
    same = [np.full(3, 0.5, np.float32)] * 4
    assert cluster_vectors(same, 10, seed=1).tolist() == [[0.5, 0.5, 0.5]]


def checkpoint(folder: Path, name: str = "edit") -> Path:
    torch.manual_seed(0)
    settings = config(generator=GENERATORS[name])
    assert settings.encoder is not None
    generator = build_generator(settings.generator)
    if isinstance(generator, EditNetwork):
        with torch.no_grad():
            generator.generator.output_layer.weight.mul_(20)
    encoder = FeatureEncoder(settings.encoder)
    return save_checkpoint(generator, settings.generator, folder / name, {}, encoder)


STYLES = {
    "nose": np.array([[0.9, -0.9, 0.5], [-0.9, 0.9, -0.5]], np.float32),
    "left_cheek": np.array([[0.3, 0.3, -0.7]], np.float32),
}


@pytest.mark.parametrize("name", GENERATORS)
def test_onnx_with_features_equals_the_torch_network(name: str, tmp_path: Path) -> None:
    card = checkpoint(tmp_path, name)
    predictor, generator = Predictor.load(card), load_generator(card)
    assert predictor.feature_channels == 3
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (64, 96, 3)).astype(np.uint8)
    features = rng.uniform(-1, 1, (64, 96, 3)).astype(np.float32)
    found = predictor.predict(image, features)
    with torch.no_grad():
        prediction = generator(
            torch.from_numpy(image).permute(2, 0, 1)[None] / 255,
            torch.from_numpy(features).permute(2, 0, 1)[None],
        )
    edit = prediction.residual * torch.sigmoid(prediction.mask_logits) * 255
    np.testing.assert_allclose(found.edit, edit[0].permute(1, 2, 0).numpy(), atol=0.5)


@pytest.mark.parametrize("name", GENERATORS)
def test_no_style_is_zeros_and_two_clusters_are_two_edits(name: str, tmp_path: Path) -> None:
    path = checkpoint(tmp_path, name)
    write_styles(path, STYLES)
    predictor = Predictor.load(path)
    image = np.ascontiguousarray(astronaut()[:96, 180:276])
    regions = np.zeros((96, 96), np.uint8)
    regions[32:64, 32:64] = NOSE
    plain = predictor.predict(image).edit
    edits = []
    for number in range(2):
        style, _ = choose_style(predictor, [f"nose={number}"], seed=0)
        edits.append(predictor.predict(image, feature_map(regions, style, 3)).edit)
    assert np.array_equal(plain, predictor.predict(image, feature_map(regions, {}, 3)).edit)
    for first, second in ((edits[0], edits[1]), (edits[0], plain), (edits[1], plain)):
        assert np.abs(first - second)[32:64, 32:64].max() > 1


def test_written_styles_change_hash_and_card_and_nothing_else(tmp_path: Path) -> None:
    path = checkpoint(tmp_path)
    before, card = load_file(path.with_suffix(".safetensors")), json.loads(path.read_text())
    write_styles(path, {"lips": STYLES["nose"]})
    sha256 = write_styles(path, STYLES)
    after, new = load_file(path.with_suffix(".safetensors")), json.loads(path.read_text())
    assert set(after) - set(before) == {"styles.nose", "styles.left_cheek"}
    assert all(np.array_equal(after[key], before[key]) for key in before)
    assert new.pop("styles") == {"nose": 2, "left_cheek": 1}
    assert new["sha256"].pop("safetensors") == file_sha256(path.with_suffix(".safetensors"))
    assert card["sha256"].pop("safetensors") != sha256
    assert new == card
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".json", ".onnx", ".safetensors"]
    load_generator(path)
    load_encoder(path)


def test_styles_that_are_not_the_cards_are_refused(tmp_path: Path) -> None:
    path = checkpoint(tmp_path)
    write_styles(path, STYLES)
    earlier = Predictor.load(path)
    write_styles(path, {"nose": STYLES["nose"]})
    with pytest.raises(CheckpointError, match="does not match"):
        choose_style(earlier, ["nose=0"], seed=0)
    write_styles(path, {"nose": STYLES["nose"][:, :2]})
    with pytest.raises(CheckpointError, match="no 2 styles of nose with 3 features"):
        choose_style(Predictor.load(path), ["nose=0"], seed=0)


def test_a_checkpoint_without_encoder_says_how_to_get_one(tmp_path: Path) -> None:
    options = TrainingConfig().generator
    path = save_checkpoint(build_generator(options), options, tmp_path / "plain", {})
    assert Predictor.load(path).feature_channels == 0
    with pytest.raises(CheckpointError, match="pix2pixhd_features"):
        load_encoder(path)


def test_a_run_can_start_from_a_checkpoint_with_its_encoder(tmp_path: Path) -> None:
    path = checkpoint(tmp_path)
    write_styles(path, STYLES)
    state = new_state(config(generator=GENERATORS["edit"]))
    start_from(state.method.generator, path, state.method.networks["encoder"])
    stored = load_encoder(path).state_dict()
    mine = state.method.networks["encoder"].state_dict()
    assert all(torch.equal(mine[key], stored[key]) for key in stored)
