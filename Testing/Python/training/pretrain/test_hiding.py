"""What is hidden, what the network sees of it (nothing), and how its guess is judged."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from medopt.training.pretrain.hiding import block_shape, draw_hidden, hidden_error, hide


@given(
    patch=st.tuples(*[st.integers(1, 20)] * 3),
    block=st.tuples(*[st.integers(1, 8)] * 3),
    share=st.floats(0.05, 0.95),
    seed=st.integers(0, 99),
)
def test_whole_blocks_are_hidden_and_something_is_left(patch, block, share: float, seed: int) -> None:
    hidden = draw_hidden((seed, 1), patch, block, share)
    assert hidden.shape == patch
    assert hidden.dtype == np.bool_
    grid = [math.ceil(side / step) for side, step in zip(patch, block, strict=True)]
    total = math.prod(grid)
    blocks = hidden[:: block[0], :: block[1], :: block[2]]
    assert blocks.sum() == min(max(1, round(share * total)), max(1, total - 1))
    again = blocks.repeat(block[0], 0).repeat(block[1], 1).repeat(block[2], 2)[tuple(map(slice, patch))]
    np.testing.assert_array_equal(again, hidden)
    np.testing.assert_array_equal(draw_hidden((seed, 1), patch, block, share), hidden)


def test_other_numbers_hide_other_blocks() -> None:
    drawn = {draw_hidden((1, n), (16, 16, 16), (4, 4, 4), 0.6).tobytes() for n in range(20)}
    assert len(drawn) == 20


def test_a_block_is_what_the_deepest_features_see_but_a_quarter_of_a_side_at_most() -> None:
    assert block_shape((40, 56, 40), (8, 8, 8)) == (8, 8, 8)
    assert block_shape((16, 64, 64), (16, 16, 16)) == (4, 16, 16)
    assert block_shape((1, 32, 32), (1, 32, 32)) == (1, 8, 8)
    assert block_shape((3, 3, 3), (4, 4, 4)) == (1, 1, 1)


def test_what_is_hidden_changes_nothing_that_the_network_sees(rng) -> None:
    images = torch.from_numpy(rng.normal(3, 2, (2, 2, 8, 8, 8)).astype("float32"))
    hidden = torch.from_numpy(np.stack([draw_hidden((n,), (8, 8, 8), (2, 2, 2), 0.6) for n in range(2)]))[:, None]
    seen = hide(images, hidden)
    assert torch.equal(hide(torch.where(hidden, 1e6, images), hidden), seen)
    assert torch.equal(torch.where(hidden, 0, seen), torch.where(hidden, 0, images))
    for n in range(2):
        for c in range(2):
            mean = images[n, c][~hidden[n, 0]].mean()
            torch.testing.assert_close(seen[n, c][hidden[n, 0]], mean.expand(int(hidden[n].sum())))


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (2, 3, 4, 8, 8)])
def test_the_error_is_in_units_of_variance_and_of_hidden_voxels_alone(rng, shape) -> None:
    images = torch.from_numpy(rng.normal(50, 20, shape).astype("float32"))
    hidden = torch.from_numpy(rng.random((shape[0], 1, *shape[2:])) < 0.5)
    axes = tuple(range(2, len(shape)))
    right = (images - images.mean(axes, keepdim=True)) / images.std(axes, keepdim=True, unbiased=False)
    assert float(hidden_error(right, images, hidden)) < 1e-9
    far = torch.where(hidden, right, right + 99)
    assert float(hidden_error(far, images, hidden)) < 1e-9
    assert float(hidden_error(right + 0.5, images, hidden)) == pytest.approx(0.25, rel=1e-4)
    everywhere = torch.ones_like(hidden)
    assert float(hidden_error(torch.zeros_like(images), images, everywhere)) == pytest.approx(1, rel=1e-4)
    assert float(hidden_error(right, 1000 * images - 7, hidden)) < 1e-6


def test_a_patch_without_contrast_is_no_number_to_stumble_over() -> None:
    images, hidden = torch.full((1, 1, 4, 4), 7.0), torch.ones(1, 1, 4, 4, dtype=torch.bool)
    guess = torch.zeros(1, 1, 4, 4, requires_grad=True)
    loss = hidden_error(guess, images, hidden)
    loss.backward()
    assert float(loss.detach()) == 0
    assert torch.isfinite(hide(images, hidden)).all()
