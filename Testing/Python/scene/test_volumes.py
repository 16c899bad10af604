from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.scene import (
    image_from_volume,
    label_from_labelmap,
    labelmap_from_label,
    update_volume,
    volume_from_image,
    volume_geometry,
    volumes_from_channels,
)


def image_on(geometry: Geometry, rng: np.random.Generator, channels: int = 1, dtype: Any = np.int16) -> Image:
    return Image((rng.normal(size=(channels, *geometry.shape)) * 50 + 100).astype(dtype), geometry)


def geometries() -> st.SearchStrategy[Geometry]:
    """Grids of any rotation and handedness."""

    def build(shape: tuple, spacing: tuple, origin: tuple, seed: int) -> Geometry:
        direction, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
        return Geometry(shape, spacing, origin, tuple(map(tuple, direction)))

    return st.builds(
        build,
        st.tuples(*[st.integers(1, 5)] * 3),
        st.tuples(*[st.floats(0.1, 6)] * 3),
        st.tuples(*[st.floats(-400, 400)] * 3),
        st.integers(0, 10**6),
    )


def linear_transform(scene: Any, matrix: np.ndarray) -> Any:
    import vtk

    values = vtk.vtkMatrix4x4()
    values.DeepCopy(matrix.reshape(-1).tolist())
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    node.SetMatrixTransformToParent(values)
    return node


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(geometry=geometries())
def test_geometry_and_values_survive_for_any_grid(scene, geometry):
    image = Image(np.arange(np.prod(geometry.shape), dtype=np.int16).reshape(1, *geometry.shape), geometry)
    back = image_from_volume(volume_from_image(scene, image, "any"))
    np.testing.assert_array_equal(back.array, image.array)
    np.testing.assert_allclose(back.geometry.matrix, geometry.matrix, rtol=1e-12, atol=1e-9)


def test_a_voxel_lies_where_mrml_says(scene, oblique, rng):
    """Slicer's own IJK-to-RAS of one voxel is the independent oracle for the change of frame."""
    image = image_on(oblique, rng)
    node = volume_from_image(scene, image, "oblique")
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    k, j, i = 5, 2, 9
    ras = matrix.MultiplyPoint((i, j, k, 1))[:3]
    lps = oblique.index_to_lps((k, j, i))
    np.testing.assert_allclose(ras, [-lps[0], -lps[1], lps[2]], atol=1e-9)
    assert node.GetImageData().GetScalarComponentAsDouble(i, j, k, 0) == image.array[0, k, j, i]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64])
def test_slicers_types_are_kept(scene, oblique, rng, dtype):
    image = image_on(oblique, rng, dtype=dtype)
    back = image_from_volume(volume_from_image(scene, image, "typed"))
    assert back.array.dtype == dtype
    np.testing.assert_array_equal(back.array, image.array)


@pytest.mark.parametrize(
    ("dtype", "values", "stored"),
    [
        (np.bool_, [0, 1], np.uint8),
        (np.float16, [0.5, -2], np.float32),
        (np.int64, [-5, 7], np.int32),
        (np.int64, [0, 2**32 - 1], np.uint32),
        (np.int64, [-1, 2**40], np.float64),
        (">i2", [-300, 300], np.int16),
    ],
)
def test_other_types_become_one_that_holds_them(scene, dtype, values, stored):
    image = Image(np.array(values, dtype=dtype).reshape(1, 1, 1, 2), Geometry((1, 1, 2)))
    back = image_from_volume(volume_from_image(scene, image, "typed"))
    assert back.array.dtype == stored
    assert back.array.ravel().tolist() == [float(v) for v in values]


def test_integers_beyond_double_precision_are_refused(scene):
    image = Image(np.array([0, 2**60]).reshape(1, 1, 1, 2), Geometry((1, 1, 2)))
    with pytest.raises(MedOptError, match=r"too large for a volume node: expected integers up to 2\^53"):
        volume_from_image(scene, image, "large")


@pytest.mark.parametrize("channels", [2, 3, 5])
def test_channels_make_a_vector_volume(scene, oblique, rng, channels):
    image = image_on(oblique, rng, channels, np.uint8)
    node = volume_from_image(scene, image, "vector")
    assert node.IsA("vtkMRMLVectorVolumeNode")
    assert node.GetImageData().GetScalarComponentAsDouble(1, 2, 3, channels - 1) == image.array[-1, 3, 2, 1]
    np.testing.assert_array_equal(image_from_volume(node).array, image.array)


def test_one_volume_a_channel(scene, oblique, rng):
    image = image_on(oblique, rng, 2)
    nodes = volumes_from_channels(scene, image, "T1 and T2")
    assert [node.GetName() for node in nodes] == ["T1 and T2 1", "T1 and T2 2"]
    for channel, node in enumerate(nodes):
        np.testing.assert_array_equal(image_from_volume(node).array[0], image.array[channel])
    assert volumes_from_channels(scene, image_on(oblique, rng), "CT")[0].GetName() == "CT"


