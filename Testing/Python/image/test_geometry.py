"""Geometry: conversions, conventions of others, derived grids."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from medopt.errors import MedOptError
from medopt.image import LPS_TO_RAS, Geometry

numbers = st.floats(-500, 500, allow_nan=False, width=64)
spacings = st.floats(0.05, 20, allow_nan=False)


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Grids with any rotation, right- and left-handed, any axis order, anisotropic, away from the origin."""
    angles = [draw(st.integers(-314, 314)) / 100 for _ in range(3)]  # ITK's SVD fails on entries such as 1e-300
    rotation = np.eye(3)
    for axis, angle in enumerate(angles):
        turn = np.eye(3)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        turn[a, a], turn[a, b], turn[b, a], turn[b, b] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        rotation = rotation @ turn
    flips = np.diag([draw(st.sampled_from([-1.0, 1.0])) for _ in range(3)])
    order = draw(st.permutations([0, 1, 2]))
    direction = (rotation @ flips)[:, order]
    shape = tuple(draw(st.integers(1, 40)) for _ in range(3))
    spacing = tuple(draw(spacings) for _ in range(3))
    origin = tuple(draw(numbers) for _ in range(3))
    return Geometry(shape, spacing, origin, tuple(map(tuple, direction)))


def itk_image(geometry: Geometry) -> SimpleITK.Image:
    size, spacing, origin, direction = geometry.to_itk()
    image = SimpleITK.Image(list(size), SimpleITK.sitkUInt8)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    image.SetDirection(direction)
    return image


@given(geometries(), st.lists(numbers, min_size=3, max_size=3))
def test_index_and_lps_are_inverse(geometry: Geometry, index: list[float]) -> None:
    back = geometry.lps_to_index(geometry.index_to_lps(index))
    assert_allclose(back, index, atol=1e-6)


@given(geometries(), st.lists(st.floats(-50, 50), min_size=3, max_size=3))
def test_points_agree_with_itk(geometry: Geometry, index: list[float]) -> None:
    expected = itk_image(geometry).TransformContinuousIndexToPhysicalPoint(index[::-1])
    assert_allclose(geometry.index_to_lps(index), expected, atol=1e-9 * (1 + np.abs(expected).max()))
    inside = itk_image(geometry).TransformPhysicalPointToContinuousIndex(expected)
    assert_allclose(geometry.lps_to_index(expected)[::-1], inside, atol=1e-6)


def test_many_points_at_once_keep_their_leading_axes(oblique: Geometry, rng: np.random.Generator) -> None:
    index = rng.normal(size=(4, 5, 3))
    points = oblique.index_to_lps(index)
    assert points.shape == (4, 5, 3)
    assert_allclose(points[2, 3], oblique.index_to_lps(index[2, 3]))
    assert_allclose(oblique.lps_to_index(points), index, atol=1e-12)


def test_no_points_give_no_points(oblique: Geometry) -> None:
    assert oblique.index_to_lps(np.empty((0, 3))).shape == (0, 3)


@given(geometries())
def test_itk_round_trip_is_exact(geometry: Geometry) -> None:
    assert Geometry.from_itk(*geometry.to_itk()) == geometry


@given(geometries())
def test_ijk_to_ras_round_trip(geometry: Geometry) -> None:
    back = Geometry.from_ijk_to_ras(geometry.shape, geometry.to_ijk_to_ras())
    assert back.shape == geometry.shape
    assert_allclose(back.spacing, geometry.spacing, rtol=1e-12)
    assert_allclose(back.direction, geometry.direction, atol=1e-12)
    assert back.origin == geometry.origin


@given(geometries())
def test_ras_is_lps_with_two_signs_changed_exactly(geometry: Geometry) -> None:
    ras = geometry.to_ijk_to_ras()
    lps = geometry.matrix[:, [2, 1, 0, 3]]
    assert_array_equal(ras[:2], -lps[:2])
    assert_array_equal(ras[2:], lps[2:])
    assert_array_equal(LPS_TO_RAS @ LPS_TO_RAS, np.eye(4))


@pytest.mark.parametrize("left_handed", [False, True])
def test_ijk_to_ras_agrees_with_mrml(oblique: Geometry, left_handed: bool) -> None:
    slicer = pytest.importorskip("slicer")
    import vtk

    handed = np.linalg.det(np.asarray(oblique.direction)[:, ::-1])
    direction = np.asarray(oblique.direction) * [1, 1, -handed if left_handed else handed]
    assert (np.linalg.det(direction[:, ::-1]) < 0) == left_handed
    geometry = Geometry(oblique.shape, oblique.spacing, oblique.origin, tuple(map(tuple, direction)))
    node = slicer.vtkMRMLScalarVolumeNode()
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(geometry.to_ijk_to_ras().ravel().tolist())
    node.SetIJKToRASMatrix(matrix)
    assert_allclose(node.GetSpacing()[::-1], geometry.spacing, rtol=1e-12)
    assert_allclose(node.GetOrigin(), np.asarray(geometry.origin) * [-1, -1, 1], rtol=1e-12)
    found = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(found)
    point = found.MultiplyPoint([2.5, 1.0, 3.0, 1.0])[:3]
    assert_allclose(point, geometry.index_to_lps([3.0, 1.0, 2.5]) * [-1, -1, 1], rtol=1e-12)


