"""ResNet as published: numbers of weights and of multiplications, and the answers of MONAI's with the same weights."""

from __future__ import annotations

import pytest
import torch
from monai.networks.nets import resnet18, resnet50

from medopt.networks import ResNet, build_network

STRIDES = {2: (1, 2, 2), 3: (2, 2, 2)}


@pytest.mark.parametrize(
    ("size", "parameters", "giga"), [("S", 11_689_512, 1.814), ("M", 21_797_672, 3.664), ("L", 25_557_032, 4.089)]
)
def test_it_is_as_large_as_published(classifier, size, parameters, giga) -> None:
    found = classifier("resnet", size=size)
    assert found.parameters == parameters
    assert found.multiply_adds / 1e9 == pytest.approx(giga, abs=5e-4)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize(("size", "peer"), [("S", resnet18), ("L", resnet50)])
def test_it_answers_as_monais_does(size, peer, dims, shuffled_statistics) -> None:
    torch.manual_seed(0)
    shortcuts = {"shortcut_type": "B", "bias_downsample": False}
    reference = peer(
        spatial_dims=dims, n_input_channels=2, num_classes=3, conv1_t_size=7, conv1_t_stride=2, **shortcuts
    )
    network = build_network(ResNet(size=size, strides=(STRIDES[dims],) * 5), 2, 3, dims, "image")
    for ours, theirs in zip(network.parameters(), shuffled_statistics(reference).parameters(), strict=True):
        ours.data.copy_(theirs.data)
    for ours, theirs in zip(network.buffers(), reference.buffers(), strict=True):
        ours.copy_(theirs)
    x = torch.randn(1, 2, *(64, 32, 32)[3 - dims :])
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(x), reference.eval()(x), rtol=1e-4, atol=1e-4)


def test_the_first_layer_looks_wide_along_axes_that_it_reduces_only() -> None:
    network = build_network(ResNet(size="S", strides=((1, 2, 2), *[(2, 2, 2)] * 4)), 1, 2, 3)
    assert tuple(network.stages[1].convolution.weight.shape[2:]) == (3, 7, 7)
