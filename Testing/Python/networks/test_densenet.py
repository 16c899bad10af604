"""DenseNet as published, in numbers of weights and of multiplications; the answers of MONAI's with the same weights."""

from __future__ import annotations

import pytest
import torch
from monai.networks.nets import DenseNet121

from medopt.networks import DenseNet, build_network


@pytest.mark.parametrize(
    ("size", "parameters", "giga"), [("S", 7_978_856, 2.834), ("M", 14_149_480, 3.36), ("L", 20_013_928, 4.291)]
)
def test_it_is_as_large_as_published(classifier, size, parameters, giga) -> None:
    found = classifier("densenet", size=size)
    assert found.parameters == parameters
    assert found.multiply_adds / 1e9 == pytest.approx(giga, abs=5e-4)


@pytest.mark.parametrize("dims", [2, 3])
def test_it_answers_as_monais_does(dims, shuffled_statistics) -> None:
    torch.manual_seed(0)
    reference = shuffled_statistics(DenseNet121(spatial_dims=dims, in_channels=1, out_channels=3))
    network = build_network(DenseNet(size="S", strides=((1 if dims == 2 else 2, 2, 2),) * 5), 1, 3, dims, "image")
    for ours, theirs in zip(network.parameters(), reference.parameters(), strict=True):
        ours.data.copy_(theirs.data)
    for ours, theirs in zip(network.buffers(), reference.buffers(), strict=True):
        ours.copy_(theirs)
    x = torch.randn(1, 1, *(64, 32, 32)[3 - dims :])
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(x), reference.eval()(x), rtol=1e-4, atol=1e-4)
