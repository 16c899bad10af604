"""Voxels of one segment, read and handed back in parts: what an effect of the Segment Editor works on.

Slicer hands an effect ``vtkOrientedImageData``: the grid that is painted on, the image on that grid, the mask. Here a
grid is told as a Geometry whose voxel (0, 0, 0) is the first voxel of that image, wherever its extent begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.scene.frames import array_of, points_to_ras, world_geometry
from medopt.scene.nodes import Node, check
from medopt.scene.segmentations import VALUE_TAG


def edit_geometry(reference: Any, node: Node) -> Geometry:
    """The grid of a ``vtkOrientedImageData`` of the segmentation ``node`` in the patient (LPS), its transform included.

    ``reference`` needs no voxels, only geometry and extent. Raises MedOptError when it is empty, or when the node
    lies under a transform that shears or bends the grid.
    """
    import vtk

    first, shape = _extent(reference)
    if min(shape) < 1:
        raise MedOptError(
            "there is no grid to edit on",
            where=node.GetID(),
            expected="a source volume",
            remedy="Choose a source volume in the Segment Editor",
        )
    matrix = vtk.vtkMatrix4x4()
    reference.GetImageToWorldMatrix(matrix)
    shift = np.eye(4)
    shift[:3, 3] = first[::-1]
    return world_geometry(node, shape, array_of(matrix) @ shift)


def voxels_of_line(geometry: Geometry, points: ArrayLike) -> NDArray[np.intp]:
    """Voxels along a line through ``points``, (n, 3) RAS mm, as (m, 3) indices (k, j, i), each once, in its order.

    The line is followed in steps of half a voxel at most; what lies outside the grid is left out. One point gives one
    voxel. Empty without points, and when all lie outside.
    """
    ras = np.asarray(points, float).reshape(-1, 3)
    index = geometry.lps_to_index(points_to_ras(ras))
    if len(index) > 1:
        steps = np.ceil(2 * np.abs(np.diff(index, axis=0)).max(axis=1)).astype(int)
        pieces = [
            a + (b - a) * np.arange(n)[:, None] / n
            for a, b, n in zip(index[:-1], index[1:], np.maximum(steps, 1), strict=True)
        ]
        index = np.concatenate([*pieces, index[-1:]])
    voxels = np.floor(index + 0.5).astype(np.intp)
    inside = ((voxels >= 0) & (voxels < np.asarray(geometry.shape))).all(axis=1)
    voxels = voxels[inside]
    _, order = np.unique(voxels, axis=0, return_index=True)
    return voxels[np.sort(order)]


def index_of_points(geometry: Geometry, points: ArrayLike) -> NDArray[np.float64]:
    """Fractional (k, j, i) indices of (n, 3) RAS points in mm; neither rounded nor cut to the grid."""
    return geometry.lps_to_index(points_to_ras(np.asarray(points, float).reshape(-1, 3)))


def slice_axis(geometry: Geometry, normal: ArrayLike) -> int:
    """The axis of (k, j, i) that is closest to ``normal``, (3,) RAS: the one that a slice view looks along."""
    along = np.asarray(geometry.direction).T @ points_to_ras(np.asarray(normal, float))
    return int(np.argmax(np.abs(along)))


def image_part(image: Any, reference: Any, start: Sequence[int], stop: Sequence[int]) -> NDArray:
    """The values of ``image`` on voxels ``start`` up to ``stop``, (k, j, i) of ``reference``, in its own dtype.

    Both are ``vtkOrientedImageData`` on the same lattice, of one channel; voxels that ``image`` does not have are 0.
    The result is a copy.
    """
    shape = tuple(int(b - a) for a, b in zip(start, stop, strict=True))
    scalars = image.GetPointData().GetScalars()
    first, size = _extent(image)
    if scalars is None or min(size) < 1:
        return np.zeros(shape, np.uint8)
    from vtk.util.numpy_support import vtk_to_numpy

    array = vtk_to_numpy(scalars).reshape(size)
    result = np.zeros(shape, array.dtype)
    offset = np.asarray(_extent(reference)[0]) - np.asarray(first)
    low, high = np.asarray(start) + offset, np.asarray(stop) + offset
    inner_low, inner_high = np.maximum(low, 0), np.minimum(high, size)
    if (inner_low < inner_high).all():
        target = tuple(slice(int(a), int(b)) for a, b in zip(inner_low - low, inner_high - low, strict=True))
        source = tuple(slice(int(a), int(b)) for a, b in zip(inner_low, inner_high, strict=True))
        result[target] = array[source]
    return result


def segment_part(
    node: Node, segment_id: str, reference: Any, start: Sequence[int], stop: Sequence[int]
) -> NDArray[np.bool_]:
    """Which voxels ``start`` up to ``stop``, (k, j, i) of ``reference``, belong to a segment of the node; a copy.

    Only these voxels are looked at, so that it takes no longer in a large image. A layer on another lattice is taken
    by nearest neighbour. False everywhere for a segment without voxels. Raises MedOptError for an unknown segment.
    """
    import slicer

    segment = node.GetSegmentation().GetSegment(segment_id) if segment_id else None
    if segment is None:
        raise MedOptError(
            "there is no such segment",
            where=segment_id or None,
            expected="a segment of the segmentation",
            remedy="Select a segment in the list of the Segment Editor",
        )
    shape = tuple(int(b - a) for a, b in zip(start, stop, strict=True))
    layer = segment.GetRepresentation(slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName())
    if layer is None or min(_extent(layer)[1]) < 1 or layer.GetPointData().GetScalars() is None:
        return np.zeros(shape, np.bool_)
    resample = slicer.vtkOrientedImageDataResample
    if resample.DoGeometriesMatch(layer, reference):
        return image_part(layer, reference, start, stop) == segment.GetLabelValue()
    part, found = image_on_part(reference, start, np.zeros(shape, np.uint8)), slicer.vtkOrientedImageData()
    check(
        resample.ResampleOrientedImageToReferenceOrientedImage(layer, part, found, False),
        "the segment cannot be brought onto the grid that is edited",
        where=segment.GetName(),
    )
    return image_part(found, part, (0, 0, 0), shape) == segment.GetLabelValue()


def image_on_part(reference: Any, start: Sequence[int], values: NDArray) -> Any:
    """A new ``vtkOrientedImageData`` with ``values``, (k, j, i), whose first voxel is ``start`` of ``reference``.

    It lies on the reference's lattice and covers no more than the values: a modifier label map of the Segment Editor.
    bool becomes uint8.
    """
    import slicer
    from vtk.util.numpy_support import numpy_to_vtk

    first = np.asarray(_extent(reference)[0]) + np.asarray(start)
    last = first + np.asarray(values.shape) - 1
    result = slicer.vtkOrientedImageData()
    result.SetExtent(*(int(n) for pair in zip(first[::-1], last[::-1], strict=True) for n in pair))
    kind = np.uint8 if values.dtype == np.bool_ else values.dtype
    result.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(values, kind).reshape(-1), deep=True))
    result.SetGeometryFromImageToWorldMatrix(_matrix_of(reference))
    return result


def image_on_lattice(volume: Node, node: Node, reference: Any) -> Any:
    """The voxels of a scalar volume as a ``vtkOrientedImageData`` that shares them, where no resampling is needed.

    None when the volume lies on another lattice than ``reference``, a grid of the segmentation ``node``, or has
    several channels: the Segment Editor's own resampled copy is the one to take then.
    """
    import slicer
    import vtk

    image = volume.GetImageData() if volume is not None else None
    if image is None or image.GetNumberOfScalarComponents() != 1:
        return None
    if volume.GetParentTransformNode() is not node.GetParentTransformNode():
        return None
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    shared = slicer.vtkOrientedImageData()
    shared.SetExtent(*image.GetExtent())
    shared.GetPointData().SetScalars(image.GetPointData().GetScalars())
    shared.SetGeometryFromImageToWorldMatrix(matrix)
    if not slicer.vtkOrientedImageDataResample.DoGeometriesMatch(shared, reference):
        return None
    return shared if _extent(shared) == _extent(reference) else None


def value_of_segment(node: Node, segment_id: str) -> int | None:
    """The class value that MedOpt gave to a segment; None for a segment that came from elsewhere."""
    import vtk

    text = vtk.reference("")
    segment = node.GetSegmentation().GetSegment(segment_id)
    if segment is None or not segment.GetTag(VALUE_TAG, text):
        return None
    return int(text.get()) if text.get().isdecimal() else None


def _extent(image: Any) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """(first voxel, shape) of an image, both (k, j, i)."""
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    return (k0, j0, i0), (k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)


def _matrix_of(reference: Any) -> Any:
    import vtk

    matrix = vtk.vtkMatrix4x4()
    reference.GetImageToWorldMatrix(matrix)
    return matrix
