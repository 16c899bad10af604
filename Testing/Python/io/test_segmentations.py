"""Slicer's .seg.nrrd, proven both ways against Slicer's own storage node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io import Segment, Segmentation, read_geometry, read_image, read_segmentation, write_segmentation
from medopt.io.nrrd import write_nrrd

TERM = (
    "Segmentation category and type - 3D Slicer General Anatomy list~SCT^123037004^Anatomical Structure"
    "~SCT^10200004^Liver~^^~Anatomic codes - DICOM master list~^^~^^"
)
TISSUE = (
    "Segmentation category and type - 3D Slicer General Anatomy list~SCT^85756007^Tissue"
    "~SCT^85756007^Tissue~^^~Anatomic codes - DICOM master list~^^~^^"
)
"""Slicer's terminology of a segment that was given none."""
NAMES = ("간 Leber ü|x", "two\nlines \\ and more", "c")


@pytest.fixture(params=[False, True], ids=["right-handed", "left-handed"])
def grid(request: pytest.FixtureRequest, oblique: Geometry) -> Geometry:
    handed = np.linalg.det(np.asarray(oblique.direction)[:, ::-1])
    direction = np.asarray(oblique.direction) * [1, 1, -handed if request.param else handed]
    return Geometry(oblique.shape, oblique.spacing, oblique.origin, tuple(map(tuple, direction)))


def example(grid: Geometry, count: int, dtype: str = "uint8") -> Segmentation:
    """One segment in each of the first layers, two in the last; layers overlap."""
    layers = np.zeros((count, *grid.shape), dtype)
    segments = []
    for layer in range(count):
        layers[layer, 1:4, 2:5, 3 : 6 + layer] = 3 + layer
        color = (0.1 * layer, 0.25, 1 / 3)
        segments.append(Segment(f"id{layer}", NAMES[layer], color, 3 + layer, layer, TERM if layer != 1 else ""))
    layers[-1, 0, 0, :2] = 200 if dtype == "uint8" else 900
    layers[-1, 1, 2, 3] = layers[-1, 0, 0, 0]  # overlaps the other layers, or Slicer would merge them on writing
    last = Segment("last", "Last", (1.0, 1.0, 0.0), int(layers.max()), count - 1, TERM, (("Status", "completed"),))
    return Segmentation(layers, (*segments, last), grid)


def assert_same(found: Segmentation, expected: Segmentation) -> None:
    assert found.segments == expected.segments
    assert_array_equal(found.layers, expected.layers)
    assert found.geometry.is_close(expected.geometry, 1e-9)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("compress", [False, True])
def test_round_trip(tmp_path: Path, grid: Geometry, count: int, compress: bool) -> None:
    expected = example(grid, count)
    write_segmentation(expected, tmp_path / "a.seg.nrrd", compress=compress)
    assert_same(read_segmentation(tmp_path / "a.seg.nrrd"), expected)
    assert read_geometry(tmp_path / "a.seg.nrrd").is_close(grid, 1e-9)
    assert_array_equal(read_image(tmp_path / "a.seg.nrrd").array, expected.layers)


# ---- Slicer reads what MedOpt writes ------------------------------------------------------------------------


def slicer_read(scene: Any, path: Path) -> Any:
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(path))
    assert storage.ReadData(node) == 1
    return node


def slicer_masks(node: Any, grid: Geometry) -> dict[str, np.ndarray]:
    """Each segment on the grid, resampled by Slicer from its own image of it."""
    import slicer
    from vtk.util.numpy_support import vtk_to_numpy

    reference = slicer_image(np.zeros(grid.shape, np.uint8), grid, (0, 0, 0))
    result = {}
    segmentation = node.GetSegmentation()
    for number in range(segmentation.GetNumberOfSegments()):
        identity = segmentation.GetNthSegmentID(number)
        segment = segmentation.GetSegment(identity)
        image = slicer.vtkOrientedImageData()
        source = segment.GetRepresentation("Binary labelmap")
        resample = slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage
        assert resample(source, reference, image)
        array = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(grid.shape)
        result[identity] = array == segment.GetLabelValue()
    return result


