"""How many weights are zero when, which ones, and that rounds of pruning add up."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from medopt.compression.prune.course import kept_in_round
from medopt.compression.prune.magnitude import UPDATES, masks_for, prunable, sparsity_at


def test_zeros_grow_by_the_cubic_law_and_stop() -> None:
    assert sparsity_at(0.0, 0.8, 0.6) == 0
    for update in range(UPDATES + 1):
        share = 0.6 * update / UPDATES
        expected = 0.8 + (0 - 0.8) * (1 - update / UPDATES) ** 3  # equation 1 of the paper, from 0 to 0.8
        assert sparsity_at(share, 0.8, 0.6) == pytest.approx(expected, abs=1e-9)
        assert sparsity_at(share + 0.3 / UPDATES, 0.8, 0.6) == pytest.approx(expected, abs=1e-9)
    assert sparsity_at(0.6, 0.8, 0.6) == sparsity_at(1.0, 0.8, 0.6) == 0.8


@given(sparsity=st.floats(0, 0.99), seed=st.integers(0, 100), scope=st.sampled_from(["global", "layer"]))
def test_the_smallest_go_as_many_as_asked(sparsity, seed, scope) -> None:
    draw = np.random.default_rng(seed)
    weights = {n: torch.from_numpy(draw.normal(0, scale, 60)) for n, scale in (("a", 1.0), ("b", 10.0))}
    masks = masks_for(weights, sparsity, scope)
    groups = [["a"], ["b"]] if scope == "layer" else [["a", "b"]]
    for names in groups:
        sizes = torch.cat([weights[n].abs() for n in names])
        kept = torch.cat([masks[n] for n in names])
        assert int((~kept).sum()) == min(round(sparsity * len(sizes)), len(sizes) - 1)
        assert not (~kept).any() or sizes[~kept].max() < sizes[kept].min()
    more = masks_for({n: w * masks[n] for n, w in weights.items()}, min(0.99, sparsity + 0.2), scope)
    assert not any(bool((more[n] & ~masks[n]).any()) for n in weights)


def test_norms_and_biases_stay() -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten())
    assert list(prunable(network)) == ["0.weight"]


@given(amount=st.floats(0.01, 0.99), rounds=st.integers(1, 20))
def test_rounds_remove_the_same_share_of_what_is_left(amount, rounds) -> None:
    kept = [kept_in_round(amount, number, rounds) for number in range(rounds + 1)]
    assert kept[0] == 1
    assert kept[-1] == pytest.approx(1 - amount)
    for before, after in itertools.pairwise(kept):
        assert after / before == pytest.approx(math.pow(1 - amount, 1 / rounds))
