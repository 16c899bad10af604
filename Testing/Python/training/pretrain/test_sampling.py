"""Patches of a pretraining: repeatable, from every image, and as they lie in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from medopt.augment import AugmentSettings
from medopt.augment.technique import SpatialTechnique
from medopt.training.pretrain.images import PreparedImage
from medopt.training.pretrain.sampling import HiddenSampler, without_noise


@pytest.fixture
def sampler() -> HiddenSampler:
    images = []
    for n in range(5):  # each voxel tells its image and place
        places = np.arange(10 * 12 * 14, dtype=np.float32).reshape(1, 10, 12, 14)
        images.append(PreparedImage(f"case-{n}", places + 10000 * n, (1.0, 1.0, 1.0)))
    return HiddenSampler(images, (4, 4, 4), 2, AugmentSettings(), (2, 2, 2), 0.5, 7, torch.device("cpu"))


def test_the_same_step_gives_the_same_patches(sampler: HiddenSampler) -> None:
    for step in (0, 3):
        one, other = sampler.batch(step), sampler.batch(step)
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.hidden, other.hidden)
    assert not torch.equal(sampler.batch(0).images, sampler.batch(1).images)
    assert not torch.equal(sampler.batch(0).images, replace(sampler, seed=8).batch(0).images)


def test_each_image_comes_once_an_epoch(sampler: HiddenSampler) -> None:
    numbers = torch.cat([sampler.batch(step).images[:, 0, 0, 0, 0] for step in range(5)])
    met = [int(n) // 10000 for n in numbers]
    assert Counter(met[:5]) == Counter(met[5:]) == Counter(range(5))
    assert sampler.epoch(5) == 2


def test_patches_lie_inside_their_image_and_reach_its_corners(sampler: HiddenSampler) -> None:
    corners = set()
    for step in range(300):
        for patch in sampler.batch(step).images[:, 0]:
            flat = patch.numpy() % 10000
            corner = np.unravel_index(int(flat[0, 0, 0]), (10, 12, 14))
            k, j, i = (slice(c, c + 4) for c in corner)
            np.testing.assert_array_equal(flat, np.arange(10 * 12 * 14).reshape(10, 12, 14)[k, j, i])
            corners.add(tuple(int(c) for c in corner))
    assert {c[0] for c in corners} == set(range(7))
    assert {c[2] for c in corners} == set(range(11))


def test_slices_have_no_first_axis(sampler: HiddenSampler) -> None:
    flat = replace(sampler, patch=(1, 4, 4), block=(1, 2, 2)).batch(0)
    assert flat.images.shape == (2, 1, 4, 4)
    assert flat.hidden.shape == (2, 1, 4, 4)


def test_techniques_that_cannot_be_guessed_are_left_out() -> None:
    strong = AugmentSettings.preset("strong")
    kept = without_noise(strong).techniques
    assert kept
    assert all(isinstance(t, SpatialTechnique) for t in kept)
    assert len(kept) < len(strong.techniques)
