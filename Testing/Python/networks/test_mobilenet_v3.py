"""MobileNetV3 as published, in numbers of weights and of multiplications; weights of the maps by hand."""

from __future__ import annotations

import pytest
import torch

from medopt.networks.mobilenet_v3 import SqueezeExcitation


@pytest.mark.parametrize(("size", "parameters", "giga"), [("S", 2_542_856, 0.057), ("M", 5_483_032, 0.217)])
def test_it_is_as_large_as_published(classifier, size, parameters, giga) -> None:
    found = classifier("mobilenet_v3", size=size)
    assert found.parameters == parameters
    assert found.multiply_adds / 1e9 == pytest.approx(giga, abs=5e-4)


def test_the_wider_one_is_as_large_as_in_the_paper(classifier) -> None:
    found = classifier("mobilenet_v3", size="L")
    assert found.parameters / 1e6 == pytest.approx(7.5, abs=0.05)
    assert found.multiply_adds / 1e6 == pytest.approx(356, rel=0.05)


def test_maps_are_weighted_by_what_they_show_on_average() -> None:
    torch.manual_seed(0)
    layer = SqueezeExcitation(6, 2, 3)
    x = torch.randn(2, 6, 3, 4, 5)
    _, first, _, second, _ = layer.weights
    mean = x.mean((2, 3, 4))
    hidden = (mean @ first.weight.flatten(1).T + first.bias).clamp(min=0)
    weights = ((hidden @ second.weight.flatten(1).T + second.bias) / 6 + 0.5).clamp(0, 1)
    torch.testing.assert_close(layer(x), x * weights[:, :, None, None, None])
