"""Bias field."""

import numpy as np
import torch

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
