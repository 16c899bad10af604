"""From a segmentation node to one label map on a wanted grid: nothing lost silently, nothing counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.scene.classes import SegmentClass
from medopt.scene.frames import parent_matrix, vtk_matrix
from medopt.scene.nodes import Node, check
from medopt.scene.segmentations import VALUE_TAG, set_reference_grid
from medopt.scene.volumes import array_from_image_data


def label_from_segmentation(
    node: Node, geometry: Geometry, classes: Sequence[SegmentClass], *, overlap: Literal["refuse", "later"] = "refuse"
) -> LabelMap:
    """The segments of a node as one label map on ``geometry``, in the smallest unsigned type for the classes.

    A segment stands for the class of its name, in capitals or not; a renamed one for the class whose value
    MedOpt gave it, unless another segment has that class's name. Segments that stand for no class are an error
    unless they are empty. On the grid of ``geometry``, voxels are copied exactly; from another grid they are
    taken by nearest neighbour, and what lies outside ``geometry`` is cut. A linear parent transform is respected.
    No segments, or only empty ones, give zeros. Node and scene stay as they are.

    Parameters
    ----------
    geometry : the wanted grid, usually that of the case
    overlap : what a voxel in two segments means: "refuse" is a MedOptError, with "later" the segment that
        stands later in the list wins

    Raises MedOptError for a segment that is no class of the project, for two segments of one class, for
    overlaps when refused, and for a transform that is not linear.
    """
    segments = _assign(node, classes)
    indices = _merge(node, geometry, segments, overlap)
    values = np.zeros(len(segments) + 1, dtype=_label_type(classes))
    values[1:] = [segment.value for segment in segments]
    return LabelMap(values[indices], geometry)


@dataclass(frozen=True)
class _Segment:
    """A segment that has voxels to give: its id in the node and the class value that it stands for."""

    id: str
    name: str
    value: int


def _assign(node: Node, classes: Sequence[SegmentClass]) -> list[_Segment]:
    """The segments that count, in the order of the node; errors for those that stand for no class, or for one twice."""
    segmentation = node.GetSegmentation()
    by_name = {_key(item.name): item.value for item in classes}
    known = {item.value for item in classes}
    ids = [segmentation.GetNthSegmentID(index) for index in range(segmentation.GetNumberOfSegments())]
    names = {segment_id: segmentation.GetSegment(segment_id).GetName() or "" for segment_id in ids}
    taken = {by_name[_key(name)] for name in names.values() if _key(name) in by_name}
    result: list[_Segment] = []
    for segment_id in ids:
        name = names[segment_id]
        stored = _stored_value(segmentation.GetSegment(segment_id))
        if _key(name) in by_name:
            value = by_name[_key(name)]
        elif stored in known and stored not in taken:
            value = stored
        elif _is_empty(segmentation, segment_id):
            continue
        else:
            raise MedOptError(
                "the segment is no class of the project",
                where=name,
                expected=", ".join(item.name for item in classes) or "a project with classes",
                remedy="Rename the segment to a class, delete it, or add the class to the project",
            )
        double = next((other.name for other in result if other.value == value), None)
        if double is not None:
            raise MedOptError(
                "two segments stand for one class",
                where=name,
                expected=f"one segment of value {value}",
                found=f'"{double}" and "{name}"',
                remedy="Join them with Logical operators in the Segment Editor, and delete one",
            )
        result.append(_Segment(segment_id, name, value))
    return result


def _key(name: str) -> str:
    return name.strip().casefold()


def _stored_value(segment: Any) -> int:
    import vtk

    text = vtk.reference("")
    if not segment.GetTag(VALUE_TAG, text):
        return 0
    return int(text.get()) if text.get().isdecimal() else 0


def _is_empty(segmentation: Any, segment_id: str) -> bool:
    """True when the segment's source representation holds nothing (other segments of its layer don't count)."""
    segment = segmentation.GetSegment(segment_id)
    source = segment.GetRepresentation(segmentation.GetSourceRepresentationName())
    if source is None:
        return True
    if source.IsA("vtkPolyData"):
        return bool(source.GetNumberOfCells() == 0)
    if source.GetPointData().GetScalars() is None:
        return True
    return not bool((array_from_image_data(source) == segment.GetLabelValue()).any())


def _merge(
    node: Node, geometry: Geometry, segments: Sequence[_Segment], overlap: Literal["refuse", "later"]
) -> NDArray[np.integer]:
    """(k, j, i) array of the position in ``segments``, from 1; 0 where there is none."""
    import slicer

    result = np.zeros(geometry.shape, np.int32)
    if not segments:
        return result
    local = np.linalg.inv(parent_matrix(node)) @ geometry.to_ijk_to_ras()
    grid = slicer.vtkOrientedImageData()
    k, j, i = geometry.shape
    grid.SetDimensions(i, j, k)
    grid.SetGeometryFromImageToWorldMatrix(vtk_matrix(local))
    source = _as_labelmaps(node, grid)
    position = {segment.id: number for number, segment in enumerate(segments, 1)}
    for layer in range(source.GetSegmentation().GetNumberOfLayers()):
        ids = [text for text in source.GetSegmentation().GetSegmentIDsForLayer(layer) if text in position]
        if not ids:
            continue
        found = _merged_layer(source, grid, ids, [position[text] for text in ids])
        both = (result > 0) & (found > 0)
        if overlap == "refuse" and both.any():
            first, second = (segments[int(array[both][0]) - 1].name for array in (result, found))
            raise MedOptError(
                "segments overlap",
                expected="each voxel in one segment at most",
                found=f'{int(both.sum())} voxels in "{first}" and "{second}" at once',
                remedy="Take one from the other with Logical operators in the Segment Editor",
            )
        np.maximum(result, found, out=result)
    return result


def _as_labelmaps(node: Node, grid: Any) -> Any:
    """The node itself, or a copy outside the scene whose surfaces were turned into label maps on ``grid``."""
    import slicer

    representation = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    if node.GetSegmentation().GetSourceRepresentationName() == representation:
        return node
    copy = slicer.vtkSegmentation()
    copy.DeepCopy(node.GetSegmentation())
    set_reference_grid(copy, grid)
    check(
        copy.CreateRepresentation(representation, True),
        "the segmentation cannot be turned into voxels",
        where=node.GetID(),
    )
    result = slicer.vtkMRMLSegmentationNode()
    result.SetAndObserveSegmentation(copy)
    return result


def _merged_layer(node: Node, grid: Any, ids: Sequence[str], numbers: Sequence[int]) -> NDArray:
    import slicer
    import vtk

    names, values = vtk.vtkStringArray(), vtk.vtkIntArray()
    for segment_id, number in zip(ids, numbers, strict=True):
        names.InsertNextValue(segment_id)
        values.InsertNextValue(number)
    merged = slicer.vtkOrientedImageData()
    done = node.GenerateMergedLabelmapForAllSegments(
        merged, slicer.vtkSegmentation.EXTENT_REFERENCE_GEOMETRY, grid, names, values
    )
    check(done, "the segments cannot be written into one label map", where=node.GetID())
    return array_from_image_data(merged)[0].astype(np.int32)


def _label_type(classes: Sequence[SegmentClass]) -> np.dtype:
    return np.min_scalar_type(max((item.value for item in classes), default=0))
