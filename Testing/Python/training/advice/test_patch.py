"""Patches and batches keep within voxels, memory and data."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from medopt.training.advice.patch import cut, propose_batch, propose_images, propose_patch

SIDES = st.tuples(*[st.integers(1, 300)] * 3)
DIVISORS = st.tuples(*[st.sampled_from([1, 2, 4, 8, 16])] * 3)


def test_the_patch_covers_the_median_image_within_the_limit() -> None:
    assert propose_patch((36, 50, 35), (8, 8, 8), 96**3) == (40, 56, 40)
    assert propose_patch((300, 512, 512), (8, 16, 16), 96**3) == (96, 96, 96)
    assert propose_patch((3, 3, 3), (8, 8, 8), 1) == (8, 8, 8)


@given(SIDES, DIVISORS, st.integers(1, 10**6))
def test_a_patch_is_a_multiple_within_the_limit_and_never_larger_than_needed(shape, divisor, voxels) -> None:
    patch = propose_patch(shape, divisor, voxels)
    assert all(p % d == 0 and 0 < p < n + d for p, d, n in zip(patch, divisor, shape, strict=True))
    assert math.prod(patch) <= voxels or patch == divisor


def test_the_longest_side_is_cut_first() -> None:
    assert cut((40, 56, 40), (8, 8, 8)) == (40, 48, 40)
    assert cut((8, 56, 64), (8, 8, 32)) == (8, 56, 32)
    assert cut((8, 8, 8), (8, 8, 8)) is None


def test_a_batch_holds_the_voxels_wanted_five_percent_of_the_data_and_what_fits() -> None:
    plenty = 1e12
    assert propose_batch((1, 256, 256), plenty, "cpu", lambda n: True) == 4
    assert propose_batch((128, 128, 128), plenty, "cuda", lambda n: True) == 2
    assert propose_batch((1, 16, 16), plenty, "cpu", lambda n: True) == 64
    assert propose_batch((1, 16, 16), 256 * 200, "cpu", lambda n: True) == 10
    assert propose_batch((96, 96, 96), 10, "cpu", lambda n: True) == 2
    assert propose_batch((1, 256, 256), plenty, "cpu", lambda n: n <= 3) == 3
    assert propose_batch((1, 256, 256), plenty, "cpu", lambda n: False) == 1


def test_whole_images_come_in_larger_batches() -> None:
    assert propose_images((1, 28, 28), 4708, "cpu", lambda n: True) == 64
    assert propose_images((1, 224, 224), 4708, "cpu", lambda n: True) == 16
    assert propose_images((1, 224, 224), 20, "cpu", lambda n: True) == 5
    assert propose_images((1, 224, 224), 3, "cpu", lambda n: True) == 2
    assert propose_images((1, 224, 224), 4708, "cpu", lambda n: n < 9) == 8
