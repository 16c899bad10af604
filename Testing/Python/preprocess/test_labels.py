"""Label maps on another grid."""

import numpy as np
import pytest

from medopt.image import Geometry, LabelMap
from medopt.preprocess import labels as labels_module
from medopt.preprocess import resample, resample_label
from medopt.preprocess.labels import largest_class, slabs


def balls(grid: Geometry, values: tuple[int, ...] = (1, 2)) -> LabelMap:
    """Balls around points on the middle line, in mm."""
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    points = grid.index_to_lps(index)
    middle = np.asarray(grid.shape) / 2
    array = np.zeros(grid.shape, np.uint8)
    for n, value in enumerate(values):
        centre = grid.index_to_lps(np.add(middle, (0, 0, (n - 0.5) * grid.shape[2] / 4)))
        array[np.linalg.norm(points - centre, axis=-1) < min(grid.extent) / 4] = value
    return LabelMap(array, grid)


def test_equals_the_argmax_of_all_one_hot_maps_at_once(oblique: Geometry) -> None:
    label = balls(oblique, (3, 7))
    target = oblique.resized((13, 11, 15))
    maps = np.stack([label.array == v for v in (3, 7, 0)]).astype(np.float32)
    oracle = np.array([3, 7, 0])[resample(maps, oblique, target).argmax(axis=0)]
    ours = resample_label(label, target)
    assert ours.geometry == target
    assert ours.array.dtype == label.array.dtype
    assert np.array_equal(ours.array, oracle)


@pytest.mark.parametrize("voxels", [1, 300, 10**9])
def test_slabs_of_any_size_give_the_same(
    oblique: Geometry, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch, voxels: int
) -> None:
    label = balls(oblique)
    target = oblique.cropped((-1, 0, 1), (8, 8, 8)).resized((17, 12, 9))
    scores = rng.normal(size=(4, *oblique.shape)).astype(np.float32)
    expected = resample_label(label, target).array, largest_class(scores, oblique, target)
    monkeypatch.setattr(labels_module, "SLAB_VOXELS", voxels)
    monkeypatch.setattr(labels_module.slabs, "__defaults__", (voxels,))
    parts = slabs(oblique, target)
    assert parts is not None
    assert sum(1 for _ in parts) == max(1, -(-17 // max(1, voxels // (12 * 9))))
    assert np.array_equal(resample_label(label, target).array, expected[0])
    assert np.array_equal(largest_class(scores, oblique, target), expected[1])


def test_a_structure_wins_a_tie_over_background() -> None:
    line = LabelMap(np.uint8([0, 0, 1, 0, 0, 0, 2, 2])[None, None], Geometry((1, 1, 8)))
    half = resample_label(line, line.geometry.resized((1, 1, 4)))
    assert half.array.ravel().tolist() == [0, 1, 0, 2]


def test_outside_the_field_of_view_stands_background(oblique: Geometry) -> None:
    label = LabelMap(np.full(oblique.shape, 5, np.int16), oblique)
    target = oblique.cropped((-2, 0, 0), (8, 8, 10)).resized((16, 8, 10))
    out = resample_label(label, target).array
    assert (out[:4] == 0).all()
    assert (out[4:] == 5).all()


def test_an_empty_label_stays_empty(oblique: Geometry) -> None:
    out = resample_label(LabelMap(np.zeros(oblique.shape, np.int32), oblique), oblique.resized((3, 3, 3)))
    assert out.array.dtype == np.int32
    assert not out.array.any()


def test_a_turned_grid_keeps_the_structures_where_they_are_in_the_patient(oblique: Geometry) -> None:
    source = Geometry((40, 40, 40), (1, 1, 1), (-20, -20, -20))
    label = balls(source)
    target = Geometry(
        (50, 60, 70), (1, 0.8, 0.7), tuple(-np.asarray(oblique.direction) @ [25, 24, 24.5]), oblique.direction
    )
    out = resample_label(label, target)
    for value in (1, 2):
        here = source.index_to_lps(np.argwhere(label.array == value)).mean(axis=0)
        there = target.index_to_lps(np.argwhere(out.array == value)).mean(axis=0)
        assert np.allclose(here, there, atol=0.2)
        volumes = [(m.array == value).sum() * m.geometry.voxel_volume for m in (label, out)]
        assert volumes[0] == pytest.approx(volumes[1], rel=0.05)


def test_many_classes_do_not_overflow() -> None:
    grid = Geometry((1, 1, 300))
    scores = np.eye(300, dtype=np.float32)[:, None, None]
    assert largest_class(scores, grid, grid).ravel().tolist() == list(range(300))
