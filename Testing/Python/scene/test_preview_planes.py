from __future__ import annotations

import numpy as np
import pytest

from medopt.image import LPS_TO_RAS, Geometry
from medopt.scene.frames import vtk_matrix
from medopt.scene.preview_planes import planes_in_view

GRID = Geometry((12, 40, 30), (4.0, 1.0, 1.5), (-20.0, 15.0, 100.0))


def look(view, geometry, k, tilt=0.0):
    """Stand on slice ``k`` of the geometry, turned by ``tilt`` radians about its axis j."""
    axes = np.diag(LPS_TO_RAS)[:3, None] * np.asarray(geometry.direction)
    normal = axes[:, 0] * np.cos(tilt) + axes[:, 2] * np.sin(tilt)
    matrix = np.eye(4)
    matrix[:3, 2], matrix[:3, 1] = normal, axes[:, 1]
    matrix[:3, 0] = np.cross(matrix[:3, 1], normal)
    middle = geometry.index_to_lps((k, (geometry.shape[1] - 1) / 2, (geometry.shape[2] - 1) / 2))
    matrix[:3, 3] = middle * np.diag(LPS_TO_RAS)[:3]
    view.GetSliceNode().GetSliceToRAS().DeepCopy(vtk_matrix(matrix))
    view.GetSliceNode().UpdateMatrices()


def test_an_axial_view_shows_one_slice(scene, views):
    look(views["Red"], GRID, 5)
    assert planes_in_view(scene, GRID) == (5,)


def test_between_two_slices_both_are_shown(scene, views):
    look(views["Red"], GRID, 5.4)
    assert planes_in_view(scene, GRID) == (5, 6)


def test_an_oblique_volume_is_looked_at_along_its_own_slices(scene, views, oblique):
    look(views["Green"], oblique, 3)
    assert 3 in planes_in_view(scene, oblique)


@pytest.mark.parametrize(("tilt", "expected"), [(0.05, (5,)), (0.5, ())])
def test_a_tilted_view_counts_while_it_cuts_few_slices(scene, views, tilt, expected):
    look(views["Red"], GRID, 5, tilt)
    found = planes_in_view(scene, GRID)
    assert set(expected) <= set(found)
    assert bool(found) == bool(expected)


def test_views_past_the_volume_or_outside_the_layout_do_not_count(scene, views):
    look(views["Red"], GRID, 20)
    assert planes_in_view(scene, GRID) == ()
    look(views["Red"], GRID, 5)
    views["Red"].GetSliceNode().SetMappedInLayout(0)
    assert planes_in_view(scene, GRID) == ()


def test_two_views_show_two_slices(scene, views):
    look(views["Red"], GRID, 9)
    look(views["Yellow"], GRID, 2)
    assert planes_in_view(scene, GRID) == (2, 9)
