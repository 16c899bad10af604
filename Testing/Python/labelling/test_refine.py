from __future__ import annotations

import json

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.labelling.assist import Strokes
from medopt.labelling.refine import joined, read_strokes, refine_label

SHAPE = (10, 20, 24)
GRID = Geometry(SHAPE, (2.0, 1.0, 1.0), (5.0, -3.0, 8.0))
BLOCK = np.zeros(SHAPE, bool)
BLOCK[3:7, 5:15, 6:18] = True


def image():
    noise = np.random.default_rng(1).normal(0, 10, (1, *SHAPE))
    return Image((100 * BLOCK + noise).astype(np.float32), GRID)


def test_other_structures_keep_their_voxels():
    start = np.zeros(SHAPE, np.uint8)
    start[:, :, 12:] = 7
    start[0, 0, 0] = 3
    after = refine_label(image(), LabelMap(start, GRID), 300, Strokes(np.array([(5, 10, 9)]))).array
    assert after.dtype == np.uint16
    np.testing.assert_array_equal(after[start > 0], start[start > 0])
    found = after == 300
    assert found[5, 10, 9]
    assert (found & BLOCK).sum() / found.sum() > 0.9
    less = refine_label(image(), LabelMap(after, GRID), 7, Strokes(negative=np.array([(0, 1, 20)]))).array
    assert less[0, 1, 20] == 0
    np.testing.assert_array_equal(less[after != 7], after[after != 7])


def test_a_label_on_another_grid_and_a_wrong_value_are_told():
    with pytest.raises(MedOptError, match="different grids"):
        refine_label(image(), LabelMap(np.zeros(SHAPE, np.uint8), Geometry(SHAPE)), 1, Strokes())
    with pytest.raises(MedOptError, match="wrong value of a structure"):
        refine_label(image(), None, 0, Strokes())


@pytest.mark.parametrize("space", ["voxels", "LPS", "RAS"])
def test_strokes_are_read_in_each_space(tmp_path, space):
    voxels = np.array([(5, 10, 9), (2, 3, 4)])
    points = voxels if space == "voxels" else GRID.index_to_lps(voxels) * ([-1, -1, 1] if space == "RAS" else 1)
    path = tmp_path / "strokes.json"
    path.write_text(json.dumps({"space": space, "positive": points.tolist(), "negative": []}))
    read = read_strokes(path, GRID)
    assert sorted(read.positive.tolist()) == sorted(voxels.tolist())
    assert len(joined(read, [(1, 1, 1)], [(0, 0, 0), (0, 0, 1)])) == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "no strokes"),
        ('{"positive": [[1, 2]]}', "three numbers each"),
        ('{"positive": [[1.5, 2, 3]]}', "whole indices"),
        ('{"positive": [["a", 2, 3]]}', "three numbers each"),
        ('{"positive": [[99, 2, 3]]}', "leave the image"),
        ('{"positive": [[1, 2, 3]], "negative": [[1, 2, 3]]}', "contradict"),
        ('{"positive": [], "space": "mm"}', "voxels, LPS or RAS"),
        ('{"positive": [], "radius": 3}', "radius"),
        ("{", "damaged"),
    ],
)
def test_files_without_strokes_are_told(tmp_path, text, message):
    path = tmp_path / "strokes.json"
    path.write_text(text)
    with pytest.raises(MedOptError, match=message):
        read_strokes(path, GRID)