def slicer_image(array: np.ndarray, grid: Geometry, start: tuple[int, int, int]) -> Any:
    """A vtkOrientedImageData of ``array`` whose first voxel lies at index ``start`` (k, j, i) of the grid."""
    import slicer
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    image = slicer.vtkOrientedImageData()
    (k, j, i), (nk, nj, ni) = start, array.shape
    image.SetExtent(i, i + ni - 1, j, j + nj - 1, k, k + nk - 1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True))
    matrix = vtk.vtkMatrix4x4()
    matrix.DeepCopy(grid.to_ijk_to_ras().ravel().tolist())
    image.SetImageToWorldMatrix(matrix)
    return image


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "int16"])
def test_slicer_reads_what_is_written(tmp_path: Path, scene: Any, grid: Geometry, count: int, dtype: str) -> None:
    expected = example(grid, count, dtype)
    write_segmentation(expected, tmp_path / "a.seg.nrrd")
    node = slicer_read(scene, tmp_path / "a.seg.nrrd")
    segmentation = node.GetSegmentation()
    assert segmentation.GetNumberOfSegments() == len(expected.segments)
    assert segmentation.GetNumberOfLayers() == count
    import vtk

    for number, segment in enumerate(expected.segments):
        assert segmentation.GetNthSegmentID(number) == segment.id
        theirs = segmentation.GetSegment(segment.id)
        assert theirs.GetName() == segment.name
        assert_allclose(theirs.GetColor(), segment.color, atol=1e-9)
        assert theirs.GetLabelValue() == segment.value
        assert segmentation.GetLayerIndex(segment.id) == segment.layer
        tag = vtk.reference("")
        assert theirs.GetTag("TerminologyEntry", tag)
        if segment.terminology:  # a segment without one gets Slicer's default
            assert str(tag.get()) == segment.terminology
    masks = slicer_masks(node, grid)
    for segment in expected.segments:
        assert_array_equal(masks[segment.id], expected.mask(segment))


def test_slicer_keeps_the_reference_geometry(tmp_path: Path, scene: Any, grid: Geometry) -> None:
    import slicer

    write_segmentation(example(grid, 1), tmp_path / "a.seg.nrrd")
    node = slicer_read(scene, tmp_path / "a.seg.nrrd")
    name = slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName()
    text = node.GetSegmentation().GetConversionParameter(name)
    image = slicer.vtkOrientedImageData()
    assert slicer.vtkSegmentationConverter.DeserializeImageGeometry(text, image, False)
    assert image.GetExtent() == (0, 9, 0, 7, 0, 5)
    import vtk

    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    found = np.array([[matrix.GetElement(r, c) for c in range(4)] for r in range(4)])
    assert_allclose(found, grid.to_ijk_to_ras(), atol=1e-9)


def test_slicer_reads_empty_segments(tmp_path: Path, scene: Any, grid: Geometry) -> None:
    layers = np.zeros((1, *grid.shape), np.uint8)
    segments = (Segment("a", "A", (1.0, 0.0, 0.0), 1), Segment("b", "B", (0.0, 1.0, 0.0), 2))
    write_segmentation(Segmentation(layers, segments, grid), tmp_path / "a.seg.nrrd")
    node = slicer_read(scene, tmp_path / "a.seg.nrrd")
    assert node.GetSegmentation().GetNumberOfSegments() == 2
    assert_same(read_segmentation(tmp_path / "a.seg.nrrd"), Segmentation(layers, segments, grid))


# ---- MedOpt reads what Slicer writes ------------------------------------------------------------------------


def slicer_write(
    scene: Any, path: Path, grid: Geometry, parts: list[tuple[Segment, Any]], *, crop: bool, reference: bool = True
) -> Any:
    """The segmentation node after writing; Slicer may have merged layers and renumbered values in it."""
    import slicer

    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation = node.GetSegmentation()
    segmentation.SetSourceRepresentationName("Binary labelmap")
    if reference:
        converter = slicer.vtkSegmentationConverter
        text = converter.SerializeImageGeometry(slicer_image(np.zeros(grid.shape, np.uint8), grid, (0, 0, 0)))
        segmentation.SetConversionParameter(converter.GetReferenceImageGeometryParameterName(), text)
    for segment, image in parts:
        theirs = slicer.vtkSegment()
        theirs.SetName(segment.name)
        theirs.SetColor(*segment.color)
        theirs.SetLabelValue(segment.value)
        if segment.terminology:
            theirs.SetTag("TerminologyEntry", segment.terminology)
        for name, value in segment.tags:
            theirs.SetTag(name, value)
        theirs.AddRepresentation("Binary labelmap", image)
        segmentation.AddSegment(theirs, segment.id)
    storage = scene.AddNewNodeByClass("vtkMRMLSegmentationStorageNode")
    storage.SetFileName(str(path))
    storage.SetCropToMinimumExtent(crop)
    assert storage.WriteData(node) == 1
    return node


