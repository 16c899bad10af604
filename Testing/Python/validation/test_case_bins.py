"""The bins of one case, and their file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from medopt.files import write_json
from medopt.image import Geometry, LabelMap
from medopt.validation.case_bins import BinCounter, CaseBins, Channel, bins_fit, bins_path, read_bins, write_bins
from medopt.validation.voxel_counts import OVERALL

GRID = Geometry((4, 20, 20), (1.0, 1.0, 1.0))
CHANNELS = (Channel("head", 2, 1), Channel("tail", 7, 2))


def labelled(unjudged: tuple[int, ...] = ()) -> LabelMap:
    array = np.zeros(GRID.shape, np.uint8)
    array[1:3, 4:8, 4:8] = 2
    array[1:3, 8:12, 4:8] = 7
    return LabelMap(array, GRID, unjudged)


def slabs() -> Iterator[tuple[int, np.ndarray]]:
    for first in (0, 2):
        yield first, np.full((3, 2, 20, 20), 1 / 3, np.float32)


def counted(label: LabelMap, channels: tuple[Channel, ...] = CHANNELS) -> CaseBins:
    counter = BinCounter(label, channels, None)
    assert [first for first, _ in counter(slabs(), GRID)] == [0, 2]
    return counter.found()


def test_structures_are_counted_by_value_and_output_and_all_of_them_together() -> None:
    found = counted(labelled())
    assert list(found.structures) == ["head", "tail", OVERALL]
    assert sum(found.structures["head"].true) == 2 * 16
    assert sum(found.structures[OVERALL].true) == 2 * 32
    assert np.flatnonzero(found.structures["head"].number).tolist() == [3]
    assert np.flatnonzero(found.structures[OVERALL].number).tolist() == [6]


def test_the_reference_is_brought_to_the_grid_of_the_probabilities() -> None:
    fine = Geometry((8, 40, 40), (0.5, 0.5, 0.5), (-0.25, -0.25, -0.25))
    twice = LabelMap(labelled().array.repeat(2, 0).repeat(2, 1).repeat(2, 2), fine)
    assert sum(counted(twice).structures["head"].true) == 2 * 16


def test_a_class_that_nobody_outlined_is_not_counted_and_then_not_all_of_them_either() -> None:
    assert list(counted(labelled(unjudged=(7,))).structures) == ["head"]
    assert list(counted(labelled(), CHANNELS[:1]).structures) == ["head"]


def test_without_slabs_there_is_a_reason() -> None:
    assert BinCounter(labelled(), CHANNELS, None).found() == CaseBins({}, "the model gave no probabilities")


def test_probabilities_that_are_no_numbers_are_told_instead_of_counted() -> None:
    counter = BinCounter(labelled(), CHANNELS, None)
    broken = np.full((3, 4, 20, 20), 1 / 3, np.float32)
    broken[:, 2, 5, 5] = np.nan
    list(counter(iter([(0, broken)]), GRID))
    assert counter.found() == CaseBins({}, "the model gave probabilities that are no numbers")


def test_the_file_belongs_to_a_label(tmp_path: Path) -> None:
    label, found = tmp_path / "case.seg.nrrd", counted(labelled())
    label.write_text("one")
    write_bins(tmp_path, "case", found, label)
    assert bins_fit(tmp_path, "case", label)
    assert read_bins(tmp_path, "case") == found
    label.write_text("another")
    assert not bins_fit(tmp_path, "case", label)
    assert not bins_fit(tmp_path, "other", label)


@pytest.mark.parametrize("value", [[], {"structures": {"head": {"number": [1]}}, "why_not": ""}, {"structures": {}}])
def test_a_damaged_file_costs_the_calibration_of_its_case_only(tmp_path: Path, value: object) -> None:
    write_json(bins_path(tmp_path, "case"), value)
    assert read_bins(tmp_path, "case") == CaseBins({}, "the file of its probabilities is damaged")
    assert not bins_fit(tmp_path, "case", None)
    bins_path(tmp_path, "case").write_text("{")
    assert read_bins(tmp_path, "case").why_not == "the file of its probabilities is damaged"
    assert read_bins(tmp_path, "none").why_not == "it was predicted without counting probabilities"
