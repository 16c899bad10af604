"""Sharpening."""

import numpy as np
import torch
from scipy import ndimage

from medopt.augment.sharpening import Sharpening


def test_equals_unsharp_masking_by_scipy_in_mm(rng: np.random.Generator) -> None:
    values = rng.normal(size=(20, 24, 28)).astype(np.float32)
    spacing = (2.0, 1.0, 0.8)
    parameters = [{"amount": 0.7, "sigma": 1.2}]
    out = Sharpening.apply(torch.from_numpy(values.copy())[None, None], parameters, [spacing])[0, 0].numpy()
    blurred = ndimage.gaussian_filter(values, [1.2 / s for s in spacing])
    oracle = values + 0.7 * (values - blurred)
    inner = (slice(4, -4), slice(7, -7), slice(8, -8))
    assert np.allclose(out[inner], oracle[inner], atol=3e-3)


def test_edges_get_steeper_and_flat_places_stay() -> None:
    step = torch.zeros(1, 1, 1, 16, 16)
    step[..., 8:] = 1
    out = Sharpening.apply(step, [{"amount": 1.0, "sigma": 1.0}], [(1, 1, 1)])[0, 0, 0, 8]
    assert out[8] - out[7] > 1.4
    assert torch.allclose(out[[0, 15]], torch.tensor([0.0, 1.0]), atol=1e-3)
