"""The U-Net family: shapes, gradients, sizes, and that what cannot be built says why."""

from __future__ import annotations

import pytest
import torch

from medopt.errors import MedOptError
from medopt.networks import NETWORKS, NetworkSettings, UNet, build_network, count_parameters

STRIDES = ((1, 1, 1), (1, 2, 2), (2, 2, 2))


def small(name: str = "unet", **more: object) -> NetworkSettings:
    return NETWORKS[name](features=(4, 8, 12), strides=STRIDES, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["unet", "residual_unet", "separable_unet"])
@pytest.mark.parametrize("norm", ["instance", "batch"])
def test_logits_have_the_size_of_the_input_and_every_weight_learns(name: str, norm: str) -> None:
    settings = small(name, norm=norm)
    network = build_network(settings, channels=2, outputs=3, dims=3)
    x = torch.randn(2, 2, 4, 8, 12)
    levels = network(x)
    assert [tuple(level.shape) for level in levels] == [(2, 3, 4, 8, 12), (2, 3, 4, 4, 6)]
    sum(level.square().mean() for level in levels).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert without == []
    assert tuple(network.eval()(x).shape) == (2, 3, 4, 8, 12)


def test_in_2d_the_first_axis_is_absent() -> None:
    settings = small().model_copy(update={"strides": ((1, 1, 1), (1, 2, 2), (1, 2, 2))})
    network = build_network(settings, channels=1, outputs=2, dims=2).eval()
    assert tuple(network(torch.randn(1, 1, 8, 16)).shape) == (1, 2, 8, 16)


def test_parameters_are_those_counted_by_hand() -> None:
    settings = UNet(features=(4, 8), strides=((1, 1, 1), (2, 2, 2)), convolutions=1, deep_supervision=False)
    network = build_network(settings, channels=1, outputs=2, dims=3)
    encoder = 27 * 1 * 4 + 2 * 4 + 27 * 4 * 8 + 2 * 8
    decoder = 8 * 8 * 4 + 27 * 8 * 4 + 2 * 4
    head = 4 * 2 + 2
    assert count_parameters(network) == encoder + decoder + head


def test_the_smallest_size_is_the_divisor() -> None:
    settings = small()
    assert settings.divisor == (2, 4, 4)
    network = build_network(settings, channels=1, outputs=2, dims=3).eval()
    assert tuple(network(torch.randn(1, 1, 2, 4, 8)).shape) == (1, 2, 2, 4, 8)


def test_3d_strides_in_2d_are_refused() -> None:
    with pytest.raises(MedOptError, match=r"network.strides.*expected 1 as the first number"):
        build_network(small(), channels=1, outputs=2, dims=2)


def test_stages_must_agree() -> None:
    with pytest.raises(MedOptError, match="features has 2 stages and strides 3"):
        UNet.parse({"features": [4, 8], "strides": STRIDES}, "recipe.yaml")


def test_a_misspelt_network_is_named_with_the_nearest() -> None:
    with pytest.raises(MedOptError, match=r"field 'name'.*did you mean 'unet'"):
        UNet.parse({"name": "unett"}, "recipe.yaml")
