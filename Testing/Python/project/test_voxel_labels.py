from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from medopt import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.io import read_segmentation
from medopt.project import ClassInfo, Project, ProjectSettings
from medopt.project.voxel_labels import VoxelLabels

A = ClassInfo(value=1, name="A", color="#ff0000")
B = ClassInfo(value=3, name="B", color="#00ff00")
KIND = VoxelLabels(ProjectSettings(id="0" * 32, name="x", classes=[A]))


def test_a_rounded_grid_becomes_that_of_the_image(project: Project, make_label) -> None:
    label = make_label(1)
    rounded = Geometry(label.geometry.shape, (2.00001, 1.0, 1.5), (10.0001, -20.0, 30.5))
    kind = VoxelLabels(project.settings)
    assert kind.check(LabelMap(label.array, rounded), label.geometry, "x").geometry == label.geometry


@pytest.mark.parametrize("value", [-1, 2, 300])
def test_values_of_no_class(project: Project, make_label, value: int) -> None:
    array = make_label(1).array.astype(np.int16)
    array[0, 0, 0] = value
    with pytest.raises(MedOptError, match=f"no class of the project: .* found {value}"):
        VoxelLabels(project.settings).check(LabelMap(array, make_label(1).geometry), make_label(1).geometry, "x")


@pytest.mark.parametrize("values", [(1, 255), (1, 256), (300, 32767)])
def test_large_class_values_survive(tmp_path: Path, values: tuple[int, int]) -> None:
    classes = [ClassInfo(value=v, name=f"c{v}", color="#102030") for v in values]
    project = Project.create(tmp_path / "p", name="A", classes=classes)
    array = np.array([[[0, *values, 0]]], np.int32)
    label = LabelMap(array, Geometry(array.shape))
    kind = VoxelLabels(project.settings)
    kind.write(label, tmp_path / "a.seg.nrrd")
    np.testing.assert_array_equal(kind.read(tmp_path / "a.seg.nrrd", label.geometry).array, array)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=4)))
def test_the_hash_of_a_label_does_not_depend_on_its_dtype(array: np.ndarray) -> None:
    grid = Geometry(array.shape)
    first = KIND.sha256(LabelMap(array, grid))
    assert KIND.sha256(LabelMap(array.astype(np.int64), grid)) == first
    assert KIND.sha256(LabelMap(array.astype(np.int16) + 1, grid)) != first
    assert KIND.sha256(LabelMap(array, grid, (1,))) != first


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_label_is_put_in_place_and_a_shifted_one_is_not(oblique: Geometry, axis: int) -> None:
    array = np.zeros(oblique.shape, np.uint8)
    array[1:4, 2:5, 3:9] = 1
    columns = np.array(oblique.direction)
    last = [0, 0, 0]
    last[axis] = oblique.shape[axis] - 1
    columns[:, axis] *= -1
    mirrored = Geometry(oblique.shape, oblique.spacing, tuple(oblique.index_to_lps(last)), columns.tolist())
    placed = KIND.check(LabelMap(np.flip(array, axis), mirrored), oblique, "case x")
    assert placed.geometry == oblique
    np.testing.assert_array_equal(placed.array, array)
    with pytest.raises(MedOptError, match="different grids"):
        KIND.check(LabelMap(array, oblique.cropped((1, 0, 0), oblique.shape)), oblique, "case x")


def test_what_nobody_looked_for_stays_with_the_file(tmp_path: Path) -> None:
    kind = VoxelLabels(ProjectSettings(id="0" * 32, name="x", classes=[A, B]))
    label = LabelMap(np.array([[[0, 1, 1, 0]]]), Geometry((1, 1, 4)), (3,))
    kind.write(kind.check(label, label.geometry, "x"), tmp_path / "a.seg.nrrd")
    assert kind.read(tmp_path / "a.seg.nrrd", label.geometry).unjudged == (3,)
    assert kind.content(label).unjudged == (3,)
    assert [s.unjudged for s in read_segmentation(tmp_path / "a.seg.nrrd").segments] == [False, True]


def test_slicer_keeps_what_nobody_looked_for(tmp_path: Path, scene) -> None:
    kind = VoxelLabels(ProjectSettings(id="0" * 32, name="x", classes=[A, B]))
    grid = Geometry((3, 4, 5))
    array = np.zeros(grid.shape, np.uint8)
    array[1, 1:3, 1:3] = 1
    kind.write(LabelMap(array, grid, (3,)), tmp_path / "a.seg.nrrd")
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    node.AddDefaultStorageNode()
    storage = node.GetStorageNode()
    storage.SetFileName(str(tmp_path / "a.seg.nrrd"))
    assert storage.ReadData(node)
    storage.SetFileName(str(tmp_path / "b.seg.nrrd"))
    assert storage.WriteData(node)
    found = kind.read(tmp_path / "b.seg.nrrd", grid)
    np.testing.assert_array_equal(found.array, array)
    assert found.unjudged == (3,)


def test_a_class_that_was_drawn_was_looked_for(tmp_path: Path) -> None:
    kind = VoxelLabels(ProjectSettings(id="0" * 32, name="x", classes=[A, B]))
    grid = Geometry((1, 1, 4))
    drawn = LabelMap(np.array([[[0, 3, 1, 0]]]), grid, (3,))
    with pytest.raises(MedOptError, match="nobody looked for has voxels: found B"):
        kind.check(drawn, grid, "x")
    kind.write(drawn, tmp_path / "a.seg.nrrd")  # as after a save in Slicer, which keeps the tag
    assert kind.read(tmp_path / "a.seg.nrrd", grid).unjudged == ()


def test_voxels_that_nobody_annotated_are_no_class(tmp_path: Path) -> None:
    kind = VoxelLabels(ProjectSettings(id="0" * 32, name="x", classes=[A, B], ignored=255))
    label = LabelMap(np.array([[[0, 1, 255, 255, 3, 3]]]), Geometry((1, 1, 6)))
    kind.write(kind.check(label, label.geometry, "x"), tmp_path / "a.seg.nrrd")
    found = kind.read(tmp_path / "a.seg.nrrd", label.geometry)
    np.testing.assert_array_equal(found.array, label.array)
    content = kind.content(found)
    assert (content.values, content.counts, content.marked) == ((1, 3), (1, 2), 3)
    assert read_segmentation(tmp_path / "a.seg.nrrd").segments[-1].name == "not annotated"


def test_a_mask_of_0_and_255_is_the_only_class(tmp_path: Path) -> None:
    import SimpleITK

    picture = np.zeros((4, 5, 3), np.uint8)
    picture[1:3, 2:4] = 255
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(picture, isVector=True), str(tmp_path / "a.png"))
    found = KIND.read_foreign(tmp_path / "a.png", Geometry((1, 4, 5)))
    np.testing.assert_array_equal(found.array[0], picture[..., 0] // 255)
    two = VoxelLabels(ProjectSettings(id="0" * 32, name="x", classes=[A, B]))
    assert two.read_foreign(tmp_path / "a.png", Geometry((1, 4, 5))).values() == [255]
