"""Contrast."""

import torch

from medopt.augment.contrast import Contrast


def test_deviation_is_multiplied_and_the_mean_stays() -> None:
    images = torch.randn(2, 1, 8, 8, 8) + 30
    before = images.clone()
    out = Contrast.apply(images, [{"factor": 0.5}, {"factor": 2.0}], [(1, 1, 1)] * 2)
    for s, factor in ((0, 0.5), (1, 2.0)):
        assert torch.allclose(out[s].mean(), before[s].mean(), atol=1e-3)
        assert torch.allclose(out[s].std(), factor * before[s].std(), rtol=1e-3)
