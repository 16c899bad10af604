"""Muon: what it does to a matrix, what it leaves to AdamW, and that it learns."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from medopt.training.muon import RMS, ROUNDS, Muon, balancing_work, is_matrix, orthogonalised


@pytest.mark.parametrize("shape", [(16, 16), (8, 40), (60, 12)])
def test_singular_values_come_near_one_and_vectors_stay(shape: tuple[int, int]) -> None:
    torch.manual_seed(3)
    left, _, right = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    values = torch.linspace(1.0, 0.02, len(right))
    found = orthogonalised(left @ torch.diag(values) @ right)
    core = left.T @ found @ right.T  # diagonal where the vectors are the same
    assert torch.allclose(core, torch.diag(core.diag()), atol=1e-3)
    assert float(core.diag().min()) > 0.6
    assert float(core.diag().max()) < 1.3


def test_zeros_stay_zeros_and_scale_does_not_matter() -> None:
    assert not orthogonalised(torch.zeros(8, 9)).any()
    matrix = torch.randn(8, 20, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(orthogonalised(matrix), orthogonalised(1e4 * matrix), atol=1e-4)


def test_which_weights_are_balanced() -> None:
    assert is_matrix(nn.Conv3d(8, 16, 3).weight)
    assert is_matrix(nn.Linear(40, 10).weight)
    assert is_matrix(nn.ConvTranspose3d(16, 8, 2).weight)
    for other in (nn.Conv3d(16, 16, 3, groups=16), nn.Conv3d(16, 3, 1), nn.Conv3d(1, 16, 3)):
        assert not is_matrix(other.weight)
    assert not is_matrix(nn.InstanceNorm3d(8, affine=True).weight)


def test_other_weights_take_exactly_adamw() -> None:
    torch.manual_seed(0)
    ours = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    theirs = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    theirs.load_state_dict(ours.state_dict())
    one = Muon(ours.parameters(), 0.01, weight_decay=0.1)
    other = torch.optim.AdamW(theirs.parameters(), 0.01, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)
    for _ in range(5):
        x = torch.randn(6, 3)
        for network, optimiser in ((ours, one), (theirs, other)):
            optimiser.zero_grad()
            network(x).square().sum().backward()
            optimiser.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_first_step_of_a_matrix_has_the_stated_size_and_falls_by_the_weight_decay() -> None:
    weight = nn.Parameter(torch.zeros(16, 16))
    optimiser = Muon([weight], 0.5)
    (weight * torch.randn(16, 16, generator=torch.Generator().manual_seed(2))).sum().backward()
    optimiser.step()
    size = float(weight.detach().square().mean().sqrt())
    assert size == pytest.approx(0.5 * RMS, rel=0.2)
    decayed = nn.Parameter(torch.ones(16, 16))
    decayed.grad = torch.zeros(16, 16)
    Muon([decayed], 0.1, weight_decay=0.2).step()
    torch.testing.assert_close(decayed.detach(), torch.full((16, 16), 0.98))


def test_badly_scaled_problem_is_solved_in_fewer_steps_than_by_adamw() -> None:
    def loss_after(make: object) -> float:
        torch.manual_seed(5)
        target = torch.linalg.qr(torch.randn(24, 24))[0]
        inputs = torch.randn(200, 24) @ torch.diag(torch.logspace(0, -1.5, 24))
        weight = nn.Parameter(torch.zeros(24, 24))
        optimiser = make([weight])  # type: ignore[operator]
        for step in range(120):
            for group in optimiser.param_groups:
                group["lr"] = 0.1 * (1 - step / 120)
            optimiser.zero_grad()
            (inputs @ weight - inputs @ target).square().mean().backward()
            optimiser.step()
        return float((weight - target).detach().square().mean())

    assert loss_after(lambda p: Muon(p, 0.1)) < 0.5 * loss_after(lambda p: torch.optim.AdamW(p, 0.1, weight_decay=0.0))


def test_its_work_counts_the_products_of_the_matrices_alone() -> None:
    network = nn.Sequential(nn.Conv3d(1, 16, 3), nn.InstanceNorm3d(16, affine=True), nn.Conv3d(16, 32, 3))
    short, long = 32, 16 * 27
    products = short * long * short + short * short * short + short * short * long
    assert balancing_work(network) == ROUNDS * products
