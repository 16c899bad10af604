"""A network is rebuilt from its settings and the shapes of stored tensors; anything else is refused."""

from __future__ import annotations

import pytest
import torch

from medopt.errors import MedOptError
from medopt.networks import SeparableUNet, UNet, build_network
from medopt.networks.narrow import narrow

SETTINGS = UNet(features=(4, 8), strides=((1, 1, 1), (1, 2, 2)), convolutions=1, norm="batch")


def shapes() -> dict[str, tuple[int, ...]]:
    return {name: tuple(v.shape) for name, v in build_network(SETTINGS, 1, 2, 2).state_dict().items()}


def test_the_same_shapes_change_nothing() -> None:
    network = build_network(SETTINGS, 1, 2, 2)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert narrow(network, shapes()) is network
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_layers_take_the_shapes_with_their_own_numbers() -> None:
    """Depthwise filters say by their number how many groups there are."""
    settings = SeparableUNet(features=(8, 8), strides=((1, 1, 1), (1, 2, 2)))
    network = build_network(settings, 1, 2, 2)
    wanted = {}
    for name, value in network.state_dict().items():
        shape = tuple(5 if size == 8 else size for size in value.shape)
        wanted[name] = tuple(10 if size == 16 else size for size in shape)
    narrow(network, wanted)
    assert {name: tuple(v.shape) for name, v in network.state_dict().items()} == wanted
    assert tuple(network.eval()(torch.randn(1, 1, 4, 8)).shape) == (1, 2, 4, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("heads.0.bias"), r"heads.0.bias: the weights are not those of a pruned copy"),
        (lambda s: s.update(more=(1,)), r"more: .*one of them alone has it"),
        (lambda s: s.update({"heads.0.weight": (2, 5, 1, 1)}), r"at most \[2, 4, 1, 1\].*found \[2, 5, 1, 1\]"),
        (lambda s: s.update({"heads.0.weight": (2, 4, 1)}), r"heads.0.weight"),
        (lambda s: s.update({"heads.0.weight": (0, 4, 1, 1)}), r"found \[0, 4, 1, 1\]"),
        (lambda s: s.update({"stages.0.0.convolution.weight": (2, 1, 1, 3)}), r"the kernel as it is"),
    ],
)
def test_shapes_of_another_network_are_refused(change, message) -> None:
    network, strange = build_network(SETTINGS, 1, 2, 2), shapes()
    change(strange)
    with pytest.raises(MedOptError, match=message):
        narrow(network, strange)
    assert {name: tuple(v.shape) for name, v in network.state_dict().items()} == shapes()
