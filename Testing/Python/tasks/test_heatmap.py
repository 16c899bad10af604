"""Targets of detection: which cells, which numbers, how wide; and the way back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.metrics.box_iou import box_iou
from medopt.tasks.heatmap import FIRST_LOGIT, encode_boxes, shift_radius
from medopt.tasks.peaks import decode_boxes

STRIDE = (2, 4, 4)
SHAPE = (24, 48, 40)


def random_boxes(seed: int, n: int, shape: tuple[int, ...] = SHAPE, *, outside: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    center = rng.uniform(-0.5 - outside, np.array(shape) - 0.5 + outside, (n, 3))
    half = rng.uniform(0.3, 12, (n, 3))
    if shape[0] == 1:
        center[:, 0], half[:, 0] = 0, 0.5
    return np.column_stack([rng.integers(0, 2, n), center - half, center + half])


def apart(boxes: np.ndarray, stride: tuple[int, ...]) -> np.ndarray:
    """Boxes of which no two share a cell: the first of each cell."""
    cell = np.floor(((boxes[:, 1:4] + boxes[:, 4:]) / 2 + 0.5) / stride)
    return boxes[np.sort(np.unique(cell, axis=0, return_index=True)[1])]


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("overlap", [0.3, 0.5, 0.7])
def test_within_the_radius_boxes_overlap_as_much_as_said_and_beyond_it_less(dims: int, overlap: float) -> None:
    rng = np.random.default_rng(dims)
    for _ in range(200):
        size = rng.uniform(0.5, 50, dims)
        radius = shift_radius(size, overlap)
        box = np.zeros((2, 3))
        box[1] = 1
        box[1, 3 - dims :] = size

        def after(shift: np.ndarray, box: np.ndarray = box) -> float:
            moved = box.copy()
            moved[:, 3 - dims :] += shift
            return float(box_iou(box, moved)[0, 0])

        assert all(after(radius * rng.uniform(-1, 1, dims)) >= overlap for _ in range(20))
        corner = radius * rng.choice([-1, 1], dims)
        assert after(corner) == pytest.approx(overlap)
        assert after(1.01 * corner) < overlap


def test_heat_is_one_at_centers_and_a_gaussian_within_the_radius() -> None:
    box = np.array([[1, 3.0, 10.0, 8.0, 13.0, 29.0, 32.0]])  # centre 8, 19.5, 20 of size 10, 19, 24
    encoded = encode_boxes(box, SHAPE, STRIDE, 2, 3)
    heat = encoded["heat"]
    assert heat.shape == (2, 12, 12, 10)
    assert heat.dtype == encoded["sizes"].dtype == encoded["offsets"].dtype == np.float32
    assert not heat[0].any()
    assert heat[1, 4, 5, 5] == 1
    radius = shift_radius([10, 19, 24]) / STRIDE
    for cell in itertools.product(*map(range, heat.shape[1:])):
        away = np.abs(np.array(cell) - (4, 5, 5))
        expected = np.exp(-0.5 * ((away / ((2 * radius + 1) / 6)) ** 2).sum()) if (away <= radius).all() else 0
        assert heat[(1, *cell)] == pytest.approx(expected, rel=1e-5)
    assert np.argwhere(encoded["centers"]).tolist() == [[4, 5, 5]]
    np.testing.assert_allclose(encoded["sizes"][:, 4, 5, 5], np.log([10, 19, 24]), rtol=1e-6)
    np.testing.assert_allclose(encoded["offsets"][:, 4, 5, 5], [8.5 / 2 - 4.5, 20 / 4 - 5.5, 20.5 / 4 - 5.5], atol=1e-6)
    assert np.count_nonzero(encoded["sizes"]) == np.count_nonzero(encoded["offsets"]) == 3


def test_a_cell_begins_half_a_voxel_before_its_first_voxel() -> None:
    for center, cell in ((-0.5, 0), (3.49, 0), (3.5, 1)):
        box = np.array([[0, -1.0, center - 2, 1, 1.0, center + 2, 3]])
        assert np.argwhere(encode_boxes(box, (2, 8, 4), STRIDE, 1, 3)["centers"])[0].tolist() == [0, cell, 0]


def test_of_boxes_in_one_cell_the_smallest_gives_the_numbers() -> None:
    small, large = [0, 7.0, 7, 7, 9, 9, 9], [1, 2.0, 2, 2, 14, 14, 14]
    for boxes in ([small, large], [large, small]):
        encoded = encode_boxes(boxes, (16, 16, 16), (4, 4, 4), 2, 3)
        np.testing.assert_allclose(encoded["sizes"][:, 2, 2, 2], np.log(2), rtol=1e-6)
        assert encoded["heat"][:, 2, 2, 2].tolist() == [1, 1]


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_the_target_of_a_patch_is_that_of_the_image_cut(seed: int) -> None:
    boxes = random_boxes(seed, 6, outside=8)
    start, shape = np.array([4, 8, 12]), (12, 24, 16)
    whole = encode_boxes(boxes, SHAPE, STRIDE, 2, 3)
    moved = boxes.copy()
    moved[:, 1:4] -= start
    moved[:, 4:] -= start
    part = encode_boxes(moved, shape, STRIDE, 2, 3)
    cut = tuple(slice(a // s, (a + n) // s) for a, n, s in zip(start, shape, STRIDE, strict=True))
    for name, array in part.items():
        np.testing.assert_allclose(array, whole[name][(..., *cut)], atol=1e-5)


def test_a_box_that_ends_outside_stays_whole_and_one_centred_outside_gives_no_centre() -> None:
    cut = encode_boxes([[0, -5.0, 4, 4, 9, 12, 12]], (16, 16, 16), (4, 4, 4), 1, 3)
    assert np.exp(cut["sizes"][:, 0, 2, 2]).tolist() == pytest.approx([14, 8, 8])
    out = encode_boxes([[0, -30.0, 4, 4, 28, 12, 12]], (16, 16, 16), (4, 4, 4), 1, 3)
    assert not out["centers"].any()
    assert 0 < out["heat"].max() < 1


def test_nothing_gives_zeros() -> None:
    encoded = encode_boxes(np.zeros((0, 7)), (1, 8, 8), (1, 4, 4), 3, 2)
    assert {name: array.shape for name, array in encoded.items()} == {
        "heat": (3, 2, 2),
        "sizes": (2, 2, 2),
        "offsets": (2, 2, 2),
        "centers": (2, 2),
    }
    assert not any(array.any() for array in encoded.values())


def test_a_slice_has_the_boxes_that_it_meets() -> None:
    boxes = [[0, -0.5, 2, 2, 0.5, 6, 6], [0, -3, 2, 10, 2, 6, 14], [0, 0.5, 10, 2, 1.5, 14, 6]]
    centers = encode_boxes(boxes, (1, 16, 16), (1, 4, 4), 1, 2)["centers"]
    assert np.argwhere(centers).tolist() == [[1, 1], [1, 3]]


def test_a_fresh_network_may_start_at_a_tenth() -> None:
    assert 1 / (1 + np.exp(-FIRST_LOGIT)) == pytest.approx(0.1, rel=1e-3)


def test_a_patch_that_does_not_divide_is_refused() -> None:
    with pytest.raises(MedOptError, match=r"does not divide into cells: expected multiples of \(1, 4, 4\), found"):
        encode_boxes([], (1, 8, 6), (1, 4, 4), 1, 2)


@given(st.integers(0, 10_000), st.sampled_from([(3, STRIDE), (3, (1, 1, 1)), (2, (1, 4, 4)), (2, (1, 1, 2))]))
@settings(max_examples=60, deadline=None)
def test_there_and_back(seed: int, kind: tuple[int, tuple[int, ...]]) -> None:
    dims, stride = kind
    shape = SHAPE if dims == 3 else (1, *SHAPE[1:])
    boxes = apart(random_boxes(seed, 12, shape), stride)
    encoded = encode_boxes(boxes, shape, stride, 2, dims)
    ideal = np.concatenate([encoded["heat"], encoded["sizes"], encoded["offsets"]])
    corners, classes, scores = decode_boxes(ideal, stride, dims, threshold=0.999, most=100)
    assert len(corners) == len(boxes)
    assert (scores == 1).all()
    found = np.column_stack([classes, corners.reshape(-1, 6)])
    for box in boxes:
        assert np.abs(found - box).max(axis=1).min() < 1e-3
