"""Blur."""

import numpy as np
import torch
from scipy import ndimage

from medopt.augment.blur import GaussianBlur


def test_the_width_is_in_mm() -> None:
    spacing = (3.0, 1.0, 0.5)
    image = torch.zeros(1, 1, 15, 31, 61)
    image[0, 0, 7, 15, 30] = 1
    out = GaussianBlur.apply(image.clone(), [{"sigma": 2.0}], [spacing])[0, 0].numpy()
    for axis, s in enumerate(spacing):
        profile = out.sum(axis=tuple(a for a in range(3) if a != axis))
        place = (np.arange(profile.size) - profile.size // 2) * s
        assert abs(np.sqrt((profile * place**2).sum() / profile.sum()) - 2) < 0.1


def test_equals_scipy_inside(rng: np.random.Generator) -> None:
    values = rng.normal(size=(20, 20, 20)).astype(np.float32)
    out = GaussianBlur.apply(torch.from_numpy(values)[None, None], [{"sigma": 1.0}], [(1, 1, 1)])[0, 0].numpy()
    inner = (slice(5, -5),) * 3
    assert np.allclose(out[inner], ndimage.gaussian_filter(values, 1.0)[inner], atol=2e-3)
