"""Noise."""

import pytest
import torch

from medopt.augment.noise import GaussianNoise


def test_level_seed_and_independence() -> None:
    images = torch.randn(2, 2, 20, 20, 20) * 10
    parameters = [{"level": 0.5, "seed": 1}, {"level": 0.5, "seed": 2}]
    noise = GaussianNoise.apply(images.clone(), parameters, [(1, 1, 1)] * 2) - images
    again = GaussianNoise.apply(images.clone(), parameters, [(1, 1, 1)] * 2) - images
    assert torch.equal(noise, again)
    assert noise.std().item() == pytest.approx(5, rel=0.03)
    assert abs(noise.mean().item()) < 0.2
    flat = noise.view(4, -1)
    assert (torch.corrcoef(flat) - torch.eye(4)).abs().max() < 0.05
