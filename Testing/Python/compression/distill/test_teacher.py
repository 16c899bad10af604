"""How often a teacher is asked, and what its terms then weigh."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from medopt.compression.distill.teacher import Teacher
from medopt.compression.settings import TeachingSettings


class Counting(nn.Module):
    """Answers at random and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answer = 0, torch.randn(2, 3, 4, 4)

    def forward(self, images: Tensor) -> Tensor:
        self.asked += 1
        return self.answer


def test_a_teacher_asked_in_some_steps_weighs_as_much_in_the_mean() -> None:
    logits, images = torch.randn(2, 3, 4, 4), torch.zeros(2, 1, 4, 4)
    network = Counting()

    def terms(**settings: float) -> Tensor:
        return Teacher([network], "segmentation", 2, TeachingSettings.model_validate(settings)).terms(logits, images)

    each = terms()
    torch.manual_seed(0)
    network.asked = 0
    found = torch.stack([terms(every=4) for _ in range(1000)])
    assert network.asked == int((found > 0).sum())
    assert 200 < network.asked < 300
    torch.testing.assert_close(found[found > 0], (4 * each).expand(network.asked))
    assert float(found.mean()) == pytest.approx(float(each), rel=0.2)


def test_a_teacher_without_weight_is_never_asked() -> None:
    network, logits = Counting(), torch.randn(2, 3, 4, 4, requires_grad=True)
    teacher = Teacher([network], "segmentation", 2, TeachingSettings(weight=0.0))
    total = logits.sum() + teacher.terms(logits, torch.zeros(2, 1, 4, 4))
    total.backward()
    assert (network.asked, float(logits.grad.sum())) == (0, 96.0)
