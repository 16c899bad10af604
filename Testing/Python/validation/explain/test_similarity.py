"""Likeness of maps against scipy and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from medopt.validation.explain.similarity import spearman, structural_similarity


def test_rank_correlation_is_scipys_also_with_ties(rng):
    one, other = rng.integers(0, 5, (4, 5, 6)), rng.integers(0, 5, (4, 5, 6))
    assert spearman(one, other) == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic)
    assert spearman(one, one**3) == pytest.approx(1)
    assert spearman(one, -one) == pytest.approx(-1)


def test_a_map_that_is_the_same_everywhere_is_like_nothing(rng):
    assert spearman(np.zeros((3, 4, 5)), rng.random((3, 4, 5))) == 0.0


def test_ssim_is_the_papers_formula_written_out(rng):
    one, other = rng.random((1, 13, 13)), rng.random((1, 13, 13))
    for values in (one, other):
        values.flat[:2] = 0, 1  # so that scaling leaves them as they are
    padded = [np.pad(values[0], 6, mode="symmetric") for values in (one, other)]
    weights = np.exp(-0.5 * (np.arange(-6, 7) / 1.5) ** 2)
    window = np.outer(weights, weights) / weights.sum() ** 2
    expected = []
    for row in range(13):
        for column in range(13):
            x, y = (values[row : row + 13, column : column + 13] for values in padded)
            a, b = (x * window).sum(), (y * window).sum()
            va, vb = ((x - a) ** 2 * window).sum(), ((y - b) ** 2 * window).sum()
            cov = ((x - a) * (y - b) * window).sum()
            top = (2 * a * b + 1e-4) * (2 * cov + 9e-4)
            expected.append(top / ((a * a + b * b + 1e-4) * (va + vb + 9e-4)))
    assert structural_similarity(one, other) == pytest.approx(np.mean(expected), abs=1e-6)


def test_ssim_falls_as_maps_part(rng):
    one = rng.random((6, 20, 20))
    noise = rng.random((6, 20, 20))
    likeness = [structural_similarity(one, (1 - share) * one + share * noise) for share in (0, 0.2, 0.5, 1)]
    assert likeness[0] == pytest.approx(1)
    assert likeness == sorted(likeness, reverse=True)
    assert structural_similarity(one, 7 * one + 3) == pytest.approx(1)