def test_the_copy_shares_no_memory(scene, oblique, rng):
    image = image_on(oblique, rng)
    first = image.array.copy()
    node = volume_from_image(scene, image, "copy")
    image.array[:] = 0
    back = image_from_volume(node)
    np.testing.assert_array_equal(back.array, first)
    back.array[:] = 1
    np.testing.assert_array_equal(image_from_volume(node).array, first)


def test_an_update_keeps_the_node_and_its_display(scene, oblique, rng):
    node = volume_from_image(scene, image_on(oblique, rng), "live")
    node.GetDisplayNode().AutoWindowLevelOff()
    node.GetDisplayNode().SetWindowLevel(321, 123)
    events: list[str] = []
    node.AddObserver("ModifiedEvent", lambda *_: events.append("modified"))
    smaller = image_on(oblique.cropped((1, 1, 1), (4, 5, 6)), rng, dtype=np.float32)
    update_volume(node, smaller)
    back = image_from_volume(node)
    np.testing.assert_array_equal(back.array, smaller.array)
    assert back.geometry.is_close(smaller.geometry, 1e-6)
    assert (node.GetDisplayNode().GetWindow(), node.GetDisplayNode().GetLevel()) == (321, 123)
    assert len(events) == 1


def test_an_update_with_other_channels_is_refused(scene, oblique, rng):
    node = volume_from_image(scene, image_on(oblique, rng), "scalar")
    with pytest.raises(MedOptError, match="expected one channel, found 2 channels"):
        update_volume(node, image_on(oblique, rng, 2))


def test_a_linear_transform_is_hardened_into_the_geometry_only(scene, oblique, rng):
    node = volume_from_image(scene, image_on(oblique, rng), "moved")
    turn = np.eye(4)
    turn[:3, :3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    turn[:3, 3] = (10, 20, 30)
    node.SetAndObserveTransformNodeID(linear_transform(scene, turn).GetID())
    found = volume_geometry(node)
    node.HardenTransform()  # Slicer's own way is the oracle
    np.testing.assert_allclose(found.matrix, volume_geometry(node).matrix, atol=1e-9)
    assert not found.is_close(oblique)


def test_a_volume_under_a_transform_is_not_overwritten(scene, oblique, rng):
    node = volume_from_image(scene, image_on(oblique, rng), "moved")
    node.SetAndObserveTransformNodeID(linear_transform(scene, np.eye(4)).GetID())
    with pytest.raises(MedOptError, match="lies under a transform"):
        update_volume(node, image_on(oblique, rng))


def test_a_shearing_transform_is_refused(scene, oblique, rng):
    node = volume_from_image(scene, image_on(oblique, rng), "sheared")
    shear = np.eye(4)
    shear[0, 1] = 0.4
    node.SetAndObserveTransformNodeID(linear_transform(scene, shear).GetID())
    with pytest.raises(
        MedOptError, match=r"expected perpendicular axes, found axes sheared by its transform\. Resample"
    ):
        image_from_volume(node)


def test_a_bending_transform_is_refused(scene, oblique, rng):
    import vtk

    node = volume_from_image(scene, image_on(oblique, rng), "bent")
    bend = vtk.vtkThinPlateSplineTransform()
    bend.SetBasisToR()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for x, y, z in [(0, 0, 0), (9, 0, 0), (0, 9, 0), (0, 0, 9), (9, 9, 9)]:
        source.InsertNextPoint(x, y, z)
        target.InsertNextPoint(x, y, z + 0.1 * x * y)
    bend.SetSourceLandmarks(source)
    bend.SetTargetLandmarks(target)
    transform = scene.AddNewNodeByClass("vtkMRMLTransformNode", "bend")
    transform.SetAndObserveTransformToParent(bend)
    node.SetAndObserveTransformNodeID(transform.GetID())
    with pytest.raises(MedOptError, match=r"transform that bends space.*Harden the transform"):
        image_from_volume(node)


def test_an_empty_node_is_refused(scene):
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    with pytest.raises(MedOptError, match="the volume has no voxels"):
        image_from_volume(node)


def test_an_extent_that_does_not_start_at_zero_moves_the_origin(scene, oblique, rng):
    node = volume_from_image(scene, image_on(oblique, rng), "offset")
    node.GetImageData().SetExtent(4, 13, 0, 7, -1, 4)
    np.testing.assert_allclose(volume_geometry(node).origin, oblique.index_to_lps((-1, 0, 4)), atol=1e-9)


def test_label_maps_keep_values_and_type(scene, label):
    node = labelmap_from_label(scene, label, "labels")
    assert node.IsA("vtkMRMLLabelMapVolumeNode")
    back = label_from_labelmap(node)
    np.testing.assert_array_equal(back.array, label.array)
    assert back.array.dtype == label.array.dtype
    assert back.geometry.is_close(label.geometry, 1e-6)


def test_an_empty_label_map_stays_empty(scene, oblique):
    node = labelmap_from_label(scene, LabelMap(np.zeros(oblique.shape, np.int64), oblique), "none")
    assert label_from_labelmap(node).values() == []


def test_fractions_are_no_label_map(scene, oblique, rng):
    node = volume_from_image(scene, image_on(oblique, rng, dtype=np.float32), "fractions")
    with pytest.raises(MedOptError, match="expected one channel of integers, found 1 of float32"):
        label_from_labelmap(node)
