"""Peaks of heat maps against a loop over cells, and suppression against its definition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt.metrics.box_iou import box_iou
from medopt.tasks.peaks import LOOKED_AT, decode_boxes


def scores_of(seed: int, cells: tuple[int, ...], dims: int, classes: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    heat = rng.integers(0, 12, (classes, *cells)) / 12  # coarse, so that neighbours tie
    return np.concatenate([heat, rng.normal(1, 0.5, (dims, *cells)), rng.uniform(-0.5, 0.5, (dims, *cells))]).astype(
        np.float32
    )


def by_loop(scores: np.ndarray, dims: int, threshold: float) -> list[tuple[float, tuple[int, ...]]]:
    """(−score, (class, *cell)) of each peak, best first."""
    heat = scores[: len(scores) - 2 * dims]
    found = []
    for place in np.ndindex(heat.shape):
        steps = [(0,)] * (heat.ndim - dims) + [(-1, 0, 1)] * dims
        around = [tuple(np.add(place, step)) for step in itertools.product(*steps)]
        near = [heat[p] for p in around if all(0 <= x < n for x, n in zip(p, heat.shape, strict=True))]
        if heat[place] >= threshold and heat[place] == max(near):
            found.append((-float(heat[place]), place))
    return sorted(found)


@pytest.mark.parametrize(("dims", "cells"), [(3, (5, 6, 7)), (2, (9, 8)), (2, (3, 6, 5))])
def test_peaks_are_cells_that_no_neighbour_exceeds(dims: int, cells: tuple[int, ...]) -> None:
    scores = scores_of(dims + len(cells), cells, dims)
    corners, classes, sure = decode_boxes(scores, (1, 2, 4), dims, threshold=0.7, most=1000)
    wanted = by_loop(scores, dims, 0.7)
    assert len(wanted) > 5
    assert [(-float(s), int(c)) for s, c in zip(sure, classes, strict=True)] == [(s, p[0]) for s, p in wanted]
    for corner, (_, (_, *cell)) in zip(corners, wanted, strict=True):
        values = scores[(slice(2, None), *cell)].astype(float)
        stride = np.array([1, 2, 4])[3 - dims :]
        middle = (np.array(cell[-dims:]) + 0.5 + values[dims:]) * stride - 0.5
        np.testing.assert_allclose(corner.mean(axis=0)[3 - dims :], middle, atol=1e-5)
        np.testing.assert_allclose(np.diff(corner, axis=0)[0, 3 - dims :], np.exp(values[:dims]), rtol=1e-5)
        if dims == 2:
            k = cell[0] if len(cell) == 3 else 0
            assert corner[:, 0].tolist() == [k - 0.5, k + 0.5]


def test_only_the_best_are_kept() -> None:
    scores = scores_of(1, (6, 6, 6), 3)
    everything = decode_boxes(scores, (1, 1, 1), 3, threshold=0.1, most=1000)
    best = decode_boxes(scores, (1, 1, 1), 3, threshold=0.1, most=3)
    for one, other in zip(everything, best, strict=True):
        np.testing.assert_array_equal(one[:3], other)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.2, 0.5]), st.sampled_from([3, 1000]))
@settings(max_examples=30, deadline=None)
def test_suppression_drops_what_a_better_box_of_its_class_covers(seed: int, overlap: float, most: int) -> None:
    scores = scores_of(seed, (12, 12), 2)
    corners, classes, sure = decode_boxes(scores, (1, 1, 1), 2, threshold=0.1, most=1000)
    overlaps = box_iou(corners, corners)
    kept: list[int] = []
    for n in range(min(len(corners), LOOKED_AT * most)):
        if all(overlaps[n, m] <= overlap or classes[n] != classes[m] for m in kept):
            kept.append(n)
    kept = kept[:most]
    found = decode_boxes(scores, (1, 1, 1), 2, threshold=0.1, most=most, overlap=overlap)
    for one, other in zip(found, (corners, classes, sure), strict=True):
        np.testing.assert_array_equal(one, other[kept])


def test_nothing_above_the_threshold_gives_nothing() -> None:
    corners, classes, sure = decode_boxes(np.zeros((7, 4, 4, 4)), (1, 1, 1), 3, threshold=0.1, most=9, overlap=0.5)
    assert (corners.shape, classes.shape, sure.shape) == ((0, 2, 3), (0,), (0,))


def test_absurd_answers_stay_finite() -> None:
    scores = np.full((5, 4, 4), 1e30)
    scores[0] = np.nan
    scores[0, 1, 1] = 0.5
    scores[1:3, 1, 1] = (np.inf, np.nan)
    scores[3:, 1, 1] = 0
    corners, _, sure = decode_boxes(scores, (1, 1, 1), 2, threshold=0.1, most=9)
    assert sure.tolist() == [0.5]
    assert np.isfinite(corners).all()
    assert (corners[:, 1] > corners[:, 0]).all()
