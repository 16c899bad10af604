"""A case in a real scene with Slicer's Segment Editor logic, and an answer that can be foretold."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from medopt.image import Geometry, Image, LabelMap
from medopt.labelling.assist.patch import Patch
from medopt.scene import segmentation_from_label, volume_from_image
from medopt.scene.frames import points_to_ras
from MedOptCoreLib.edit_target import LogicTarget

CLASSES = (
    SimpleNamespace(value=1, name="Anterior", color="#e69f00", terminology=""),
    SimpleNamespace(value=2, name="Posterior", color="#56b4e9", terminology=""),
)
TURN = 0.4
OBLIQUE = Geometry(
    (40, 36, 30),
    (2.0, 1.0, 0.8),
    (-12.0, 20.0, 7.5),
    ((0.0, -np.sin(TURN), np.cos(TURN)), (0.0, np.cos(TURN), np.sin(TURN)), (-1.0, 0.0, 0.0)),
)
"""Turned about the body's axis, left-handed and anisotropic."""


def edit_scene(headless: Any, geometry: Geometry = OBLIQUE, case: str | None = None) -> SimpleNamespace:
    """A volume with a bright block, the segmentation of half of it, and the logic that edits segment 1."""
    import slicer

    array = np.zeros(geometry.shape, np.int16)
    k, j, i = (n // 4 for n in geometry.shape)
    array[k : 3 * k, j : 3 * j, i : 3 * i] = 500
    label = np.zeros(geometry.shape, np.uint8)
    label[k : 2 * k, j : 3 * j, i : 3 * i] = 1
    label[0:2, 0:4, 0:4] = 2
    scene = headless.scene
    noise = np.random.default_rng(0).normal(0, 20, array.shape).astype(np.int16)
    volume = volume_from_image(scene, Image((array + noise)[np.newaxis], geometry), "image", case=case)
    node = segmentation_from_label(scene, LabelMap(label, geometry), CLASSES, "label", volume, case=case)
    parameters = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    logic = slicer.vtkSlicerSegmentEditorLogic()
    logic.SetMRMLApplicationLogic(headless.application)
    logic.SetMRMLScene(scene)
    logic.SetSegmentEditorNode(parameters)
    logic.SetSegmentationNode(node)
    logic.SetSourceVolumeNode(volume)
    logic.SetCurrentSegmentID("Segment_1")
    logic.SetMaximumNumberOfUndoStates(20)
    return SimpleNamespace(
        scene=scene,
        volume=volume,
        node=node,
        parameters=parameters,
        logic=logic,
        target=LogicTarget(logic),
        geometry=geometry,
        label=label,
        image=array + noise,
        segment=lambda value=1: segment_of(node, value, geometry),
    )


def segment_of(node: Any, value: int, geometry: Geometry) -> Any:
    """The voxels of a class, by Slicer's own export rather than by the code under test."""
    import slicer
    from vtk.util.numpy_support import vtk_to_numpy

    from medopt.scene.frames import vtk_matrix

    grid = slicer.vtkOrientedImageData()
    k, j, i = geometry.shape
    grid.SetDimensions(i, j, k)
    grid.SetGeometryFromImageToWorldMatrix(vtk_matrix(geometry.to_ijk_to_ras()))
    whole, found = slicer.vtkOrientedImageData(), slicer.vtkOrientedImageData()
    assert node.GetBinaryLabelmapRepresentation(f"Segment_{value}", whole)
    if whole.IsEmpty():
        return np.zeros(geometry.shape, bool)
    resample = slicer.vtkOrientedImageDataResample
    assert resample.ResampleOrientedImageToReferenceOrientedImage(whole, grid, found, False)
    return vtk_to_numpy(found.GetPointData().GetScalars()).reshape(geometry.shape) > 0


def ras(geometry: Geometry, *index: tuple[float, float, float]) -> np.ndarray:
    """RAS mm of voxels."""
    return points_to_ras(geometry.index_to_lps(np.asarray(index, float)))


def axes_along(geometry: Geometry, axis: int) -> np.ndarray:
    """Right, up and normal, in RAS, of a view that looks along an axis of the grid."""
    columns = points_to_ras(np.asarray(geometry.direction).T)
    others = [n for n in (2, 1, 0) if n != axis]
    return columns[[*others, axis]]


class BallAnswer:
    """Adds balls around positive strokes and takes them away around negative ones, no matter what the mode is."""

    def __init__(self, radius: int = 2, reach: tuple[int, int, int] | None = None) -> None:
        self.radius, self.reach, self.tasks, self.modes = radius, reach, [], []

    def __call__(self, mode: Any, task: Any) -> Patch:
        self.tasks.append(task)
        self.modes.append(mode)
        after = task.current.copy()
        for voxels, value in ((task.positive, True), (task.negative, False)):
            for voxel in voxels:
                low = np.maximum(voxel - self.radius, 0)
                after[tuple(slice(a, b + self.radius + 1) for a, b in zip(low, voxel, strict=True))] = value
        if task.allowed is not None:
            after = np.where(task.allowed, after, task.current)
        return Patch.between(task.current, after)
