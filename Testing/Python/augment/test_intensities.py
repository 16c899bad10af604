"""What all intensity techniques promise."""

import json
from typing import Any

import numpy as np
import pytest
import torch

from medopt.augment import TECHNIQUES
from medopt.augment.technique import Frame, IntensityTechnique, Planes

KINDS = [kind for kind in TECHNIQUES if issubclass(kind, IntensityTechnique)]


def images(n: int = 3, channels: int = 2, shape: tuple[int, ...] = (10, 16, 14)) -> torch.Tensor:
    return torch.randn((n, channels, *shape), generator=torch.Generator().manual_seed(4)) * 3 + 50


def drawn(kind: type[IntensityTechnique], frame: Frame, n: int) -> list[dict[str, Any]]:
    return [kind(probability=1).draw(np.random.default_rng(seed), frame) for seed in range(n)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_equals_its_images_one_by_one(kind: type[IntensityTechnique], frame: Frame) -> None:
    parameters = json.loads(json.dumps(drawn(kind, frame, 3)))
    together = kind.apply(images(), parameters, [frame.spacing] * 3)
    for s in range(3):
        alone = kind.apply(images()[s : s + 1].clone(), parameters[s : s + 1], [frame.spacing])
        assert torch.allclose(together[s], alone[0], atol=1e-4)
    assert together.shape == images().shape
    assert together.dtype == torch.float32
    assert not torch.allclose(together, images(), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_one_slice_works_and_a_constant_stays_finite(kind: type[IntensityTechnique]) -> None:
    flat = Frame((1, 16, 14), (1.0, 1.0, 1.0))
    parameters = drawn(kind, flat, 2)
    assert kind.apply(images(2, 1, flat.shape), parameters, [flat.spacing] * 2).shape == (2, 1, 1, 16, 14)
    constant = kind.apply(torch.full((2, 1, 1, 16, 14), 7.0), parameters, [flat.spacing] * 2)
    assert torch.allclose(constant, torch.tensor(7.0), atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_the_scale_of_the_intensities_does_not_matter(kind: type[IntensityTechnique], frame: Frame) -> None:
    parameters = drawn(kind, frame, 3)
    plain = kind.apply(images(), parameters, [frame.spacing] * 3)
    scaled = kind.apply(images() * 1000, parameters, [frame.spacing] * 3)
    assert torch.allclose(scaled / 1000, plain, rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_arrays_equal_tensors(kind: type[IntensityTechnique], frame: Frame) -> None:
    parameters = drawn(kind, frame, 3)
    tensors = kind.apply(images(), parameters, [frame.spacing] * 3).numpy()
    arrays = kind.apply(images().numpy(), parameters, [frame.spacing] * 3)
    assert isinstance(arrays, np.ndarray)
    assert arrays.dtype == np.float32
    assert np.abs(arrays - tensors).max() < 1e-5 * np.abs(tensors).max()


@pytest.mark.parametrize("kind", KINDS)
def test_planes_alone_are_those_of_the_whole(kind: type[IntensityTechnique]) -> None:
    """Every plane holds the same values in another order, so that all statistics of some planes are those of all."""
    rng = np.random.default_rng(3)
    flat = Frame((24, 16, 14), (2.0, 1.0, 0.8))
    plane = rng.normal(size=16 * 14).astype(np.float32) + 5
    whole = np.stack([[rng.permutation(plane) for _ in range(24)] for _ in range(2)]).reshape(1, 2, *flat.shape)
    for seed in range(6):
        parameters = kind(probability=1).draw(np.random.default_rng(seed), flat)
        reach = kind.reach(parameters, flat.spacing)
        first, last = max(11 - reach, 0), min(13 + reach, 24)
        part = kind.apply(whole[:, :, first:last].copy(), [parameters], [flat.spacing], Planes(first, 24))
        full = kind.apply(whole.copy(), [parameters], [flat.spacing])
        assert np.allclose(part[:, :, 11 - first : 13 - first], full[:, :, 11:13], atol=2e-4)
