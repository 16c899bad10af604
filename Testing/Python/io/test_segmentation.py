"""Segments, layers, and the way to and from label maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.io import Segment, Segmentation

GRID = Geometry((2, 3, 4))
RED = (1.0, 0.0, 0.0)


def layers(count: int = 1) -> np.ndarray:
    return np.zeros((count, *GRID.shape), np.uint8)


@given(hnp.arrays("uint8", GRID.shape, elements=st.sampled_from([0, 2, 9])))
def test_label_map_there_and_back(array: np.ndarray) -> None:
    segments = (Segment("a", "A", RED, 9, layer=3), Segment("b", "B", RED, 2), Segment("c", "empty", RED, 5))
    made = Segmentation.from_label_map(LabelMap(array, GRID), segments)
    assert [segment.layer for segment in made.segments] == [0, 0, 0]
    np.testing.assert_array_equal(made.to_label_map().array, array)
    assert not made.mask(made.segments[2]).any()


def test_label_values_need_a_segment() -> None:
    array = np.zeros(GRID.shape, int)
    array[0, 0, :2] = [3, 8]
    with pytest.raises(MedOptError, match=r"without a segment: expected values of \[3\], found \[8\]"):
        Segmentation.from_label_map(LabelMap(array, GRID), [Segment("a", "A", RED, 3)])


def test_class_values_by_name_or_id() -> None:
    array = layers(2)
    array[0, 0, 0, :2], array[1, 1, 1, :3] = 1, 1
    both = Segmentation(array, (Segment("s1", "Liver", RED, 1, 0), Segment("s2", "Spleen", RED, 1, 1)), GRID)
    label = both.to_label_map({"Liver": 7, "s2": 300})
    assert label.values() == [7, 300]
    assert (label.array == 7).sum() == 2
    assert (label.array == 300).sum() == 3
    assert label.array.dtype == np.int16
    with pytest.raises(MedOptError, match=r"case.seg.nrrd: segment 'Spleen' is no declared class.*one of Liver"):
        both.to_label_map({"Liver": 7}, where="case.seg.nrrd")
    with pytest.raises(MedOptError, match=r"same label value.*'Liver' and 'Spleen' with 1"):
        both.to_label_map()


def test_overlap_is_refused_and_counted_unless_the_class_is_the_same() -> None:
    array = layers(3)
    array[0, 0, 0, :3], array[1, 1, 1, :2], array[2, 0, 0, 1:4] = 1, 2, 3
    names = ("A", "B", "C")
    three = Segmentation(array, tuple(Segment(n, n, RED, v, v - 1) for v, n in enumerate(names, 1)), GRID)
    with pytest.raises(MedOptError, match=r"segments overlap: .*2 voxels in both 'A' and 'C'.*Segment Editor"):
        three.to_label_map()
    label = three.to_label_map({"A": 4, "B": 5, "C": 4})
    assert (label.array == 4).sum() == 4


def test_voxels_that_no_segment_owns_are_background() -> None:
    array = layers()
    array[0, 0, 0, 0], array[0, 0, 0, 1] = 1, 77
    assert Segmentation(array, (Segment("a", "A", RED, 1),), GRID).to_label_map().values() == [1]
    assert Segmentation(array, (), GRID).to_label_map().values() == []


def test_the_same_on_a_larger_grid() -> None:
    array = layers()
    array[0, 1, 2, 3] = 1
    larger = GRID.cropped((-1, -1, -1), (5, 6, 7))
    moved = Segmentation(array, (Segment("a", "A", RED, 1),), GRID).on_grid(larger)
    assert moved.geometry == larger
    assert np.argwhere(moved.layers[0]).tolist() == [[2, 3, 4]]


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ((Segment("a", "A", RED, 1), Segment("a", "B", RED, 2)), "the same id"),
        ((Segment("a", "A", RED, 1), Segment("b", "B", RED, 1)), "claim the same voxels.*'A' and 'B'"),
        ((Segment("a", "A", RED, 0),), "value other than 0"),
        ((Segment("a", "A", RED, 1, layer=1),), "layer below 1"),
        ((Segment("a", "A", RED, 1, layer=-1),), "layer below 1"),
    ],
)
def test_segments_that_contradict(segments: tuple[Segment, ...], message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        Segmentation(layers(), segments, GRID)


@pytest.mark.parametrize("array", [layers()[0], layers().astype(float), np.zeros((1, 2, 3, 5), int)])
def test_layers_that_do_not_fit(array: np.ndarray) -> None:
    with pytest.raises(MedOptError, match="layers and grid do not fit"):
        Segmentation(array, (), GRID)
