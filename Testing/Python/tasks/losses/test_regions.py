"""Soft counts of a segmentation against torch's own operations and gradients."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from medopt.tasks.losses.regions import measure_regions


def plain(logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The same by one-hot arrays and autograd, in float64."""
    outputs = logits.shape[1]
    logits, target = logits.double().flatten(2), target.flatten(1)
    seen = target != 255
    hot = F.one_hot(target * seen, outputs).movedim(-1, 1) * seen[:, None]
    log_probability = F.log_softmax(logits, 1)
    probability = log_probability.exp() * seen[:, None]
    return (log_probability * hot).sum(1), probability.sum(2), (probability * hot).sum(2), hot.sum(2)


def batch(space: tuple[int, ...], outputs: int = 4, *, ignored: bool = True) -> tuple[Tensor, Tensor]:
    torch.manual_seed(sum(space))
    target = torch.randint(0, outputs, (2, *space))
    if ignored:
        target[torch.rand(target.shape) < 0.3] = 255
    return 3 * torch.randn(2, outputs, *space), target


@pytest.mark.parametrize("space", [(5, 6, 7), (40, 33), (1,), (3, 1, 1)])
@pytest.mark.parametrize("ignored", [False, True])
def test_counts_and_gradients_are_those_of_one_hot_arrays(space: tuple[int, ...], ignored: bool) -> None:
    logits, target = batch(space, ignored=ignored)
    ours, theirs = logits.clone().requires_grad_(), logits.clone().double().requires_grad_()
    regions = measure_regions(ours, target)
    found = (regions.log_right, regions.predicted, regions.shared)
    wanted = plain(theirs, target)
    torch.testing.assert_close(regions.actual.double(), wanted[3].double())
    pulls = [torch.randn(f.shape) for f in found]
    for one, other in zip(found, wanted, strict=False):
        torch.testing.assert_close(one.double(), other, rtol=1e-5, atol=1e-5)
    sum((f * p).sum() for f, p in zip(found, pulls, strict=True)).backward()
    sum((w * p).sum() for w, p in zip(wanted, pulls, strict=False)).backward()
    torch.testing.assert_close(ours.grad.double(), theirs.grad, rtol=1e-4, atol=1e-5)


def test_memory_formats_do_not_matter() -> None:
    logits, target = batch((6, 5, 7))
    other = logits.clone(memory_format=torch.channels_last_3d).requires_grad_()
    logits.requires_grad_()
    for x in (logits, other):
        regions = measure_regions(x, target)
        (regions.shared.sum() + regions.log_right.mean() + regions.predicted.square().sum()).backward()
    torch.testing.assert_close(logits.grad, other.grad, rtol=1e-6, atol=1e-7)


def test_a_million_voxels_are_counted_to_single_precision() -> None:
    # 0.98 a voxel, added up one by one in float32, would come out 0.7 % too large
    logits = torch.tensor([0.0, float(torch.logit(torch.tensor(0.98, dtype=torch.float64)))]).reshape(1, 2, 1, 1, 1)
    logits = logits.expand(1, 2, 100, 100, 100).contiguous()
    regions = measure_regions(logits, torch.ones(1, 100, 100, 100, dtype=torch.long))
    assert float(regions.shared[0, 1]) == pytest.approx(980_000, rel=1e-5)
    assert float(regions.predicted[0, 1]) == pytest.approx(980_000, rel=1e-5)


def test_the_gradient_can_be_asked_for_only_once() -> None:
    logits, target = batch((3, 4))
    regions = measure_regions(logits.requires_grad_(), target)
    regions.predicted[0, 0].backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        regions.predicted[0, 0].backward()


def test_the_gradient_reaches_what_made_the_logits_and_leaves_them_alone() -> None:
    logits, target = batch((3, 4))
    before = logits.clone()
    scale = torch.ones((), requires_grad=True)
    scaled = logits * scale
    kept = scaled.detach().clone()
    measure_regions(scaled, target).log_right.sum().backward()
    assert float(scale.grad) != 0
    assert torch.equal(scaled, kept)
    assert torch.equal(logits, before)
