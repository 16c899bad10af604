"""A pruned network answers as the whole one does whose removed maps are silenced, in every family."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch

from medopt.compression.onnx_file import write_onnx
from medopt.compression.prune import (
    ChannelGraph,
    Costs,
    channel_graph,
    layer_multiply_adds,
    layer_parameters,
    remove_groups,
)
from medopt.errors import MedOptError
from medopt.inference.runtimes.onnx_runtime import OnnxRuntime
from medopt.networks import NETWORKS, UNet, build_network, coarser, count_parameters

FAMILIES = sorted(NETWORKS)
SPACE = {2: (8, 12), 3: (4, 8, 12)}


def half_of(graph: ChannelGraph, seed: int = 0) -> np.ndarray:
    """A random half of each layer's groups stays, at least one."""
    keep = np.zeros(graph.groups, bool)
    draw = np.random.default_rng(seed)
    for layer in range(graph.layers.max() + 1):
        groups = np.flatnonzero(graph.layers == layer)
        keep[draw.permutation(groups)[: -(-len(groups) // 2)]] = True
    return keep


def silenced(network: torch.nn.Module, graph: ChannelGraph, keep: np.ndarray) -> torch.nn.Module:
    """The whole network whose removed maps are 0 wherever they are made: filters, biases, and norms' gains."""
    result = copy.deepcopy(network)
    with torch.no_grad():
        for name, parameter in result.named_parameters():
            for slot in graph.by_tensor.get(name, ()):
                if slot.role != "takes":
                    gone = torch.from_numpy(np.flatnonzero(~slot.kept(keep)))
                    parameter.index_fill_(slot.axis, gone, 0.0)
    return result


LIGHT = ("unet", "residual_unet", "separable_unet", "mobilenet_v3")
CASES = [(name, dims, head) for name in FAMILIES for dims, head in ((2, "image"), (3, "voxels"))]
CASES += [(name, dims, head) for name in LIGHT for dims, head in ((3, "image"), (2, "voxels"))]


@pytest.mark.parametrize(("name", "dims", "head"), CASES)
def test_the_pruned_network_gives_what_the_whole_one_gives_with_silent_maps(name, dims, head, network_of) -> None:
    norm = "instance" if name in ("unet", "residual_unet") and dims == 3 and head == "voxels" else "batch"
    network = network_of(name, dims, head, norm)
    graph = channel_graph(network, 2)
    keep = half_of(graph)
    oracle = silenced(network, graph, keep).eval()
    before = count_parameters(network)
    expected_parameters = Costs(graph, layer_parameters(network)).of(keep)
    expected_adds = Costs(graph, layer_multiply_adds(network, (2, *SPACE[dims]))).of(keep)
    pruned = remove_groups(network, graph, keep).eval()
    x = torch.randn(2, 2, *SPACE[dims])
    with torch.no_grad():
        wanted, given = oracle(x), pruned(x)
    assert wanted.std() > 0
    torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-4 * float(wanted.abs().max()))
    assert count_parameters(pruned) == round(expected_parameters) < (0.75 if name != "shufflenet_v2" else 0.95) * before
    assert sum(layer_multiply_adds(pruned, (2, *SPACE[dims])).values()) == round(expected_adds)
    outputs = pruned.train()(x)
    levels = outputs if isinstance(outputs, list) else [outputs]
    sum(level.square().mean() for level in levels).backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in pruned.parameters())


@pytest.mark.parametrize("name", ["residual_unet", pytest.param("mobilenet_v3", marks=pytest.mark.long)])
def test_a_pruned_network_can_be_pruned_again_and_exported(name, network_of, tmp_path: Path) -> None:
    network = network_of(name, 2)
    for seed in (1, 2):
        graph = channel_graph(network, 2)
        remove_groups(network, graph, half_of(graph, seed))
    network.eval()
    divisor = (1, 4, 4)
    write_onnx(network, tmp_path / "model.onnx", channels=2, divisor=divisor, dims=2)
    windows = torch.randn(1, 2, 1, 8, 12)
    with torch.no_grad():
        wanted = network(windows[:, :, 0])[:, :, None].numpy()
    np.testing.assert_allclose(OnnxRuntime(tmp_path / "model.onnx", 2)(windows.numpy()), wanted, atol=2e-4)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_a_network_that_sees_the_image_again_at_its_end_is_pruned_beside_it(norm) -> None:
    torch.manual_seed(4)
    settings = coarser(UNet(features=(4, 8, 16), strides=((1, 1, 1), (2, 2, 2), (1, 2, 2)), norm=norm))
    network = build_network(settings, 2, 3, 3)
    graph = channel_graph(network, 2)
    keep = half_of(graph)
    oracle = silenced(network, graph, keep).eval()
    pruned = remove_groups(network, graph, keep).eval()
    x = torch.randn(2, 2, 4, 8, 8)
    with torch.no_grad():
        wanted = oracle(x)
        torch.testing.assert_close(pruned(x), wanted, rtol=1e-4, atol=1e-5)
    assert wanted.std() > 0
    made = pruned.heads[-1]
    assert made.joint.convolution.in_channels == 2 + made.up.out_channels == 2 + 3
    assert made.last.in_channels == made.joint.convolution.out_channels == 4


def test_a_layer_never_loses_all_its_maps(network_of) -> None:
    network = network_of("unet", 2)
    graph = channel_graph(network, 2)
    with pytest.raises(MedOptError, match=r"a layer would lose all its feature maps"):
        remove_groups(network, graph, np.zeros(graph.groups, bool))
    assert tuple(network(torch.randn(1, 2, 8, 8))[0].shape) == (1, 3, 8, 8)


def test_grouped_convolutions_and_group_norms_lose_the_same_places_in_each_group() -> None:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1),
        torch.nn.GroupNorm(2, 8),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 12, 3, padding=1, groups=4),
        torch.nn.ReLU(),
        torch.nn.Conv2d(12, 2, 1),
    )
    graph = channel_graph(network, 1)
    # of the first convolution two groups of four maps (the parts of the norm and of the convolution are nested)
    assert sorted(np.bincount(graph.layers)) == [2, 3]
    keep = np.ones(graph.groups, bool)
    keep[np.flatnonzero(graph.layers == np.argmax(np.bincount(graph.layers)))[0]] = False
    oracle = silenced(network, graph, keep)
    pruned = remove_groups(network, graph, keep)
    assert (pruned[3].in_channels, pruned[3].out_channels, pruned[3].groups) == (8, 8, 4)
    x = torch.randn(2, 1, 6, 6)
    torch.testing.assert_close(pruned(x), oracle(x))
    keep = np.ones(channel_graph(network, 1).groups, bool)
    graph = channel_graph(network, 1)
    keep[np.flatnonzero(graph.layers == graph.layers[graph.by_tensor["0.weight"][0].groups[0]])[0]] = False
    pruned = remove_groups(network, graph, keep)
    assert (pruned[1].num_channels, pruned[3].in_channels, pruned[3].groups) == (4, 4, 4)
    assert tuple(pruned(x).shape) == (2, 2, 6, 6)


def test_an_unknown_operation_is_named() -> None:
    class Odd(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = torch.nn.Conv2d(1, 4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.roll(self.first(x), 1, 1)

    with pytest.raises(MedOptError, match=r"roll: feature maps cannot be followed through this network"):
        channel_graph(Odd(), 1)
    with pytest.raises(MedOptError, match=r"expected a layer of MedOpt's networks, found PReLU"):
        channel_graph(torch.nn.Sequential(torch.nn.Conv2d(1, 4, 1), torch.nn.PReLU(4)), 1)
