from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from medopt import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.project import ClassInfo, Project, ProjectSettings
from medopt.project.label_files import check_label, label_sha256, read_label, write_label


def test_a_rounded_grid_becomes_that_of_the_image(project: Project, make_label) -> None:
    label = make_label(1)
    rounded = Geometry(label.geometry.shape, (2.00001, 1.0, 1.5), (10.0001, -20.0, 30.5))
    assert check_label(LabelMap(label.array, rounded), label.geometry, project.settings, "x").geometry == label.geometry


@pytest.mark.parametrize("value", [-1, 2, 300])
def test_values_of_no_class(project: Project, make_label, value: int) -> None:
    array = make_label(1).array.astype(np.int16)
    array[0, 0, 0] = value
    with pytest.raises(MedOptError, match=f"no class of the project: .* found {value}"):
        check_label(LabelMap(array, make_label(1).geometry), make_label(1).geometry, project.settings, "x")


@pytest.mark.parametrize("values", [(1, 255), (1, 256), (300, 32767)])
def test_large_class_values_survive(tmp_path: Path, values: tuple[int, int]) -> None:
    classes = [ClassInfo(value=v, name=f"c{v}", color="#102030") for v in values]
    project = Project.create(tmp_path / "p", name="A", classes=classes)
    array = np.array([[[0, *values, 0]]], np.int32)
    label = LabelMap(array, Geometry(array.shape))
    write_label(label, project.settings, tmp_path / "a.seg.nrrd")
    np.testing.assert_array_equal(read_label(tmp_path / "a.seg.nrrd", project.settings, label.geometry).array, array)


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, max_side=4)))
def test_the_hash_of_a_label_does_not_depend_on_its_dtype(array: np.ndarray) -> None:
    grid = Geometry(array.shape)
    first = label_sha256(LabelMap(array, grid))
    assert label_sha256(LabelMap(array.astype(np.int64), grid)) == first
    assert label_sha256(LabelMap(array.astype(np.int16) + 1, grid)) != first


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_mirrored_label_is_put_in_place_and_a_shifted_one_is_not(oblique: Geometry, axis: int) -> None:
    settings = ProjectSettings(id="0" * 32, name="x", classes=[ClassInfo(value=1, name="A", color="#ff0000")])
    array = np.zeros(oblique.shape, np.uint8)
    array[1:4, 2:5, 3:9] = 1
    columns = np.array(oblique.direction)
    last = [0, 0, 0]
    last[axis] = oblique.shape[axis] - 1
    columns[:, axis] *= -1
    mirrored = Geometry(oblique.shape, oblique.spacing, tuple(oblique.index_to_lps(last)), columns.tolist())
    placed = check_label(LabelMap(np.flip(array, axis), mirrored), oblique, settings, "case x")
    assert placed.geometry == oblique
    np.testing.assert_array_equal(placed.array, array)
    with pytest.raises(MedOptError, match="different grids"):
        check_label(LabelMap(array, oblique.cropped((1, 0, 0), oblique.shape)), oblique, settings, "case x")