@pytest.mark.parametrize("crop", [False, True], ids=["full", "cropped"])
@pytest.mark.parametrize("count", [1, 3])
def test_files_of_slicer(tmp_path: Path, scene: Any, grid: Geometry, count: int, crop: bool) -> None:
    expected = example(grid, count)
    start = (0, 0, 0)
    images = [slicer_image(layer, grid, start) for layer in expected.layers]
    parts = [(segment, images[segment.layer]) for segment in expected.segments]
    node = slicer_write(scene, tmp_path / "a.seg.nrrd", grid, parts, crop=crop)
    found = read_segmentation(tmp_path / "a.seg.nrrd")
    assert found.geometry.is_close(grid, 1e-6)
    assert read_geometry(tmp_path / "a.seg.nrrd").is_close(grid, 1e-6)
    assert len(found.layers) == count
    for given, segment in zip(expected.segments, found.segments, strict=True):
        assert_array_equal(found.mask(segment), expected.mask(given))
        assert_allclose(segment.color, given.color, atol=1e-6)
        assert segment.terminology == (given.terminology or TISSUE)
        for field in ("id", "name", "tags"):
            assert getattr(segment, field) == getattr(given, field), field
        assert segment.value == node.GetSegmentation().GetSegment(segment.id).GetLabelValue()
        assert segment.layer == node.GetSegmentation().GetLayerIndex(segment.id)


def test_segments_drawn_in_a_small_extent(tmp_path: Path, scene: Any, grid: Geometry) -> None:
    blob = np.zeros((2, 3, 4), np.uint8)
    blob[:, 1:, 1:] = 5
    segment = Segment("a", "A", (1.0, 0.0, 0.0), 5)
    for crop in (False, True):
        slicer_write(scene, tmp_path / "a.seg.nrrd", grid, [(segment, slicer_image(blob, grid, (3, 4, 5)))], crop=crop)
        found = read_segmentation(tmp_path / "a.seg.nrrd")
        expected = np.zeros(grid.shape, np.uint8)
        expected[3:5, 4:7, 5:9] = blob
        assert found.geometry.is_close(grid, 1e-6)
        assert_array_equal(found.layers[0], expected)


def test_without_a_reference_the_file_grid_stands(tmp_path: Path, scene: Any, grid: Geometry) -> None:
    blob = np.full((2, 2, 2), 1, np.uint8)
    parts = [(Segment("a", "A", (1.0, 0.0, 0.0), 1), slicer_image(blob, grid, (3, 4, 5)))]
    slicer_write(scene, tmp_path / "a.seg.nrrd", grid, parts, crop=True, reference=False)
    found = read_segmentation(tmp_path / "a.seg.nrrd")
    assert found.geometry.is_close(grid.cropped((3, 4, 5), (2, 2, 2)), 1e-6)
    assert_array_equal(found.on_grid(grid).layers[0, 3:5, 4:6, 5:7], blob)


def test_segments_beyond_the_reference_are_kept(tmp_path: Path, scene: Any, grid: Geometry) -> None:
    blob = np.full((2, 2, 2), 1, np.uint8)
    parts = [(Segment("a", "A", (1.0, 0.0, 0.0), 1), slicer_image(blob, grid, (-1, 0, 9)))]
    for crop in (False, True):
        slicer_write(scene, tmp_path / "a.seg.nrrd", grid, parts, crop=crop)
        found = read_segmentation(tmp_path / "a.seg.nrrd")
        assert found.geometry.is_close(grid.cropped((-1, 0, 0), (7, 8, 11)), 1e-6)
        assert found.layers.sum() == 8


def test_an_empty_segmentation_of_slicer(tmp_path: Path, scene: Any, grid: Geometry) -> None:
    slicer_write(scene, tmp_path / "a.seg.nrrd", grid, [], crop=False)
    found = read_segmentation(tmp_path / "a.seg.nrrd")
    assert found.segments == ()
    assert not found.to_label_map().values()


# ---- files of others ----------------------------------------------------------------------------------------


