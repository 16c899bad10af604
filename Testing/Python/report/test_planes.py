"""Upright slices: what lies where in the patient must lie there in the picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from medopt.image import Geometry
from medopt.report.planes import best_slice, views


def _geometries() -> list[Geometry]:
    """Every assignment of array axes to LPS axes with every sign, slightly turned."""
    turn = np.array([[np.cos(0.2), -np.sin(0.2), 0], [np.sin(0.2), np.cos(0.2), 0], [0, 0, 1]])
    found = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product((1, -1), repeat=3):
            direction = turn @ (np.eye(3)[:, order] * signs)
            rows = tuple(tuple(float(x) for x in row) for row in direction)
            found.append(Geometry((9, 8, 7), (2.0, 1.0, 1.5), (3.0, 4.0, 5.0), rows))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("geometry", _geometries())
def test_radiological_orientation_in_every_grid(geometry: Geometry) -> None:
    index = np.moveaxis(np.indices(geometry.shape), 0, -1)
    left, posterior, superior = np.moveaxis(geometry.index_to_lps(index), -1, 0)
    found = {view.plane: view for view in views(geometry)}
    assert list(found) == ["axial", "coronal", "sagittal"]
    right_of = {"axial": left, "coronal": left, "sagittal": posterior}
    below = {"axial": posterior, "coronal": -superior, "sagittal": -superior}
    for plane, view in found.items():
        across = view.cut(right_of[plane], 2)
        down = view.cut(below[plane], 2)
        assert (np.diff(across, axis=1) > 0).all()
        assert (np.diff(down, axis=0) > 0).all()
        assert across.shape == down.shape
    assert [view.letters[:2] for view in found.values()][2] == ("A", "P")
    assert found["coronal"].letters == ("R", "L", "S", "I")
    assert {view.axis for view in found.values()} == {0, 1, 2}


def test_spacing_follows_the_picture(oblique: Geometry) -> None:
    for view in views(oblique):
        assert view.spacing == (oblique.spacing[view.down], oblique.spacing[view.right])


def test_an_oblique_grid_gets_two_letters() -> None:
    c, s = np.cos(0.6), np.sin(0.6)
    geometry = Geometry((4, 4, 4), direction=((0.0, -s, c), (0.0, c, s), (1.0, 0.0, 0.0)))
    axial = views(geometry)[0]
    assert axial.plane == "axial"
    assert axial.letters[:2] == ("RA", "LP")


def test_a_single_slice_has_one_view() -> None:
    assert [v.plane for v in views(Geometry((1, 5, 6)))] == ["axial"]


def test_the_slice_with_most_of_the_structures_is_taken() -> None:
    label = np.zeros((10, 12, 14), np.uint8)
    label[3:8, 2:6, 2:6] = 1
    label[6, 2:10, 2:10] = 1  # slice 6 shows most
    assert best_slice(label, label, 0) == 6
    label[2, 11, 13] = 2  # all of a small structure weighs as much as all of a large one
    assert best_slice(label, label, 0) == 2


def test_without_a_reference_the_prediction_decides_and_without_either_the_middle() -> None:
    empty, predicted = np.zeros((10, 4, 4), np.uint8), np.zeros((10, 4, 4), np.uint8)
    predicted[7] = 1
    assert best_slice(empty, predicted, 0) == 7
    assert best_slice(empty, empty, 0) == 5


def test_of_equal_slices_the_middle_one() -> None:
    label = np.zeros((9, 4, 4), np.uint8)
    label[2:7, 1, 1] = 1
    assert best_slice(label, label, 0) == 4
