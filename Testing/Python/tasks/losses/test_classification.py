"""Losses of classification against torch, scikit-learn and MONAI, and what unjudged classes must mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from monai.losses import FocalLoss
from sklearn.metrics import log_loss
from torch import Tensor

from medopt.errors import MedOptError
from medopt.tasks.losses import LossSettings, classification_loss
from medopt.tasks.losses.settings import OF_CLASSIFICATION

WEIGHTS = (0.5, 1.0, 4.0, 2.0)


def loss_of(
    logits: Tensor,
    target: Tensor,
    *,
    exclusive: bool = True,
    weights: tuple[float, ...] | None = None,
    **settings: object,
) -> float:
    name = settings.pop("name", "auto")
    return classification_loss(LossSettings(name=name, **settings), exclusive, weights)(logits, target).item()  # type: ignore[arg-type]


@pytest.fixture
def exclusive() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    classes = torch.randint(0, 4, (12,))
    return 2 * torch.randn(12, 4), F.one_hot(classes, 4).to(torch.uint8), classes


@pytest.fixture
def several() -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return 2 * torch.randn(12, 4), torch.randint(0, 2, (12, 4), dtype=torch.uint8)


def test_exclusive_cross_entropy_is_log_loss(exclusive: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, target, classes = exclusive
    oracle = log_loss(classes.numpy(), logits.double().softmax(1).numpy(), labels=range(4))
    assert loss_of(logits, target) == pytest.approx(oracle, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_weights_and_smoothing_are_torchs(
    exclusive: tuple[Tensor, Tensor, Tensor], smoothing: float, weights: tuple[float, ...] | None
) -> None:
    logits, target, classes = exclusive
    tensor = None if weights is None else torch.tensor(weights)
    oracle = F.cross_entropy(logits, classes, tensor, label_smoothing=smoothing).item()
    found = loss_of(logits, target, weights=weights, label_smoothing=smoothing, name="cross_entropy")
    assert found == pytest.approx(oracle, rel=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_is_that_of_the_paper(exclusive: tuple[Tensor, Tensor, Tensor], gamma: float) -> None:
    logits, target, classes = exclusive
    p = logits.double().softmax(1)[range(12), classes].numpy()
    oracle = np.mean((1 - p) ** gamma * -np.log(p))
    assert loss_of(logits, target, name="focal", gamma=gamma) == pytest.approx(oracle, rel=1e-5)


def test_several_classes_are_binary_cross_entropy(several: tuple[Tensor, Tensor]) -> None:
    logits, target = several
    p = logits.double().sigmoid().numpy()
    oracle = np.mean([log_loss(target.numpy()[:, c], p[:, c], labels=[0, 1]) for c in range(4)])
    assert loss_of(logits, target, exclusive=False) == pytest.approx(oracle, rel=1e-6)
    weighted = F.binary_cross_entropy_with_logits(logits, target.float(), pos_weight=torch.tensor(WEIGHTS))
    assert loss_of(logits, target, exclusive=False, weights=WEIGHTS) == pytest.approx(weighted.item(), rel=1e-6)
    smooth = F.binary_cross_entropy_with_logits(logits, target.float() * 0.8 + 0.1)
    assert loss_of(logits, target, exclusive=False, label_smoothing=0.2) == pytest.approx(smooth.item(), rel=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_of_several_classes_is_monais(several: tuple[Tensor, Tensor], gamma: float) -> None:
    logits, target = several
    oracle = FocalLoss(gamma=gamma)(logits, target.float()).item()
    assert loss_of(logits, target, exclusive=False, name="focal", gamma=gamma) == pytest.approx(oracle, rel=1e-5)


def test_an_image_of_an_unjudged_class_counts_by_the_sum_of_their_probabilities() -> None:
    logits = torch.tensor([[1.0, -2.0, 0.5, 3.0]])
    p = logits.double().softmax(1)[0].numpy()
    neither_0_nor_1 = torch.tensor([[0, 0, 255, 255]], dtype=torch.uint8)
    assert loss_of(logits, neither_0_nor_1) == pytest.approx(-np.log(p[2] + p[3]).item(), rel=1e-6)
    # a class that is present settles it, whatever was not looked for
    is_1 = torch.tensor([[0, 1, 255, 255]], dtype=torch.uint8)
    assert loss_of(logits, is_1) == pytest.approx(-np.log(p[1]).item(), rel=1e-6)
    focal = (1 - p[2] - p[3]) ** 2 * -np.log(p[2] + p[3])
    assert loss_of(logits, neither_0_nor_1, name="focal") == pytest.approx(focal.item(), rel=1e-4)


def test_an_image_that_nobody_judged_counts_nowhere(exclusive: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, target, _ = exclusive
    more = torch.cat([target, torch.full((3, 4), 255, dtype=torch.uint8)])
    longer = torch.cat([logits, torch.randn(3, 4)])
    for settings in ({}, {"label_smoothing": 0.1}, {"name": "focal"}):
        assert loss_of(longer, more, **settings) == pytest.approx(loss_of(logits, target, **settings), rel=1e-6)


def test_unjudged_pairs_count_nowhere(several: tuple[Tensor, Tensor]) -> None:
    logits, target = several
    target[3:9, 1] = 255
    known = target != 255
    oracle = F.binary_cross_entropy_with_logits(logits[known], target[known].float()).item()
    assert loss_of(logits, target, exclusive=False) == pytest.approx(oracle, rel=1e-6)


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("name", OF_CLASSIFICATION)
@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
def test_gradients_are_finite_and_zero_without_anything_judged(exclusive: bool, name: str, size: float) -> None:
    torch.manual_seed(2)
    signs = torch.randn(8, 4).sign()
    target = torch.zeros(8, 4, dtype=torch.uint8)
    target[:4, 0] = 1
    target[4:, 3] = 255
    for wanted, gamma in ((target, 2.0), (target, 0.5), (torch.full_like(target, 255), 2.0)):
        x = (size * signs).requires_grad_()
        value = classification_loss(LossSettings(name=name, gamma=gamma), exclusive, WEIGHTS)(x, wanted)  # type: ignore[arg-type]
        value.backward()
        assert np.isfinite(value.item())
        assert x.grad is not None
        assert bool(torch.isfinite(x.grad).all())
        if wanted is not target:
            assert value.item() == 0
            assert not x.grad.any()


def test_half_precision_is_computed_in_single(exclusive: tuple[Tensor, Tensor, Tensor]) -> None:
    logits, target, _ = exclusive
    for sort in (True, False):
        half = logits.half()
        assert loss_of(half, target, exclusive=sort) == loss_of(half.float(), target, exclusive=sort)


def test_losses_of_other_tasks_and_missing_weights_are_refused() -> None:
    with pytest.raises(MedOptError, match=r"not a loss of classification: expected cross_entropy or .*found dice_ce"):
        classification_loss(LossSettings(name="dice_ce"), True)
    with pytest.raises(MedOptError, match="needs the weights of the classes"):
        classification_loss(LossSettings(name="weighted_ce"), False)
