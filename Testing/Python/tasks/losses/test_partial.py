"""Merging of unjudged classes: probabilities add up, and gradients are those of torch's own operations."""

from __future__ import annotations

import torch

from medopt.tasks.losses.partial import merge_unjudged

JUDGED = torch.tensor([[True, False, False], [True, True, True], [False, True, True]])


def test_probabilities_of_unjudged_classes_go_to_the_background() -> None:
    torch.manual_seed(0)
    logits, target = 3 * torch.randn(3, 4, 5, 6), torch.randint(0, 4, (3, 5, 6))
    target[:, 0] = 255
    kept_logits, kept_target = logits.clone(), target.clone()
    merged, relabelled = merge_unjudged(logits, target, JUDGED)
    p, q = logits.double().softmax(1), merged.double().softmax(1)
    expected = p.clone()
    for sample, classes in ((0, [2, 3]), (2, [1])):
        expected[sample, 0] += p[sample, classes].sum(0)
        expected[sample, classes] = 0
    torch.testing.assert_close(q, expected, rtol=1e-5, atol=1e-7)
    wanted = target.clone()
    wanted[0][(target[0] == 2) | (target[0] == 3)] = 0
    wanted[2][target[2] == 1] = 0
    assert torch.equal(relabelled, wanted)
    assert torch.equal(logits, kept_logits)
    assert torch.equal(target, kept_target)


def test_gradients_are_torchs() -> None:
    torch.manual_seed(1)
    ours = torch.randn(3, 4, 5, 6, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    pull = torch.randn(3, 4, 5, 6)
    merged, _ = merge_unjudged(ours, torch.zeros(3, 5, 6, dtype=torch.long), JUDGED)
    (merged.softmax(1) * pull).sum().backward()
    p = theirs.softmax(1)
    first = torch.stack([p[0, 0] + p[0, 2] + p[0, 3], p[0, 1]])
    third = torch.stack([p[2, 0] + p[2, 1], p[2, 2], p[2, 3]])
    ((first * pull[0, :2]).sum() + (p[1] * pull[1]).sum() + (third * pull[2, [0, 2, 3]]).sum()).backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-6)
