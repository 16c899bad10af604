"""Label maps: whole numbers, one channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.io import (
    Segment,
    Segmentation,
    fit_label_map,
    read_label_map,
    write_image,
    write_label_map,
    write_segmentation,
)


@pytest.fixture
def label(oblique: Geometry, rng) -> LabelMap:
    return LabelMap(rng.integers(0, 4, oblique.shape).astype(np.int16), oblique)


@pytest.mark.parametrize("suffix", [".nrrd", ".nii.gz", ".mha"])
def test_round_trip_keeps_the_type(tmp_path: Path, label: LabelMap, suffix: str) -> None:
    write_label_map(label, tmp_path / f"a{suffix}")
    found = read_label_map(tmp_path / f"a{suffix}")
    assert found.array.dtype == label.array.dtype
    np.testing.assert_array_equal(found.array, label.array)
    assert found.geometry.is_close(label.geometry, 1e-4)


def test_whole_real_numbers_become_integers(tmp_path: Path, label: LabelMap) -> None:
    write_image(Image(label.array[None].astype(np.float32), label.geometry), tmp_path / "a.nii")
    found = read_label_map(tmp_path / "a.nii")
    assert found.array.dtype == np.uint8
    np.testing.assert_array_equal(found.array, label.array)


def test_probabilities_are_no_labels(tmp_path: Path, label: LabelMap) -> None:
    write_image(Image(label.array[None] * 0.3, label.geometry), tmp_path / "a.nrrd")
    with pytest.raises(MedOptError, match=r"a\.nrrd: not a label map: expected whole numbers.*nearest neighbours"):
        read_label_map(tmp_path / "a.nrrd")


def test_several_channels_are_no_labels(tmp_path: Path, label: LabelMap) -> None:
    array = np.stack([label.array, label.array + 1])
    write_image(Image(array, label.geometry), tmp_path / "a.nrrd")
    with pytest.raises(MedOptError, match="expected one channel, found 2 channels"):
        read_label_map(tmp_path / "a.nrrd")


def test_grey_stored_as_colour_is_one_channel(tmp_path: Path, rng) -> None:
    grey = (rng.integers(0, 2, (5, 6)) * 255).astype(np.uint8)
    colour = SimpleITK.GetImageFromArray(np.stack([grey] * 3, axis=-1), isVector=True)
    SimpleITK.WriteImage(colour, str(tmp_path / "a.png"))
    np.testing.assert_array_equal(read_label_map(tmp_path / "a.png").array[0], grey)
    other = np.stack([grey, grey, 255 - grey], axis=-1)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(other, isVector=True), str(tmp_path / "b.png"))
    with pytest.raises(MedOptError, match="3 channels"):
        read_label_map(tmp_path / "b.png")


def test_a_segmentation_is_flattened_by_label_value(tmp_path: Path, oblique: Geometry) -> None:
    layers = np.zeros((2, *oblique.shape), np.uint8)
    layers[0, 1, 1, 1], layers[1, 2, 2, 2] = 5, 1
    segments = (Segment("a", "A", (1, 0, 0), 5, 0), Segment("b", "B", (0, 1, 0), 1, 1))
    write_segmentation(Segmentation(layers, segments, oblique), tmp_path / "a.seg.nrrd")
    label = read_label_map(tmp_path / "a.seg.nrrd")
    assert label.values() == [1, 5]
    assert label.array[1, 1, 1] == 5
    assert label.geometry.is_close(oblique, 1e-12)
    layers[1, 1, 1, 1] = 1
    write_segmentation(Segmentation(layers, segments, oblique), tmp_path / "a.seg.nrrd")
    with pytest.raises(MedOptError, match=r"a\.seg\.nrrd: segments overlap.*1 voxels in both 'A' and 'B'"):
        read_label_map(tmp_path / "a.seg.nrrd")


def test_labels_of_a_volume_that_slicer_turned(tmp_path: Path, label: LabelMap, scene: Any) -> None:
    """Slicer reverses the slices of left-handed volumes; a label map saved from there still fits its image."""
    handed = np.linalg.det(np.asarray(label.geometry.direction)[:, ::-1])
    direction = np.asarray(label.geometry.direction) * [1, 1, -handed]
    left = Geometry(label.geometry.shape, label.geometry.spacing, label.geometry.origin, tuple(map(tuple, direction)))
    write_label_map(LabelMap(label.array, left), tmp_path / "a.nrrd")
    node = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    for name, action in (("a.nrrd", "ReadData"), ("b.nrrd", "WriteData")):
        storage.SetFileName(str(tmp_path / name))
        assert getattr(storage, action)(node) == 1
    theirs = read_label_map(tmp_path / "b.nrrd")
    assert not theirs.geometry.is_close(left)
    fitted = fit_label_map(theirs, left)
    assert fitted.geometry is left
    np.testing.assert_array_equal(fitted.array, label.array)


def test_labels_of_another_grid_do_not_fit(label: LabelMap) -> None:
    other = label.geometry.resized((6, 8, 9))
    with pytest.raises(MedOptError, match=r"x\.nrrd: the grids do not fit.*Resample the label"):
        fit_label_map(label, other, where="x.nrrd")


def test_real_labels(real_data: Path) -> None:
    for path in sorted((real_data / "hippocampus" / "labelsTr").glob("*.nii.gz"))[:5]:
        assert read_label_map(path).values() == [1, 2]
