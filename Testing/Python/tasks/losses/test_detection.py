"""The loss of heat maps against the loops of its papers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from torch import Tensor

from medopt.errors import MedOptError
from medopt.tasks.losses import LossSettings, detection_loss

CELLS = (4, 5, 6)


def batch(seed: int = 0, cells: tuple[int, ...] = CELLS) -> tuple[Tensor, dict[str, Tensor]]:
    torch.manual_seed(seed)
    dims = len(cells)
    heat = torch.rand(2, 2, *cells) * 0.9
    centers = torch.zeros(2, *cells, dtype=torch.bool)
    for sample, c, place in ((0, 0, (1, 2, 3)), (0, 1, (1, 2, 3)), (0, 1, (0, 0, 0)), (1, 0, (3, 4, 5))):
        heat[(sample, c, *place[-dims:])] = 1
        centers[(sample, *place[-dims:])] = True
    return torch.randn(2, 2 + 2 * dims, *cells), {
        "heat": heat,
        "sizes": torch.randn(2, dims, *cells),
        "offsets": torch.rand(2, dims, *cells) - 0.5,
        "centers": centers,
    }


def by_hand(outputs: Tensor, targets: dict[str, Tensor], judged: Tensor, settings: LossSettings) -> float:
    """CenterNet's loss, one cell at a time."""
    heat = targets["heat"].double().numpy()
    out = outputs.double().numpy()
    classes, dims = heat.shape[1], heat.ndim - 2
    number, total = 0, 0.0
    for sample in range(len(heat)):
        for cell in itertools.product(*map(range, heat.shape[2:])):
            is_center = False
            for c in range(classes):
                if not judged[sample, c]:
                    continue
                y, p = heat[(sample, c, *cell)], 1 / (1 + math.exp(-out[(sample, c, *cell)]))
                if y == 1:
                    number += 1
                    is_center = True
                    total -= (1 - p) ** settings.gamma * math.log(p)
                else:
                    total -= (1 - y) ** 4 * p**settings.gamma * math.log(1 - p)
            if is_center:
                for axis in range(dims):
                    size = abs(out[(sample, classes + axis, *cell)] - float(targets["sizes"][(sample, axis, *cell)]))
                    place = abs(
                        out[(sample, classes + dims + axis, *cell)] - float(targets["offsets"][(sample, axis, *cell)])
                    )
                    total += settings.size_weight * size + settings.offset_weight * place
    return total / max(number, 1)


@pytest.mark.parametrize("cells", [CELLS, (5, 6)])
@pytest.mark.parametrize("settings", [LossSettings(), LossSettings(gamma=3.0, size_weight=0.1, offset_weight=5.0)])
def test_equal_to_the_loops_of_the_paper(cells: tuple[int, ...], settings: LossSettings) -> None:
    outputs, targets = batch(cells=cells)
    loss = detection_loss(settings)
    everything = torch.ones(2, 2, dtype=torch.bool)
    assert loss(outputs, targets).item() == pytest.approx(by_hand(outputs, targets, everything, settings), rel=1e-5)
    some = torch.tensor([[True, False], [True, True]])
    expected = by_hand(outputs, targets, some, settings)
    assert loss(outputs, {**targets, "judged": some}).item() == pytest.approx(expected, rel=1e-5)


def test_only_centers_pull_on_sizes_and_offsets() -> None:
    outputs, targets = batch()
    detection_loss(LossSettings())(outputs.requires_grad_(), targets).backward()
    assert outputs.grad is not None
    touched = outputs.grad[:, 2:].abs().sum(1) > 0
    assert torch.equal(touched, targets["centers"])


def test_unjudged_classes_feel_no_pull() -> None:
    outputs, targets = batch()
    targets["judged"] = torch.tensor([[False, True], [False, False]])
    detection_loss(LossSettings())(outputs.requires_grad_(), targets).backward()
    assert outputs.grad is not None
    assert not outputs.grad[:, 0].any()
    assert not outputs.grad[1].any()
    assert outputs.grad[0, 1].any()
    assert outputs.grad[0, 2:, 0, 0, 0].any()


def test_without_boxes_only_heat_is_taught() -> None:
    outputs, targets = batch()
    targets["heat"], targets["centers"] = torch.zeros_like(targets["heat"]), torch.zeros_like(targets["centers"])
    value = detection_loss(LossSettings())(outputs.requires_grad_(), targets)
    value.backward()
    assert value.item() == pytest.approx(by_hand(outputs.detach(), targets, torch.ones(2, 2), LossSettings()), rel=1e-5)
    assert outputs.grad is not None
    assert bool((outputs.grad[:, :2] > 0).all())
    assert not outputs.grad[:, 2:].any()


@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_gradients_are_finite(size: float, gamma: float) -> None:
    outputs, targets = batch()
    x = (size * outputs.sign()).requires_grad_()
    value = detection_loss(LossSettings(gamma=gamma, size_weight=0))(x, targets)
    value.backward()
    assert np.isfinite(value.item())
    assert x.grad is not None
    assert bool(torch.isfinite(x.grad).all())


def test_half_precision_is_computed_in_single() -> None:
    outputs, targets = batch()
    loss = detection_loss(LossSettings())
    assert loss(outputs.bfloat16(), targets).item() == loss(outputs.bfloat16().float(), targets).item()


def test_losses_of_other_tasks_are_refused() -> None:
    with pytest.raises(MedOptError, match="not a loss of detection: expected auto or focal, found tversky"):
        detection_loss(LossSettings(name="tversky"))
