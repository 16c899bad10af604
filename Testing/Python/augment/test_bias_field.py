"""Bias field."""

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline

from medopt.augment.bias_field import BiasField
from medopt.augment.technique import Frame


def test_a_smooth_field_within_its_strength() -> None:
    frame = Frame((24, 24, 24), (1.0, 1.0, 1.0))
    drawn = BiasField(strength=0.5).parameters(np.random.default_rng(2), frame)
    images = torch.ones(1, 1, 24, 24, 24)
    images[0, 0, 0, 0, 0] = 0  # the minimum, from which the field multiplies
    field = BiasField.apply(images, [drawn], [frame.spacing])[0, 0].flatten()[1:].log()
    assert 0.1 < field.abs().max() <= 0.5
    inner = BiasField.apply(torch.ones(1, 1, 24, 24, 24).index_fill_(2, torch.tensor(0), 0), [drawn], [frame.spacing])
    steps = inner[0, 0, 1:].diff(dim=0).abs().max()
    assert steps < 0.12


def test_no_strength_changes_nothing() -> None:
    frame = Frame((6, 6, 6), (1.0, 1.0, 1.0))
    images = torch.randn(1, 1, 6, 6, 6)
    drawn = BiasField(strength=0).parameters(np.random.default_rng(2), frame)
    assert torch.allclose(BiasField.apply(images.clone(), [drawn], [frame.spacing]), images, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 30, 41), (7, 12, 9), (5, 20, 1)])
def test_equals_scipy_splines(rng: np.random.Generator, shape: tuple[int, int, int]) -> None:
    drawn = BiasField(strength=1.0).parameters(rng, Frame(shape, (1.0, 1.0, 1.0)))
    values = rng.uniform(0, 1, (1, 2, *shape)).astype(np.float32)
    ours = BiasField.apply(values.copy(), [drawn], [(1.0, 1.0, 1.0)])
    spline = BSpline.basis_element(np.arange(-2.0, 3.0), extrapolate=False)
    weights = []
    for n in shape:  # the first and the last voxel lie on the second and the last but one of five control points
        at = np.linspace(1, 3, n)
        weights.append(np.nan_to_num(spline(at[:, None] - np.arange(5))) if n > 1 else np.ones((1, 1)))
    factor = np.exp(np.einsum("abc,ka,jb,ic->kji", np.array(drawn["field"]), *weights))
    low = values.min(axis=(2, 3, 4), keepdims=True)
    assert np.allclose(ours, low + (values - low) * factor, atol=1e-5)
