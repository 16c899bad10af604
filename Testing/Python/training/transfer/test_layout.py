"""The parts of networks: those of MedOpt, and those of others that know nothing of it."""

from __future__ import annotations

import pytest
from torch import nn

from medopt.networks import NETWORKS, build_network
from medopt.training.transfer.layout import Layout


@pytest.mark.parametrize("name", sorted(NETWORKS))
@pytest.mark.parametrize("head", ["voxels", "image"])
def test_every_network_has_its_parts_in_order_and_each_tensor_in_one(name: str, head) -> None:
    network = build_network(NETWORKS[name](), 2, 5, 3, head=head)
    layout = Layout.of(network)
    roles = [part.role for part in layout.parts]
    order = ["encoder", "decoder", "head"]
    assert roles == sorted(roles, key=order.index)
    assert roles[-1] == "head"
    assert ("decoder" in roles) == (head == "voxels")
    for tensor in network.state_dict():
        assert sum(part.holds(tensor) for part in layout.parts) == 1
    assert layout.dims == 3
    assert layout.stems(2)
    assert all(layout.role(stem) == "encoder" for stem in layout.stems(2))


def test_the_head_has_a_row_for_each_output() -> None:
    network = build_network(NETWORKS["unet"](), 1, 3, 3)
    answers = Layout.of(network).answers(3)
    assert answers == {f"heads.{n}.{kind}" for n in range(3) for kind in ("weight", "bias")}


def test_networks_of_others_are_taken_in_the_order_of_their_modules() -> None:
    nets = pytest.importorskip("monai.networks.nets", reason="MONAI is not installed")
    layout = Layout.of(nets.resnet18(spatial_dims=2, n_input_channels=3, num_classes=4))
    assert [part.modules for part in layout.parts] == [
        ("conv1", "bn1"),
        ("layer1",),
        ("layer2",),
        ("layer3",),
        ("layer4.0",),
        ("layer4.1",),
        ("fc",),
    ]
    assert layout.stems(3) == {"conv1.weight"}
    dense = Layout.of(nets.DenseNet121(spatial_dims=2, in_channels=1, out_channels=2))
    assert [part.modules for part in dense.parts][-2:] == [
        ("features.denseblock4", "features.norm5"),
        ("class_layers",),
    ]


def test_depthwise_kernels_are_no_stems() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3, groups=4), nn.Flatten(), nn.Linear(4, 2))
    assert Layout.of(network).stems(1) == {"0.weight"}


def test_a_single_layer_is_a_head_and_nothing_else() -> None:
    layout = Layout.of(nn.Linear(3, 2))
    assert [part.role for part in layout.parts] == ["head"]
    assert layout.answers(2) == {"weight", "bias"}
    assert layout.dims == 0
    assert Layout.of(nn.ReLU()).parts[0].role == "head"
