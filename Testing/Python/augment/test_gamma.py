"""Gamma."""

import numpy as np
import torch

from medopt.augment.gamma import Gamma


def by_numpy(values: np.ndarray, gamma: float, inverted: bool) -> np.ndarray:
    x = -values if inverted else values
    bent = ((x - x.min()) / (x.max() - x.min())) ** gamma
    bent = (bent - bent.mean()) / bent.std() * x.std() + x.mean()
    return -bent if inverted else bent


def test_equals_the_formula_plain_and_inverted(rng: np.random.Generator) -> None:
    values = rng.gamma(2, size=(2, 1, 6, 7, 8)) * 40 - 3
    parameters = [{"gamma": 1.4, "inverted": False}, {"gamma": 0.7, "inverted": True}]
    out = Gamma.apply(torch.from_numpy(values).float(), parameters, [(1, 1, 1)] * 2).numpy()
    for s, p in enumerate(parameters):
        assert np.allclose(out[s], by_numpy(values[s], **p), atol=1e-3)


def test_the_order_of_intensities_stays(rng: np.random.Generator) -> None:
    values = torch.from_numpy(np.sort(rng.normal(size=512)).reshape(1, 1, 8, 8, 8)).float()
    for inverted in (False, True):
        out = Gamma.apply(values.clone(), [{"gamma": 1.8, "inverted": inverted}], [(1, 1, 1)])
        assert (out.ravel().diff() >= -1e-6).all()


def test_a_constant_channel_beside_a_varying_one_stays() -> None:
    images = torch.cat([torch.full((1, 1, 4, 4, 4), 3.0), torch.randn(1, 1, 4, 4, 4)], dim=1)
    out = Gamma.apply(images.clone(), [{"gamma": 1.5, "inverted": False}], [(1, 1, 1)])
    assert torch.equal(out[:, 0], images[:, 0])
    assert not torch.allclose(out[:, 1], images[:, 1], atol=1e-3)
