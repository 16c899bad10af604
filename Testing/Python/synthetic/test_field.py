"""Smooth random fields: moments, smoothness, repeatability."""

from __future__ import annotations

import numpy as np

from medopt.synthetic.field import SmoothField, smooth_displacement


def _grid(step: float, count: int) -> np.ndarray:
    line = (np.arange(count) - count / 2) * step
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)


def test_mean_is_near_zero_and_deviation_near_one() -> None:
    values = SmoothField(np.random.default_rng(1), 4.0)(_grid(2.0, 40))
    assert abs(values.mean()) < 0.1
    assert 0.9 < values.std() < 1.1


def test_neighbours_agree_and_far_points_do_not() -> None:
    smooth = 5.0
    field, points = SmoothField(np.random.default_rng(2), smooth), _grid(2.5, 30)
    here = field(points)
    near = field(points + np.array([0.2 * smooth, 0, 0]))
    far = field(points + np.array([6.0 * smooth, 0, 0]))
    assert np.corrcoef(here, near)[0, 1] > 0.95
    assert abs(np.corrcoef(here, far)[0, 1]) < 0.2


def test_the_same_draw_gives_the_same_field() -> None:
    points = _grid(3.0, 10)
    one, two = (SmoothField(np.random.default_rng(3), 3.0)(points) for _ in range(2))
    assert np.array_equal(one, two)


def test_displacements_have_the_asked_size_and_independent_components() -> None:
    moved = smooth_displacement(np.random.default_rng(4), _grid(2.0, 40), size=1.5, smoothness=4.0)
    assert moved.shape == (40**3, 3)
    assert np.allclose(moved.std(axis=0), 1.5, rtol=0.15)
    assert np.abs(np.corrcoef(moved.T) - np.eye(3)).max() < 0.2
