"""Volume nodes and images: values copied both ways, geometry exact, RAS on one side and LPS on the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.scene.frames import array_of, vtk_matrix, world_geometry
from medopt.scene.nodes import Node, Scene, add_node, one_update


def volume_from_image(
    scene: Scene, image: Image, name: str, *, role: str | None = "image", case: str | None = None
) -> Node:
    """A new volume node with a copy of the image.

    One channel becomes a ``vtkMRMLScalarVolumeNode``, several a ``vtkMRMLVectorVolumeNode`` (three channels of
    uint8 show as colours). Values keep their type, except those that Slicer cannot hold: bool becomes uint8,
    float16 float32, and 64-bit integers the first of int32, uint32 and float64 that holds them exactly.

    Raises MedOptError when 64-bit integers fit none of these.
    """
    class_name = "vtkMRMLScalarVolumeNode" if image.channels == 1 else "vtkMRMLVectorVolumeNode"
    node = add_node(scene, class_name, name, role=role, case=case)
    if image.channels == 3:
        node.SetVoxelVectorType(node.VoxelVectorTypeColorRGB)
    update_volume(node, image)
    node.CreateDefaultDisplayNodes()
    return node


def volumes_from_channels(
    scene: Scene, image: Image, name: str, *, role: str | None = "image", case: str | None = None
) -> list[Node]:
    """One scalar volume a channel, named "NAME" for a single channel and "NAME 1", "NAME 2" … for several."""
    names = [name] if image.channels == 1 else [f"{name} {number}" for number in range(1, image.channels + 1)]
    return [
        volume_from_image(scene, Image(image.array[index : index + 1], image.geometry), text, role=role, case=case)
        for index, text in enumerate(names)
    ]


def update_volume(node: Node, image: Image) -> None:
    """Replace voxels and geometry of a volume node in place; its display settings and references stay.

    The node must be able to hold the channels: a scalar volume one, a vector volume several, else MedOptError.
    The image is meant in the patient's frame, so the node must not lie under a transform: MedOptError too.
    """
    is_vector = node.IsA("vtkMRMLVectorVolumeNode")
    if is_vector != (image.channels > 1):
        raise MedOptError(
            "image and volume node do not fit",
            where=node.GetID(),
            expected="several channels" if is_vector else "one channel",
            found=f"{image.channels} channels",
        )
    if node.GetParentTransformNode() is not None:
        raise MedOptError(
            "the volume lies under a transform",
            where=node.GetID(),
            expected="a node that lies directly in the patient's frame",
            remedy="Harden or remove the transform, then try again",
        )
    _fill(node, image.array, image.geometry)


def labelmap_from_label(
    scene: Scene, label: LabelMap, name: str, *, role: str | None = "label", case: str | None = None
) -> Node:
    """A new ``vtkMRMLLabelMapVolumeNode`` with a copy of the label; types as in `volume_from_image`."""
    node = add_node(scene, "vtkMRMLLabelMapVolumeNode", name, role=role, case=case)
    _fill(node, label.array[np.newaxis], label.geometry)
    node.CreateDefaultDisplayNodes()
    return node


def volume_geometry(node: Node) -> Geometry:
    """The grid of a volume node in the patient (LPS), a linear parent transform hardened into it.

    Raises MedOptError when the node has no voxels, or lies under a transform that shears or bends the grid.
    """
    import vtk

    image_data = _image_data(node)
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    first = image_data.GetExtent()[0::2]
    shift = np.eye(4)
    shift[:3, 3] = first
    i, j, k = image_data.GetDimensions()
    return world_geometry(node, (k, j, i), array_of(matrix) @ shift)


def image_from_volume(node: Node) -> Image:
    """A copy of a volume node as an Image: (channel, k, j, i) in the node's own dtype, geometry in LPS.

    Scalar, vector and label map volumes; a linear parent transform is hardened into the geometry, and the node
    itself stays as it is. Raises MedOptError as `volume_geometry` does.
    """
    geometry = volume_geometry(node)
    return Image(_values(node), geometry)


def label_from_labelmap(node: Node) -> LabelMap:
    """A copy of a label map volume as a LabelMap, (k, j, i) in the node's own integer dtype.

    Raises MedOptError when the node holds fractions or several channels, or as `volume_geometry` does.
    """
    geometry = volume_geometry(node)
    values = _values(node)
    if values.shape[0] != 1 or values.dtype.kind not in "iu":
        raise MedOptError(
            "the volume is not a label map",
            where=node.GetID(),
            expected="one channel of integers",
            found=f"{values.shape[0]} of {values.dtype}",
        )
    return LabelMap(values[0], geometry)


def image_data_from_array(array: NDArray, result: Any = None) -> Any:
    """A ``vtkImageData`` (or ``result`` filled) with a copy of (channel, k, j, i) values, in index coordinates."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    channels, k, j, i = array.shape
    storable = _storable(array)
    flat = np.ascontiguousarray(np.moveaxis(storable, 0, -1)).reshape(-1, channels)
    scalars = numpy_to_vtk(flat, deep=True)
    scalars.SetName("ImageScalars")
    image_data = vtk.vtkImageData() if result is None else result
    image_data.SetDimensions(i, j, k)
    image_data.GetPointData().SetScalars(scalars)
    return image_data


def array_from_image_data(image_data: Any) -> NDArray:
    """The values of a ``vtkImageData`` as a new C-ordered (channel, k, j, i) array."""
    from vtk.util.numpy_support import vtk_to_numpy

    i, j, k = image_data.GetDimensions()
    scalars = image_data.GetPointData().GetScalars()
    values = vtk_to_numpy(scalars).reshape(k, j, i, scalars.GetNumberOfComponents())
    return np.array(np.moveaxis(values, -1, 0), order="C", copy=True)


def _fill(node: Node, array: NDArray, geometry: Geometry) -> None:
    image_data = image_data_from_array(array)
    with one_update(node):
        node.SetIJKToRASMatrix(vtk_matrix(geometry.to_ijk_to_ras()))
        node.SetAndObserveImageData(image_data)


def _image_data(node: Node) -> Any:
    image_data = node.GetImageData()
    if image_data is None or image_data.GetPointData().GetScalars() is None or min(image_data.GetDimensions()) < 1:
        raise MedOptError("the volume has no voxels", where=node.GetID(), remedy="Load the volume again")
    return image_data


def _values(node: Node) -> NDArray:
    return array_from_image_data(_image_data(node))


def _storable(array: NDArray) -> NDArray:
    """The same values in a type that MRML volumes, their files and their displays can hold."""
    if array.dtype == np.bool_:
        return array.astype(np.uint8)
    if array.dtype == np.float16:
        return array.astype(np.float32)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    if array.dtype.kind in "iu" and array.dtype.itemsize == 8:
        low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
        for dtype in (np.int32, np.uint32):
            if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
                return array.astype(dtype)
        if max(abs(low), abs(high)) > 2**53:
            raise MedOptError(
                "the values are too large for a volume node", expected="integers up to 2^53", found=f"{low} to {high}"
            )
        return array.astype(np.float64)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
