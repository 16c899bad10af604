"""The made-up anatomy: same for a subject, different between subjects, sides mirrored."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.synthetic.anatomy import ANTERIOR, FLUID, POSTERIOR, WHITE, Anatomy


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    line = np.arange(-24.0, 25.0, 2.0)
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)


def test_values_belong_to_points_and_not_to_the_grid(points) -> None:
    anatomy = Anatomy(5)
    whole = anatomy.sample(points)
    some = np.random.default_rng(0).permutation(len(points))[:500]
    for part, expected in zip(anatomy.sample(points[some]), whole, strict=True):
        assert np.array_equal(part, expected[some])


def test_signal_and_share_are_within_bounds(points) -> None:
    signal, share, part = Anatomy(6).sample(points)
    assert signal.min() > 0
    assert signal.max() < 1.2
    assert share.min() >= 0
    assert share.max() <= 1
    assert set(np.unique(part)) == {ANTERIOR, POSTERIOR}
    assert signal.min() < FLUID + 0.1
    assert signal.max() > WHITE - 0.05


def test_subjects_differ(points) -> None:
    volumes = [float(Anatomy(seed).sample(points)[1].sum()) for seed in range(8)]
    assert max(volumes) > 1.15 * min(volumes)


def test_sides_alternate() -> None:
    assert {Anatomy(seed).mirrored() for seed in range(4)} == {True, False}


def test_the_structure_has_nearly_the_signal_of_what_touches_it(points) -> None:
    signal, share, _ = Anatomy(8).sample(points)
    inside = signal[share > 0.9]
    similar = (signal > np.percentile(inside, 10)) & (signal < np.percentile(inside, 90))
    assert similar[share < 0.1].mean() > 0.05
