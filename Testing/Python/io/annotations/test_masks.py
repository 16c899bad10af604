from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.io import Segment, Segmentation, write_label_map, write_segmentation
from medopt.io.annotations import read_masks

TURNED = ((0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
GRID = Geometry((6, 9, 12), spacing=(3.0, 2.0, 0.5), origin=(5.0, -7.0, 11.0), direction=TURNED)


def test_a_box_around_each_connected_part(tmp_path: Path) -> None:
    array = np.zeros(GRID.shape, np.uint8)
    array[1:3, 2:6, 3:10] = 1
    array[4, 7, 11] = 1
    array[5, 8, 10] = 1  # touches the one before by a corner
    array[3:, :2, :2] = 2
    (tmp_path / "s").mkdir()
    write_label_map(LabelMap(array, GRID), tmp_path / "s" / "x.nrrd")
    sheet = read_masks(tmp_path)
    assert sheet.names == ("1", "2")
    boxes = sheet.entries["s/x.nrrd"].boxes
    assert [box.name for box in boxes] == ["1", "1", "2"]
    for box, lower, upper in zip(
        boxes, [(1, 2, 3), (4, 7, 10), (3, 0, 0)], [(3, 6, 10), (6, 9, 12), (6, 2, 2)], strict=True
    ):
        low, high = np.array(lower) - 0.5, np.array(upper) - 0.5
        middle = np.array(GRID.origin) + np.array(TURNED) @ ((low + high) / 2 * np.array(GRID.spacing))
        np.testing.assert_allclose(box.center, middle, atol=1e-9)
        np.testing.assert_allclose(box.size, (high - low) * np.array(GRID.spacing), atol=1e-9)


def test_segments_by_their_names_also_where_they_overlap(tmp_path: Path) -> None:
    layers = np.zeros((2, *GRID.shape), np.uint8)
    layers[0, :4, :4, :4] = 1
    layers[1, 2:5, 2:5, 2:5] = 1
    unjudged = (("MedOptUnjudged", "1"),)
    segments = (
        Segment("a", "Liver", (1, 0, 0), 1),
        Segment("b", "Cyst", (0, 1, 0), 1, layer=1),
        Segment("c", "Vein", (0, 0, 1), 2, tags=unjudged),
    )
    write_segmentation(Segmentation(layers, segments, GRID), tmp_path / "x.seg.nrrd")
    entry = read_masks(tmp_path).entries["x.seg.nrrd"]
    assert [box.name for box in entry.boxes] == ["Liver", "Cyst"]
    np.testing.assert_allclose(entry.boxes[1].size, 3 * np.array(GRID.spacing), atol=1e-9)
    assert entry.unjudged == ("Vein",)


def test_nothing_and_a_damaged_file(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="no label maps"):
        read_masks(tmp_path)
    write_label_map(LabelMap(np.zeros(GRID.shape, np.uint8), GRID), tmp_path / "empty.nrrd")
    (tmp_path / "x.nrrd").write_text("no image")
    entries = read_masks(tmp_path).entries
    assert entries["empty.nrrd"].boxes == ()
    assert isinstance(entries["x.nrrd"], MedOptError)
