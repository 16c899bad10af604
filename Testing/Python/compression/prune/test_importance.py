"""Importance is the change of the loss, to first order."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from medopt.compression.prune import channel_graph, per_layer, remove_groups, taylor_importance, weight_importance
from medopt.errors import MedOptError


def without(network: torch.nn.Module, group: int) -> torch.nn.Module:
    smaller = copy.deepcopy(network)
    graph = channel_graph(smaller, 1)
    keep = np.ones(graph.groups, bool)
    keep[group] = False
    return remove_groups(smaller, graph, keep)


def test_where_the_loss_is_linear_in_each_map_it_is_the_change_itself() -> None:
    torch.manual_seed(1)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 5, 3), torch.nn.ReLU(), torch.nn.Conv2d(5, 2, 1))
    graph = channel_graph(network, 1)
    batches = [torch.randn(2, 1, 6, 6) for _ in range(3)]
    importance = taylor_importance(network, graph, [lambda n, x=x: n(x)[:, 0].mean() for x in batches])
    with torch.no_grad():
        for group in range(5):
            changes = [abs(float(network(x)[:, 0].mean() - without(network, group)(x)[:, 0].mean())) for x in batches]
            assert importance[group] == pytest.approx(np.mean(changes), rel=1e-4)


def test_what_several_layers_take_counts_in_all_of_them(network_of) -> None:
    """A gate on the maps of one group has, to first order, the derivative that is found at the columns."""
    network = network_of("mobilenet_v3", 2)
    network.double()
    graph = channel_graph(network, 2)
    x = torch.randn(2, 2, 8, 12, dtype=torch.float64)
    importance = taylor_importance(network, graph, [lambda n: n(x).square().mean()])
    slots = [slot for slot in graph.slots if slot.role == "takes"]
    network.eval()
    for group in np.random.default_rng(0).permutation(graph.groups)[:5]:
        places = [(s.tensor, s.axis, np.flatnonzero(s.groups == group)) for s in slots if (s.groups == group).any()]
        values = []
        for gate in (1 - 1e-4, 1 + 1e-4):
            gated = copy.deepcopy(network)
            with torch.no_grad():
                for tensor, axis, where in places:
                    weight = gated.get_parameter(tensor)
                    index = torch.from_numpy(where)
                    weight.index_copy_(axis, index, weight.index_select(axis, index) * gate)
                values.append(float(gated(x).square().mean()))
        assert importance[group] == pytest.approx(abs(values[1] - values[0]) / 2e-4, rel=1e-3, abs=1e-9)


def test_gradients_and_mode_are_left_as_they_were(network_of) -> None:
    network = network_of("unet", 2).train()
    graph = channel_graph(network, 2)
    taylor_importance(network, graph, [lambda n: n(torch.randn(1, 2, 8, 8)).square().mean()])
    assert network.training
    assert all(p.grad is None for p in network.parameters())
    with pytest.raises(MedOptError, match="no batch to measure the importance"):
        taylor_importance(network, graph, [])
    with pytest.raises(MedOptError, match="loss of a training batch is no number"):
        taylor_importance(network, graph, [lambda n: n(torch.full((1, 2, 8, 8), float("nan"))).mean()])


def test_weights_alone_rank_by_their_size() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 3, 1), torch.nn.ReLU(), torch.nn.Conv2d(3, 2, 1))
    with torch.no_grad():
        network[2].weight.copy_(torch.tensor([[3.0, 0.0, 1.0], [4.0, 0.0, 1.0]])[:, :, None, None])
    graph = channel_graph(network, 1)
    np.testing.assert_allclose(weight_importance(network, graph), [5, 0, np.sqrt(2)], rtol=1e-6)
    np.testing.assert_allclose(per_layer(np.array([5.0, 0.0, 1.0]), graph), [2.5, 0, 0.5])
