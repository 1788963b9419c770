"""Features are averaged over each sample's instances, and so found again for clustering."""

import numpy as np
import pytest
import torch

from retouch_engine.networks import FeatureEncoder, FeatureEncoderConfig, instance_average

TINY = FeatureEncoderConfig(ngf=2, n_downsampling=2)


def slow_average(features: np.ndarray, instances: np.ndarray) -> np.ndarray:
    result = np.empty_like(features)
    for sample, map_ in enumerate(instances):
        for y, x in np.ndindex(map_.shape):
            same = map_ == map_[y, x]
            for channel in range(features.shape[1]):
                result[sample, channel, y, x] = features[sample, channel][same].mean()
    return result


@pytest.mark.parametrize("with_channel", [False, True])
def test_pooling_equals_a_slow_loop_over_pixels(with_channel: bool) -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(3, 4, 9, 7)).astype(np.float32)
    instances = rng.choice([-3, 0, 26001, 26002], size=(3, 9, 7))
    map_ = torch.from_numpy(instances)
    pooled = instance_average(
        torch.from_numpy(features), map_.unsqueeze(1) if with_channel else map_
    )
    np.testing.assert_allclose(pooled.numpy(), slow_average(features, instances), atol=1e-5)


def test_equal_numbers_in_two_samples_are_two_instances() -> None:
    features = torch.stack([torch.zeros(1, 4, 4), torch.ones(1, 4, 4)])
    pooled = instance_average(features, torch.full((2, 4, 4), 7))
    assert torch.equal(pooled, features)


def test_the_gradient_of_a_mean_is_shared_by_its_pixels() -> None:
    features = torch.rand(1, 1, 2, 4, requires_grad=True)
    instances = torch.tensor([[[0, 0, 1, 1], [0, 0, 1, 1]]])
    instance_average(features, instances)[0, 0, 0, 0].backward()
    assert features.grad is not None
    assert torch.allclose(features.grad[0, 0], torch.tensor([[0.25, 0.25, 0, 0]] * 2))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_a_large_instance_is_summed_without_loss(precision: torch.dtype) -> None:
    features = torch.full((1, 1, 512, 512), 0.1, dtype=precision)
    pooled = instance_average(features, torch.zeros(1, 512, 512, dtype=torch.int64))
    assert pooled.dtype == precision
    assert torch.equal(pooled, features)


def test_the_encoder_is_constant_on_each_region_and_bounded() -> None:
    torch.manual_seed(0)
    instances = torch.arange(4).repeat_interleave(8).expand(2, 32, 32)
    out = FeatureEncoder(TINY)(torch.rand(2, 3, 32, 32), instances)
    assert out.shape == (2, 3, 32, 32)
    assert out.abs().max() <= 1
    for strip in out.split(8, dim=3):
        assert torch.equal(strip, strip[..., :1, :1].expand_as(strip))
    assert not torch.allclose(out[0, :, 0, 0], out[1, :, 0, 0])


def test_vectors_are_the_pooled_values_with_their_areas() -> None:
    torch.manual_seed(0)
    encoder, image = FeatureEncoder(TINY), torch.rand(2, 3, 16, 16)
    instances = torch.zeros(2, 16, 16, dtype=torch.int64)
    instances[0, 4:8, 4:8] = 5
    ids, means, counts = encoder.vectors(image, instances)
    assert ids.tolist() == [0, 5]
    assert counts.tolist() == [[240, 16], [256, 0]]
    pooled = encoder(image, instances)
    assert torch.equal(means[0, 1], pooled[0, :, 5, 5])
    assert torch.equal(means[1, 1], torch.zeros(3))


def test_a_map_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        instance_average(torch.rand(1, 3, 8, 8), torch.zeros(1, 8, 9, dtype=torch.int64))


def test_a_map_of_fractions_is_refused() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        instance_average(torch.rand(1, 3, 8, 8), torch.zeros(1, 8, 8))
