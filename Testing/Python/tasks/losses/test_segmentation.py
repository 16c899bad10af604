"""Losses of segmentation against MONAI, torch, closed forms, and what partial labels must mean."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from monai.losses import DiceCELoss, FocalLoss, TverskyLoss
from torch import Tensor

from medopt.errors import MedOptError
from medopt.tasks.losses import LossSettings, segmentation_loss
from medopt.tasks.losses.settings import OF_SEGMENTATION

SPACE = (5, 6, 7)
WEIGHTS = (0.5, 1.0, 4.0)
SMOOTH = {"smooth_nr": 1e-5, "smooth_dr": 1e-5}


def weights_for(name: str) -> tuple[float, ...] | None:
    return WEIGHTS if name == "weighted_ce" else None


@pytest.fixture
def batch() -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    return 2 * torch.randn(2, 3, *SPACE), torch.randint(0, 3, (2, *SPACE))


def value_and_gradient(name: str, logits: Tensor, *target: Tensor | None, **more: float) -> tuple[float, Tensor]:
    x = logits.detach().clone().requires_grad_()
    loss = segmentation_loss(LossSettings(name=name, **more), weights_for(name))(x, *target)  # type: ignore[arg-type]
    loss.backward()
    assert loss.dtype == torch.float32
    assert x.grad is not None
    return loss.item(), x.grad


def test_dice_and_cross_entropy_is_monais(batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    oracle = DiceCELoss(include_background=False, softmax=True, to_onehot_y=True, batch=True, **SMOOTH)
    x = logits.clone().requires_grad_()
    expected = oracle(x, target[:, None])
    expected.backward()
    for name in ("auto", "dice_ce"):
        value, gradient = value_and_gradient(name, logits, target)
        assert value == pytest.approx(expected.item(), rel=1e-6)
        torch.testing.assert_close(gradient, x.grad, rtol=1e-4, atol=1e-8)


def test_dice_and_cross_entropy_is_what_it_was(batch: tuple[Tensor, Tensor]) -> None:
    # the formula that recipes were trained with before losses had names
    logits, target = batch
    target[:, :2] = 255
    seen = (target != 255)[:, None].float()
    hot = F.one_hot(target * (target != 255), 3).movedim(-1, 1)[:, 1:].float() * seen
    p = logits.softmax(1)[:, 1:] * seen
    axes = [0, 2, 3, 4]
    dice = (2 * (p * hot).sum(axes) + 1e-5) / (p.sum(axes) + hot.sum(axes) + 1e-5)
    expected = F.cross_entropy(logits, target, ignore_index=255) + 1 - dice.mean()
    assert value_and_gradient("dice_ce", logits, target)[0] == pytest.approx(expected.item(), rel=1e-6)


def test_weighted_cross_entropy_is_torchs(batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    target[0, :2] = 255
    expected = F.cross_entropy(logits, target, torch.tensor(WEIGHTS), ignore_index=255)
    assert value_and_gradient("weighted_ce", logits, target)[0] == pytest.approx(expected.item(), rel=1e-6)
    plain = F.cross_entropy(logits, target, ignore_index=255)
    assert value_and_gradient("cross_entropy", logits, target)[0] == pytest.approx(plain.item(), rel=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_focal_is_monais(batch: tuple[Tensor, Tensor], gamma: float) -> None:
    logits, target = batch
    # MONAI sums over classes the focal loss of each voxel's one-hot target and then takes the mean over all of them
    oracle = 3 * FocalLoss(include_background=True, to_onehot_y=True, use_softmax=True, gamma=gamma)(
        logits, target[:, None]
    )
    assert value_and_gradient("focal", logits, target, gamma=gamma)[0] == pytest.approx(oracle.item(), rel=1e-5)
    both = value_and_gradient("dice_focal", logits, target, gamma=gamma)[0]
    dice = value_and_gradient("dice_ce", logits, target)[0] - value_and_gradient("cross_entropy", logits, target)[0]
    assert both == pytest.approx(oracle.item() + dice, rel=1e-5)


def test_tversky_is_monais(batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    oracle = TverskyLoss(
        include_background=False, softmax=True, to_onehot_y=True, batch=True, alpha=0.2, beta=0.9, **SMOOTH
    )(logits, target[:, None])
    found = value_and_gradient("tversky", logits, target, alpha=0.2, beta=0.9)[0]
    assert found == pytest.approx(oracle.item(), rel=1e-5)
    with_ce = value_and_gradient("tversky_ce", logits, target, alpha=0.2, beta=0.9)[0]
    assert with_ce == pytest.approx(found + F.cross_entropy(logits, target).item(), rel=1e-5)


@pytest.mark.parametrize("name", OF_SEGMENTATION)
def test_gradients_are_slopes(name: str) -> None:
    torch.manual_seed(3)
    logits, target = torch.randn(2, 3, 2, 3), torch.randint(0, 3, (2, 2, 3))
    target[0, 0, 0] = 255
    judged = torch.tensor([[True, False], [True, True]])
    _, gradient = value_and_gradient(name, logits, target, judged)
    loss = segmentation_loss(LossSettings(name=name), weights_for(name))
    step = 1e-2
    for index in itertools.product(range(2), range(3), range(2), range(3)):
        ends = []
        for sign in (1, -1):
            moved = logits.clone()
            moved[index] += sign * step
            ends.append(loss(moved, target, judged).item())
        assert gradient[index].item() == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=3e-4)


@pytest.mark.parametrize("name", OF_SEGMENTATION)
def test_everything_judged_is_the_same_as_not_saying(name: str, batch: tuple[Tensor, Tensor]) -> None:
    everything = torch.ones(2, 2, dtype=torch.bool)
    one, other = value_and_gradient(name, *batch, None), value_and_gradient(name, *batch, everything)
    assert one[0] == other[0]
    assert torch.equal(one[1], other[1])


def test_an_unjudged_class_is_one_with_the_background(batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    target[0][target[0] == 2] = 0  # nobody looked for class 2 in the first sample
    judged = torch.tensor([[True, False], [True, True]])
    p = logits.double().softmax(1)
    p[0, 0] += p[0, 2]
    p[0, 2] = 0
    hot = F.one_hot(target, 3).movedim(-1, 1).double()
    right = (p * hot).sum(1)

    def dice(samples: slice, c: int) -> Tensor:
        both = (p * hot)[samples, c].sum()
        return (2 * both + 1e-5) / (p[samples, c].sum() + hot[samples, c].sum() + 1e-5)

    overlap = 1 - (dice(slice(0, 2), 1) + dice(slice(1, 2), 2)) / 2
    entropy = -right.log().mean()
    assert value_and_gradient("cross_entropy", logits, target, judged)[0] == pytest.approx(entropy.item(), rel=1e-6)
    assert value_and_gradient("dice_ce", logits, target, judged)[0] == pytest.approx(
        (entropy + overlap).item(), rel=1e-6
    )
    spared = (-((1 - right) ** 2) * right.log()).mean()
    assert value_and_gradient("focal", logits, target, judged)[0] == pytest.approx(spared.item(), rel=1e-6)


@pytest.mark.parametrize("name", OF_SEGMENTATION)
def test_moving_probability_between_background_and_an_unjudged_class_is_free(
    name: str, batch: tuple[Tensor, Tensor]
) -> None:
    logits, target = batch
    target[target == 2] = 0
    judged = torch.tensor([[True, False], [True, False]])
    value, gradient = value_and_gradient(name, logits, target, judged)
    p = logits.softmax(1)
    swapped = p.clone()
    swapped[:, 0], swapped[:, 2] = 0.1 * (p[:, 0] + p[:, 2]), 0.9 * (p[:, 0] + p[:, 2])
    assert value_and_gradient(name, swapped.log(), target, judged)[0] == pytest.approx(value, rel=1e-5)
    # and what pulls on the one pulls on the other, in proportion to their probabilities
    torch.testing.assert_close(gradient[:, 0] * p[:, 2], gradient[:, 2] * p[:, 0], rtol=1e-3, atol=1e-7)


def test_voxels_of_a_class_said_to_be_unjudged_are_background(batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    judged = torch.tensor([[True, False], [True, False]])
    relabelled = target.clone()
    relabelled[target == 2] = 0
    assert value_and_gradient("dice_ce", logits, target, judged)[0] == pytest.approx(
        value_and_gradient("dice_ce", logits, relabelled, judged)[0], rel=1e-6
    )


@pytest.mark.parametrize("name", OF_SEGMENTATION)
def test_a_batch_that_says_nothing_costs_and_teaches_nothing(name: str, batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    value, gradient = value_and_gradient(name, logits, torch.full_like(target, 255))
    assert value == pytest.approx(0, abs=1e-6)
    assert not gradient.any()
    nobody = torch.zeros(2, 2, dtype=torch.bool)
    value, gradient = value_and_gradient(name, logits, torch.zeros_like(target), nobody)
    assert value == pytest.approx(0, abs=1e-6)
    assert float(gradient.abs().max()) < 1e-7


@pytest.mark.parametrize("name", OF_SEGMENTATION)
@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
def test_extreme_logits_and_absent_structures_have_finite_gradients(name: str, size: float) -> None:
    torch.manual_seed(5)
    logits = size * torch.randn(2, 3, *SPACE).sign()
    judged = torch.tensor([[True, False], [True, True]])
    target = torch.zeros(2, *SPACE, dtype=torch.long)
    gammas = (0.0, 0.5, 2.0) if "focal" in name else (2.0,)
    for gamma, other, known in itertools.product(gammas, (target, target + 1), (None, judged)):
        value, gradient = value_and_gradient(name, logits, other, known, gamma=gamma)
        assert np.isfinite(value)
        assert bool(torch.isfinite(gradient).all())


@pytest.mark.parametrize("name", OF_SEGMENTATION)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_single(name: str, dtype: torch.dtype, batch: tuple[Tensor, Tensor]) -> None:
    logits, target = batch
    half = logits.to(dtype)
    value, gradient = value_and_gradient(name, half, target)
    assert value == value_and_gradient(name, half.float(), target)[0]
    assert gradient.dtype == dtype


@pytest.mark.parametrize("name", OF_SEGMENTATION)
def test_a_perfect_output_costs_almost_nothing_and_a_wrong_one_more(name: str) -> None:
    torch.manual_seed(6)
    target = torch.randint(0, 3, (2, *SPACE))
    logits = 30 * F.one_hot(target, 3).movedim(-1, 1).float()
    assert value_and_gradient(name, logits, target)[0] < 1e-4
    assert value_and_gradient(name, logits.roll(1, dims=1), target)[0] > 0.9


def test_losses_of_other_tasks_and_missing_weights_are_refused() -> None:
    with pytest.raises(MedOptError, match="needs the weights of the classes"):
        segmentation_loss(LossSettings(name="weighted_ce"))
    with pytest.raises(MedOptError, match="needs the weights of the classes"):
        segmentation_loss(LossSettings(class_weights={"Left": 2.0}))
