"""Slice views look at the point that they are told."""

import numpy as np
from slice_views import slice_views

from medopt.scene.slice_jump import jump_slices


def test_all_views_look_at_the_point(headless, scene):
    with slice_views(headless) as logics:
        assert jump_slices(scene, (10.0, -20.0, 30.0)) == len(logics) == 3
        for logic in logics.values():
            matrix = logic.GetSliceNode().GetSliceToRAS()
            np.testing.assert_allclose([matrix.GetElement(row, 3) for row in range(3)], [-10.0, 20.0, 30.0])


def test_a_scene_without_views_is_no_error(scene):
    assert jump_slices(scene, (1.0, 2.0, 3.0)) == 0
