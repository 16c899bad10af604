"""The faster precision is taken by measurement, and measuring changes nothing."""

from __future__ import annotations

import pytest
import torch

from medopt.networks import UNet, build_network
from medopt.training import precision
from medopt.training.precision import faster_precision
from medopt.training.recipe import TrainingSettings

SETTINGS = TrainingSettings(patch=(8, 8, 8), steps=1)


@pytest.mark.parametrize(("half", "expected"), [(0.5, "bfloat16"), (0.95, "float32"), (2.0, "float32")])
def test_half_precision_must_be_clearly_faster(monkeypatch: pytest.MonkeyPatch, half: float, expected: str) -> None:
    monkeypatch.setattr(precision, "_seconds", lambda *_, **how: half if how["half"] else 1.0)
    network = build_network(UNet(features=(4, 8), strides=((1, 1, 1), (2, 2, 2))), 1, 2, 3)
    assert faster_precision(network, SETTINGS, 1, torch.device("cpu")) == expected


def test_neither_weights_nor_random_numbers_change() -> None:
    network = build_network(UNet(features=(4, 8), strides=((1, 1, 1), (2, 2, 2)), norm="batch"), 1, 2, 3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    faster_precision(network, SETTINGS, 1, torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(p.grad is None for p in network.parameters())