def test_a_plain_label_map_gets_a_segment_a_value(tmp_path: Path, grid: Geometry) -> None:
    array = np.zeros((1, *grid.shape), np.int16)
    array[0, 0, 0, :2] = [4, 9]
    write_nrrd(tmp_path / "a.seg.nrrd", array, grid)
    found = read_segmentation(tmp_path / "a.seg.nrrd")
    assert [(s.name, s.value, s.layer) for s in found.segments] == [("Segment_4", 4, 0), ("Segment_9", 9, 0)]


def test_files_from_before_layers(tmp_path: Path, grid: Geometry) -> None:
    array = np.zeros((2, *grid.shape), np.uint8)
    array[:, 2, 2, 2] = 1
    pairs = {
        "Segment0_ID": "a", "Segment0_Name": "A", "Segment0_Color": "1 0 0", "Segment1_ID": "b",
        "Segment1_DefaultColor": "0 1 0", "Segmentation_ConversionParameters": "Smoothing factor|0.5|&",
    }  # fmt: skip
    write_nrrd(tmp_path / "a.seg.nrrd", array, grid, kind="list", pairs=pairs)
    found = read_segmentation(tmp_path / "a.seg.nrrd")
    assert [(s.id, s.name, s.value, s.layer) for s in found.segments] == [("a", "A", 1, 0), ("b", "b", 1, 1)]
    assert found.segments[1].color == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"Segment0_ID": "a", "Segment0_Color": "red"}, "numbers for colour"),
        ({"Segment0_ID": "a", "Segment0_Color": "1 0"}, "numbers for colour"),
        ({"Segment0_ID": "a", "Segment0_LabelValue": "x"}, "numbers for colour"),
        ({"Segment0_ID": "a", "Segment0_Layer": "4"}, "layer below 1"),
        ({"Segment0_ID": "a", "Segment1_ID": "a", "Segment1_Layer": "0"}, "same id"),
    ],
)
def test_damaged_segments(tmp_path: Path, grid: Geometry, pairs: dict[str, str], message: str) -> None:
    write_nrrd(tmp_path / "a.seg.nrrd", np.zeros((1, *grid.shape), np.uint8), grid, pairs=pairs)
    with pytest.raises(MedOptError, match=rf"a\.seg\.nrrd: .*{message}"):
        read_segmentation(tmp_path / "a.seg.nrrd")


def test_an_unusable_reference_geometry_is_passed_over(tmp_path: Path, grid: Geometry) -> None:
    array = np.zeros((1, *grid.shape), np.uint8)
    for text in ("", "1;2;3", "x;y", ";".join(["1"] * 22), ";".join(["nan"] * 22)):
        pairs = {"Segmentation_ConversionParameters": f"Reference image geometry|{text}|what it is&"}
        write_nrrd(tmp_path / "a.seg.nrrd", array, grid, pairs=pairs)
        assert read_segmentation(tmp_path / "a.seg.nrrd").geometry.is_close(grid, 1e-9)


def test_fractions_are_no_segmentation(tmp_path: Path, grid: Geometry) -> None:
    write_nrrd(tmp_path / "a.seg.nrrd", np.full((1, *grid.shape), 0.5), grid)
    with pytest.raises(MedOptError, match="not a segmentation"):
        read_segmentation(tmp_path / "a.seg.nrrd")


@pytest.mark.parametrize("name", ["a.nrrd", "a.nii.gz", "a"])
def test_other_suffixes_are_refused(tmp_path: Path, grid: Geometry, name: str) -> None:
    with pytest.raises(MedOptError, match=r"ends in \.seg\.nrrd"):
        write_segmentation(example(grid, 1), tmp_path / name)


def test_the_smallest_type_is_stored(tmp_path: Path, grid: Geometry) -> None:
    for value, dtype in ((255, np.uint8), (256, np.int16), (-1, np.int16), (40000, np.int32)):
        layers = np.zeros((1, *grid.shape), np.int64)
        layers[0, 0, 0, 0] = value
        one = Segmentation(layers, (Segment("a", "A", (0.0, 0.0, 1.0), value),), grid)
        write_segmentation(one, tmp_path / "a.seg.nrrd")
        assert read_segmentation(tmp_path / "a.seg.nrrd").layers.dtype == dtype
    layers[0, 0, 0, 0] = 2**40
    with pytest.raises(MedOptError, match="32-bit"):
        write_segmentation(Segmentation(layers, (), grid), tmp_path / "a.seg.nrrd")
