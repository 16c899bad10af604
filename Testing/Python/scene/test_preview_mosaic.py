from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.image import Geometry
from medopt.scene.preview_mosaic import APART, GAP, Mosaic


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (4, 2, 2), (5, 2, 3), (9, 3, 3), (16, 4, 4)])
def test_tiles_stand_in_a_square(count, rows, columns):
    mosaic = Mosaic((4, 6, 5), count)
    assert (mosaic.rows, mosaic.columns) == (rows, columns)
    assert mosaic.shape == (4, rows * 6 + (rows - 1) * GAP, columns * 5 + (columns - 1) * GAP)


@given(tile=st.tuples(*[st.integers(1, 7)] * 3), count=st.integers(1, 20))
def test_tiles_have_their_size_and_do_not_overlap(tile, count):
    mosaic = Mosaic(tile, count)
    hits = np.zeros(mosaic.shape, int)
    for number in range(count):
        part = hits[(slice(None), *mosaic.place(number))]
        assert part.shape == tile
        part += 1
    assert hits.max() == 1


def test_the_grid_is_upright_keeps_spacing_and_lies_off_to_the_side(oblique):
    grid = Mosaic((6, 8, 10), 9).geometry(oblique)
    assert grid.spacing == oblique.spacing
    direction = np.asarray(grid.direction)
    assert set(np.unique(np.abs(direction))) == {0.0, 1.0}
    assert (np.sum(direction * np.asarray(oblique.direction), axis=0) > 0.7).all(), "the nearest axes of the patient"

    def ends(geometry):
        corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in geometry.shape])).reshape(3, -1).T
        points = geometry.index_to_lps(corners)
        return points.min(axis=0), points.max(axis=0)

    np.testing.assert_allclose(ends(grid)[0] - ends(oblique)[1], APART)


def test_axes_that_are_equally_near_are_still_three_axes():
    a = np.sqrt(0.5)
    grid = Geometry((3, 4, 5), direction=((0.0, a, a), (0.0, a, -a), (-1.0, 0.0, 0.0)))
    direction = np.asarray(Mosaic((3, 4, 5), 4).geometry(grid).direction)
    np.testing.assert_array_equal(direction @ direction.T, np.eye(3))
