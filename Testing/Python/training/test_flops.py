"""Arithmetic is counted as closed forms say, and a machine's peak is measured once."""

from __future__ import annotations

import time

import pytest
import torch
from torch import Tensor, nn

from medopt.training import flops
from medopt.training.flops import matrix_peak, step_flops


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("batch", [1, 3])
def test_layers_are_counted_as_their_closed_forms(dims: int, batch: int) -> None:
    convolution = {2: nn.Conv2d, 3: nn.Conv3d}[dims]
    transposed = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}[dims]
    norm = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}[dims]
    network = nn.Sequential(
        convolution(2, 4, 3, padding=1),
        norm(4),
        nn.LeakyReLU(inplace=True),
        convolution(4, 8, 3, stride=2, padding=1, bias=False),
        transposed(8, 3, 2, 2, bias=False),
        nn.Flatten(),
        nn.Linear(3 * 8**dims, 5),
    )
    voxels, coarse = 8**dims, 4**dims
    first = 2 * batch * voxels * 4 * 2 * 3**dims
    second = 2 * batch * coarse * 8 * 4 * 3**dims
    up = 2 * batch * coarse * 8 * 3 * 2**dims
    linear = 2 * batch * 3 * voxels * 5
    # backward: once for the weights and once for the input, which the first layer's input does not need
    expected = 2 * first + 3 * (second + up + linear)
    assert step_flops(network, (batch, 2, *(8,) * dims)) == expected


def test_groups_divide_and_heads_add() -> None:
    class Heads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.depthwise = nn.Conv3d(4, 4, 3, padding=1, groups=4)
            self.heads = nn.ModuleList([nn.Conv3d(4, 2, 1), nn.Conv3d(4, 2, 1)])

        def forward(self, x: Tensor) -> list[Tensor]:
            x = self.depthwise(x)
            return [head(x) for head in self.heads]

    voxels = 4**3
    assert step_flops(Heads(), (1, 4, 4, 4, 4)) == 2 * (2 * voxels * 4 * 27) + 2 * 3 * (2 * voxels * 4 * 2)


def test_counting_changes_nothing() -> None:
    network = nn.Sequential(nn.Conv3d(1, 2, 1), nn.BatchNorm3d(2)).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    step_flops(network, (1, 1, 2, 2, 2))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training
    assert all(p.grad is None for p in network.parameters())


def test_the_peak_is_above_what_a_small_product_reaches_and_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(flops.SIDE, "cpu", 256)
    flops._matrix_peak.cache_clear()
    state = torch.get_rng_state()
    peak = matrix_peak(torch.device("cpu"))
    a = torch.rand(8, 8)
    began = time.perf_counter()
    for _ in range(100):
        a @ a
    small = 100 * 2 * 8**3 / (time.perf_counter() - began)
    assert peak > small
    assert matrix_peak(torch.device("cpu")) == peak
    flops._matrix_peak.cache_clear()
    torch.set_rng_state(state)
    matrix_peak(torch.device("cpu"))
    assert torch.equal(torch.get_rng_state(), state)
    flops._matrix_peak.cache_clear()