@given(geometries(), st.lists(st.integers(-5, 5), min_size=3, max_size=3))
def test_crop_keeps_voxels_in_place(geometry: Geometry, start: list[int]) -> None:
    cropped = geometry.cropped(start, (2, 3, 4))
    assert cropped.shape == (2, 3, 4)
    inside = np.array([1, 2, 3])
    assert_allclose(cropped.index_to_lps(inside), geometry.index_to_lps(inside + start), atol=1e-9)


@given(geometries(), st.tuples(spacings, spacings, spacings))
def test_resampling_keeps_the_outer_edges(geometry: Geometry, spacing: tuple[float, float, float]) -> None:
    assert_same_edges(geometry, geometry.resampled(spacing))
    shape = np.maximum(1, np.rint(np.asarray(geometry.extent) / spacing))
    assert_array_equal(geometry.resampled(spacing).shape, shape)


@given(geometries(), st.tuples(*[st.integers(1, 60)] * 3))
def test_resizing_keeps_the_outer_edges(geometry: Geometry, shape: tuple[int, int, int]) -> None:
    resized = geometry.resized(shape)
    assert resized.shape == shape
    assert_same_edges(geometry, resized)


def assert_same_edges(first: Geometry, second: Geometry) -> None:
    corners = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    points = [g.index_to_lps(corners * np.asarray(g.shape) - 0.5) for g in (first, second)]
    assert_allclose(points[0], points[1], atol=1e-8)


def test_resized_to_its_own_shape_is_the_same(oblique: Geometry) -> None:
    assert oblique.resized(oblique.shape).is_close(oblique, 1e-12)


@settings(max_examples=30)
@given(geometries())
def test_close_to_itself_and_not_to_a_shifted_grid(geometry: Geometry) -> None:
    assert geometry.is_close(geometry)
    shifted = geometry.cropped((0, 0, 1), geometry.shape)
    assert not geometry.is_close(shifted)
    assert geometry.is_close(shifted, tolerance=1.5)


def test_other_spacing_is_not_close_even_for_one_voxel() -> None:
    assert not Geometry((1, 1, 1), (1, 1, 1)).is_close(Geometry((1, 1, 1), (1, 1, 1.1)))


def test_other_shape_is_not_close() -> None:
    assert not Geometry((2, 2, 2)).is_close(Geometry((2, 2, 3)))


def test_measures() -> None:
    geometry = Geometry((2, 3, 4), (3.0, 2.0, 1.0))
    assert geometry.extent == (6.0, 6.0, 4.0)
    assert geometry.voxel_volume == 6.0
    assert geometry.diagonal == pytest.approx(np.sqrt(36 + 36 + 16))
    assert not geometry.is_2d
    assert Geometry((1, 3, 4)).is_2d


@given(geometries())
def test_json_round_trip_is_exact(geometry: Geometry) -> None:
    import json

    assert Geometry(**json.loads(json.dumps(geometry.to_json()))) == geometry


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shape": (0, 1, 1)}, "three sizes"),
        ({"shape": (2, 2)}, "three sizes"),
        ({"spacing": (1, 0, 1)}, "three spacings"),
        ({"spacing": (1, -1, 1)}, "three spacings"),
        ({"spacing": (1, float("nan"), 1)}, "three spacings"),
        ({"origin": (0, float("inf"), 0)}, "three finite numbers"),
        ({"direction": ((1, 0, 0), (0, 1, 0), (0, 0.5, 1))}, "orthogonal"),
        ({"direction": ((2, 0, 0), (0, 1, 0), (0, 0, 1))}, "orthogonal"),
    ],
)
def test_what_is_not_a_grid_is_refused(fields: dict, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        Geometry(**{"shape": (2, 2, 2), **fields})


@pytest.mark.parametrize("spacing", [(1, 1), (1, 1, 0), (1, 1, float("nan"))])
def test_wrong_spacing_to_resample_is_refused(spacing: tuple) -> None:
    with pytest.raises(MedOptError, match="above 0 mm"):
        Geometry((2, 2, 2)).resampled(spacing)


def test_a_flat_matrix_is_refused() -> None:
    with pytest.raises(MedOptError, match="inverted"):
        Geometry.from_ijk_to_ras((2, 2, 2), np.diag([1, 1, 0, 1]))
