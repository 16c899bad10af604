"""Volumes that are filled piece by piece, in place: what a preview writes into while its slices are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.scene.classes import SegmentClass, rgb
from medopt.scene.frames import vtk_matrix
from medopt.scene.nodes import Node, Scene, add_node, one_update, remove_node
from medopt.scene.volumes import volume_geometry


def add_preview_volume(
    scene: Scene, geometry: Geometry, name: str, *, role: str, case: str | None = None, fill: float = 0.0
) -> Node:
    """A new scalar volume of float32 on ``geometry``, every voxel ``fill``, which is not saved with the scene.

    Its display does not follow the voxels by itself: see `set_levels`. Raises MedOptError when there is not enough
    memory.
    """
    node = add_node(scene, "vtkMRMLScalarVolumeNode", name, role=role, case=case)
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAutoWindowLevel(False)  # before there are voxels: it would look at all of them
    _give_or_remove(scene, node, geometry, np.float32, fill)
    return node


def add_preview_label(
    scene: Scene,
    geometry: Geometry,
    classes: Sequence[SegmentClass],
    name: str,
    *,
    role: str,
    case: str | None = None,
) -> tuple[Node, Node]:
    """A new label map volume of int16 zeros in the colours of the classes, and its colour table; neither is saved.

    Raises MedOptError when there is not enough memory.
    """
    node = add_node(scene, "vtkMRMLLabelMapVolumeNode", name, role=role, case=case)
    _give_or_remove(scene, node, geometry, np.int16, 0)
    node.CreateDefaultDisplayNodes()
    colors = add_node(scene, "vtkMRMLColorTableNode", f"{name} colours", role=role, case=case)
    colors.SetTypeToUser()
    colors.SetNumberOfColors(max((item.value for item in classes), default=0) + 1)
    colors.SetColor(0, "Background", 0.0, 0.0, 0.0, 0.0)
    for item in classes:
        colors.SetColor(item.value, item.name, *rgb(item.color), 1.0)
    colors.SetHideFromEditors(True)
    colors.SetSaveWithScene(False)
    node.GetDisplayNode().SetAndObserveColorNodeID(colors.GetID())
    return node, colors


def voxels(node: Node) -> NDArray:
    """The voxels of a one-channel volume node, (k, j, i) in its own dtype: its memory itself, to be written into.

    Call `voxels_changed` afterwards. The array must not be used once the node has other voxels or is gone.
    """
    from vtk.util.numpy_support import vtk_to_numpy

    image_data = node.GetImageData()
    i, j, k = image_data.GetDimensions()
    return vtk_to_numpy(image_data.GetPointData().GetScalars()).reshape(k, j, i)


def voxels_changed(node: Node) -> None:
    """Tell views that the voxels were written into."""
    image_data = node.GetImageData()
    image_data.GetPointData().GetScalars().Modified()
    image_data.Modified()


def set_levels(node: Node, low: float, high: float) -> None:
    """Show values from ``low`` (black) to ``high`` (white)."""
    display = node.GetDisplayNode()
    with one_update(display):
        display.SetAutoWindowLevel(False)
        display.SetWindowLevelMinMax(low, max(high, low + 1e-6 * max(1.0, abs(low))))


def levels(node: Node) -> tuple[float, float]:
    """The values that a volume's display shows black and white."""
    display = node.GetDisplayNode()
    return display.GetWindowLevelMin(), display.GetWindowLevelMax()


def fit_voxels(node: Node, geometry: Geometry, *, fill: float = 0.0) -> bool:
    """Give a node of `add_preview_volume` or `add_preview_label` another grid, every voxel ``fill``; True when it has.

    A node that lies on the grid already keeps its voxels. Raises MedOptError when there is not enough memory.
    """
    if volume_geometry(node).is_close(geometry):
        return False
    _give_voxels(node, geometry, voxels(node).dtype, fill)
    return True


def _give_or_remove(scene: Scene, node: Node, geometry: Geometry, dtype: DTypeLike, fill: float) -> None:
    try:
        _give_voxels(node, geometry, dtype, fill)
    except MedOptError:
        remove_node(scene, node)
        raise


def _give_voxels(node: Node, geometry: Geometry, dtype: DTypeLike, fill: float) -> None:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    try:
        values: Any = np.full(geometry.shape, fill, dtype) if fill else np.zeros(geometry.shape, dtype)
    except MemoryError as error:
        size = np.prod(geometry.shape, dtype=float) * np.dtype(dtype).itemsize
        raise MedOptError(
            "there is not enough memory for the preview",
            expected=f"{size / 2**30:.1f} GB",
            remedy="Show fewer variants, or a smaller patch",
        ) from error
    scalars = numpy_to_vtk(values.reshape(-1), deep=False)  # keeps the array alive
    scalars.SetName("ImageScalars")
    image_data = vtk.vtkImageData()
    image_data.SetDimensions(*reversed(geometry.shape))
    image_data.GetPointData().SetScalars(scalars)
    with one_update(node):
        node.SetIJKToRASMatrix(vtk_matrix(geometry.to_ijk_to_ras()))
        node.SetAndObserveImageData(image_data)
        node.SetSaveWithScene(False)
