"""What all intensity techniques promise."""

import json
from typing import Any

import numpy as np
import pytest
import torch

from medopt.augment import TECHNIQUES
from medopt.augment.technique import Frame, IntensityTechnique

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
