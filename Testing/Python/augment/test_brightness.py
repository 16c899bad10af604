"""Brightness."""

import torch

from medopt.augment.brightness import Brightness


def test_shifts_each_channel_by_its_own_deviation() -> None:
    images = torch.randn(1, 2, 8, 8, 8) * torch.tensor([1.0, 100.0]).view(1, 2, 1, 1, 1)
    before = images.clone()
    out = Brightness.apply(images, [{"shift": 0.5}], [(1, 1, 1)])
    for channel in (0, 1):
        moved = (out - before)[0, channel]
        assert torch.allclose(moved, 0.5 * before[0, channel].std(correction=0), rtol=1e-3)
