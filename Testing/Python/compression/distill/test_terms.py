"""The terms of a distillation against closed forms and against plain loops."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from medopt.compression.distill.terms import (
    attention,
    attention_difference,
    binary_divergence,
    borders,
    box_difference,
    class_divergence,
    heat_divergence,
    overlap_difference,
    voxel_divergence,
)


def test_two_images_of_one_class_by_hand() -> None:
    logits = torch.tensor([[0.0, 0.0], [math.log(3.0), 0.0]])  # the student says 1/2, 1/2 and 3/4, 1/4
    taught = torch.tensor([[0.8, 0.2], [0.6, 0.4]])
    first = 0.8 * math.log(0.8 / 0.5) + 0.2 * math.log(0.2 / 0.5)
    second = 0.6 * math.log(0.6 / 0.75) + 0.4 * math.log(0.4 / 0.25)
    assert float(class_divergence(logits, taught, 1.0)) == pytest.approx((first + second) / 2, rel=1e-6)


def test_each_class_counts_alike_however_few_its_images_are() -> None:
    torch.manual_seed(0)
    logits, taught = torch.randn(40, 4), torch.softmax(3 * torch.randn(40, 4), dim=1)
    taught[:, 3] = 0  # a class that occurs nowhere
    taught = taught / taught.sum(1, keepdim=True)
    temperature = 2.0
    each = F.kl_div(F.log_softmax(logits / temperature, 1), taught, reduction="none").sum(1)
    likeliest = taught.argmax(1)
    means = [each[likeliest == c].mean() for c in range(3)]
    torch.testing.assert_close(class_divergence(logits, taught, temperature), temperature**2 * sum(means) / 3)


@pytest.mark.parametrize("space", [(6, 7), (4, 5, 6)])
def test_voxels_beside_a_border_weigh_more(space) -> None:
    torch.manual_seed(1)
    logits, taught = torch.randn(1, 2, *space), torch.softmax(2 * torch.randn(1, 2, *space), dim=1)
    classes = taught.argmax(1)
    edge = borders(classes)
    for place in torch.cartesian_prod(*[torch.arange(n) for n in space]).tolist():
        around = tuple(slice(max(0, p - 1), p + 2) for p in place)
        assert bool(edge[(0, *place)]) == (len(classes[0][around].unique()) > 1)
    each = F.kl_div(F.log_softmax(logits / 2, 1), taught, reduction="none").sum(1)
    torch.testing.assert_close(voxel_divergence(logits, taught, 2.0), 4 * each.mean())
    weights = 1 + 3 * edge
    expected = 4 * (each * weights).sum() / weights.sum()
    torch.testing.assert_close(voxel_divergence(logits, taught, 2.0, boundary=3.0), expected)


def test_overlap_is_one_minus_dice_of_sure_answers_and_zero_at_the_teachers_doubts() -> None:
    mine, theirs = torch.zeros(2, 8, dtype=torch.int64), torch.zeros(2, 8, dtype=torch.int64)
    mine[0, :4], theirs[0, 2:5], theirs[1, :2], mine[1, 6:] = 1, 1, 2, 2
    logits = 100 * F.one_hot(mine, 4).permute(0, 2, 1).float()  # nobody has the fourth class
    taught = F.one_hot(theirs, 4).permute(0, 2, 1).float()
    expected = ((1 - 2 * 2 / (4 + 3)) + 1 + 0) / 3  # the first structure shares two of four and three, the second none
    assert float(overlap_difference(logits, taught)) == pytest.approx(expected, abs=1e-6)
    torch.manual_seed(3)
    logits = torch.randn(2, 3, 4, 5)
    doubts = logits.softmax(1)
    assert float(overlap_difference(logits, doubts)) == pytest.approx(0, abs=1e-6)
    assert float(overlap_difference(5 * logits, doubts)) > 0.1  # surer than the teacher is not better


def test_the_same_answers_have_no_difference_and_no_gradient() -> None:
    torch.manual_seed(2)
    logits = torch.randn(2, 3, 4, 4, requires_grad=True)
    taught = torch.softmax(logits.detach() / 3, dim=1)
    yes = torch.sigmoid(logits.detach() / 3)
    total = voxel_divergence(logits, taught, 3.0, 1.0) + heat_divergence(logits, yes, 3.0)
    total = total + class_divergence(logits[:, :, 0, 0], taught[:, :, 0, 0], 3.0)
    total = total + attention_difference(logits, logits.detach()) + box_difference(logits, logits.detach(), yes)
    assert float(total.detach()) == pytest.approx(0, abs=1e-5)
    (gradient,) = torch.autograd.grad(total, logits)
    assert float(gradient.abs().max()) < 1e-5


def test_yes_or_no_by_hand_and_sure_teachers_give_no_nan() -> None:
    value = float(binary_divergence(torch.zeros(1), torch.tensor([0.9]), 2.0))
    assert value == pytest.approx(4 * (0.9 * math.log(1.8) + 0.1 * math.log(0.2)), rel=1e-5)
    logits = torch.full((1, 2, 3, 3), -80.0, requires_grad=True)
    sure = torch.zeros(1, 2, 3, 3)
    sure[0, 0] = 1
    total = heat_divergence(logits, sure, 1.0) + voxel_divergence(logits, sure, 1.0) + overlap_difference(logits, sure)
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(logits.grad).all()


def test_centres_count_half_of_it_and_boxes_only_where_the_teacher_sees_one() -> None:
    taught = torch.zeros(1, 1, 1, 100)
    taught[..., 0] = 1.0
    logits = torch.zeros(1, 1, 1, 100)
    assert float(heat_divergence(logits, taught, 1.0)) == pytest.approx(math.log(2), rel=1e-5)
    logits[..., 0] = 20.0  # the only centre is found
    assert float(heat_divergence(logits, taught, 1.0)) == pytest.approx(math.log(2) / 2, rel=1e-5)
    guessed, boxes = torch.zeros(1, 4, 1, 100), torch.ones(1, 4, 1, 100)
    boxes[..., 0] = torch.tensor([1.0, 2, 3, 6])[None, :, None]
    assert float(box_difference(guessed, boxes, taught)) == pytest.approx(3.0, rel=1e-5)


def test_attention_is_where_the_maps_are_strong_whatever_their_number() -> None:
    maps = torch.zeros(1, 2, 1, 4)
    maps[0, :, 0, 1] = torch.tensor([3.0, 4.0])
    maps[0, :, 0, 2] = torch.tensor([5.0, 0.0])
    torch.testing.assert_close(attention(maps), torch.tensor([[[0, math.sqrt(0.5), math.sqrt(0.5), 0]]]))
    wide = torch.zeros(1, 7, 1, 4)
    wide[0, 0, 0, 1] = 1
    wide[0, 3, 0, 2] = 1
    assert float(attention_difference(wide, maps)) == pytest.approx(0, abs=1e-6)
    wide[0, 3, 0, 2] = 0
    expected = 0.5 + (1 - math.sqrt(0.5)) ** 2
    assert float(attention_difference(wide, maps)) == pytest.approx(expected, rel=1e-5)
    assert torch.isfinite(attention_difference(torch.randn(2, 3, 4, 8), torch.randn(2, 5, 2, 4)))
