"""The one decoder: what it is made of, and that U-Nets from before there were families are the same to the number."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medopt.networks import NETWORKS, ResNet, ShuffleNetV2, UNet, build_network, count_parameters

STRIDES = {3: ((1, 1, 1), (1, 2, 2), (2, 2, 2)), 2: ((1, 1, 1), (1, 2, 2), (1, 2, 2))}


@pytest.mark.parametrize(
    ("name", "norm", "dims", "deep", "parameters", "outputs", "drawn"),
    [
        ("unet", "instance", 3, True, 17282, [0.802448, 0.912733], 0.912366),
        ("unet", "batch", 2, False, 6071, [0.652094], 0.063501),
        ("residual_unet", "instance", 2, False, 10383, [0.554044], 0.51246),
        ("residual_unet", "batch", 3, True, 29658, [0.679182, 0.707494], 0.749545),
    ],
)
def test_u_nets_are_what_they_were(name, norm, dims, deep, parameters, outputs, drawn) -> None:
    torch.manual_seed(3)
    settings = NETWORKS[name](features=(4, 8, 12), strides=STRIDES[dims], norm=norm, deep_supervision=deep)
    network = build_network(settings, 2, 3, dims)
    assert float(torch.rand(1)) == pytest.approx(drawn, abs=1e-6)
    torch.manual_seed(4)
    found = network(torch.randn(2, 2, *(4, 8, 12)[3 - dims :]))
    levels = found if isinstance(found, list) else [found]
    assert count_parameters(network) == parameters
    assert [float(level.detach().abs().mean()) for level in levels] == pytest.approx(outputs, abs=2e-5)
    parts = {key.split(".")[0] for key in network.state_dict()}
    assert parts == {"stages", "ups", "decoders", "heads"}


def test_the_image_stands_beside_the_finest_level() -> None:
    network = build_network(ResNet(size="S"), 3, 2, 3)
    assert network.decoders[-1][0].convolution.in_channels == 16 + 3


def test_wide_features_are_narrowed_first() -> None:
    network = build_network(ResNet(size="L"), 1, 2, 3)
    laterals = [layer.convolution for layer in network.laterals if not isinstance(layer, nn.Identity)]
    assert [(c.in_channels, c.out_channels) for c in laterals] == [(1024, 256), (512, 128), (256, 64), (64, 32)]


def test_light_encoders_have_light_decoders() -> None:
    light, heavy = (build_network(s, 1, 2, 3) for s in (ShuffleNetV2(), ResNet()))
    assert not any(isinstance(m, nn.ConvTranspose3d) for m in light.modules())
    assert any(isinstance(m, nn.ConvTranspose3d) for m in heavy.modules())
    shares = [
        sum(count_parameters(p) for p in (n.ups, n.laterals, n.decoders, n.heads)) / count_parameters(n)
        for n in (light, heavy)
    ]
    assert shares[0] < 0.15


@pytest.mark.parametrize(("level", "heads"), [(0, [0, 1, 2]), (1, [1, 2, 3]), (3, [3, 4]), (4, [4])])
def test_up_to_three_levels_learn_from_the_output_down(level: int, heads: list[int]) -> None:
    settings = ResNet(size="S", strides=((1, 2, 2),) * 5, output_level=level)
    network = build_network(settings, 1, 2, 2)
    assert len(network.heads) == len(heads)
    found = network(torch.randn(2, 1, 64, 64))
    sides = [level.shape[-1] for level in (found if isinstance(found, list) else [found])]
    assert sides == [64 // 2**n for n in heads]


def test_coarse_levels_answer_in_training_only() -> None:
    network = build_network(UNet(), 1, 2, 3)
    assert len(network(torch.randn(1, 1, 16, 16, 16))) == 3
    assert isinstance(network.eval()(torch.randn(1, 1, 16, 16, 16)), torch.Tensor)
