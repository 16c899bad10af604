"""Lost resolution."""

import numpy as np
import torch

from medopt.augment.low_resolution import LowResolution
from medopt.augment.technique import Frame


def test_the_image_stays_where_it_is() -> None:
    index = torch.stack(torch.meshgrid(*[torch.arange(n).float() for n in (16, 17, 18)], indexing="ij"))
    for factor in (1.25, 1.5, 2.0, 2.5):
        blob = torch.exp(-((index - torch.tensor([7.0, 8.0, 9.0]).view(3, 1, 1, 1)) ** 2).sum(0) / 12)
        out = LowResolution.apply(blob[None, None].clone(), [{"factors": [factor] * 3}], [(1, 1, 1)])[0, 0]
        centre = (index * out).sum(dim=(1, 2, 3)) / out.sum()
        assert torch.allclose(centre, torch.tensor([7.0, 8.0, 9.0]), atol=0.06)
        assert out.max() < blob.max()


def test_fine_stripes_vanish_and_the_mean_stays() -> None:
    stripes = torch.tensor([0.0, 1.0]).repeat(8).expand(1, 1, 16, 16, 16).clone()
    out = LowResolution.apply(stripes, [{"factors": [2.0, 2.0, 2.0]}], [(1, 1, 1)])
    assert torch.allclose(out, torch.tensor(0.5), atol=1e-6)


def test_all_axes_or_one(frame: Frame) -> None:
    factors = LowResolution(factor=(1.5, 2)).parameters(np.random.default_rng(1), frame)["factors"]
    assert len(set(factors)) == 1
    one = [LowResolution(factor=(1.5, 2), axes="one").parameters(np.random.default_rng(n), frame) for n in range(30)]
    assert all(sorted(p["factors"])[:2] == [1, 1] for p in one)
    assert {int(np.argmax(p["factors"])) for p in one} == {0, 1, 2}
