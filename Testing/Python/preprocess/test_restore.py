"""The way back to the original grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from medopt import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess import CropForeground, Pipeline, Resample, Resize, resample, restore_label, restore_values


@st.composite
def geometries(draw: st.DrawFn, smallest: int = 1, largest: int = 12) -> Geometry:
    """Grids of any shape, spacing, place and direction, left-handed ones included."""
    shape = draw(st.tuples(*[st.integers(smallest, largest)] * 3))
    spacing = draw(st.tuples(*[st.floats(0.3, 6)] * 3))
    origin = draw(st.tuples(*[st.floats(-500, 500)] * 3))
    direction = Rotation.from_euler("xyz", draw(st.tuples(*[st.floats(-180, 180)] * 3)), degrees=True).as_matrix()
    direction = direction @ np.diag([1, 1, draw(st.sampled_from([1, -1]))])
    return Geometry(shape, spacing, origin, tuple(map(tuple, direction)))


def one_hot(array: np.ndarray, classes: int) -> np.ndarray:
    return np.stack([array == c for c in range(classes)]).astype(np.float32)


def smooth_label(grid: Geometry) -> np.ndarray:
    """Two touching ellipsoids that fill much of the grid."""
    middle = (np.asarray(grid.shape) - 1) / 2
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    inside = (((index - middle) / (0.4 * np.asarray(grid.shape))) ** 2).sum(axis=-1) < 1
    return np.where(inside, 1 + (index[..., 1] > middle[1]), 0).astype(np.uint8)


def dice(a: np.ndarray, b: np.ndarray, value: int) -> float:
    return float(2 * ((a == value) & (b == value)).sum() / ((a == value).sum() + (b == value).sum()))


@settings(max_examples=60, deadline=None)
@given(geometries(), st.tuples(*[st.integers(-5, 5)] * 3), st.tuples(*[st.integers(1, 16)] * 3), st.integers(0, 99))
def test_padding_and_cropping_come_back_exactly(
    grid: Geometry, start: tuple[int, int, int], shape: tuple[int, int, int], seed: int
) -> None:
    label = np.random.default_rng(seed).integers(0, 4, grid.shape).astype(np.uint8)
    prepared = grid.cropped(start, shape)
    there = Pipeline([]).label(LabelMap(label, grid), prepared)
    back = restore_label(one_hot(there.array, 4), prepared, grid)
    seen = np.ones(grid.shape, bool)
    for axis in range(3):
        at = np.arange(grid.shape[axis])
        outside = (at < start[axis]) | (at >= start[axis] + shape[axis])
        np.moveaxis(seen, axis, 0)[outside] = False
    assert back.geometry == grid
    assert np.array_equal(back.array, np.where(seen, label, 0))


@settings(max_examples=20, deadline=None)
@given(geometries(20, 30), st.tuples(*[st.floats(0.4, 1)] * 3))
def test_a_label_comes_back_from_a_finer_grid(grid: Geometry, factor: tuple[float, ...]) -> None:
    label = smooth_label(grid)
    prepared = Pipeline([Resample(spacing=tuple(np.asarray(grid.spacing) * factor))]).image(
        Image(label[None].astype(np.float32), grid)
    )
    there = Pipeline([]).label(LabelMap(label, grid), prepared.geometry)
    back = restore_label(one_hot(there.array, 3), prepared.geometry, grid)
    for value in (1, 2):
        assert dice(back.array, label, value) > 0.98


@settings(max_examples=20, deadline=None)
@given(geometries(20, 30), st.tuples(*[st.floats(0.6, 1.35)] * 3))
def test_scores_come_back_from_a_finer_or_coarser_grid(grid: Geometry, factor: tuple[float, ...]) -> None:
    # soft scores, as a model gives them: a hard label on a coarser grid has lost its border for good
    label = smooth_label(grid)
    prepared = grid.resampled(np.asarray(grid.spacing) * factor)
    back = restore_label(resample(one_hot(label, 3), grid, prepared), prepared, grid)
    for value in (1, 2):
        assert dice(back.array, label, value) > 0.97


@settings(max_examples=25, deadline=None)
@given(geometries(6, 14), st.sampled_from(["fit", "crop", "stretch"]), st.tuples(*[st.integers(5, 24)] * 3))
def test_values_come_back_to_where_they_were_in_the_patient(
    grid: Geometry, mode: str, shape: tuple[int, int, int]
) -> None:
    # the image holds its own LPS coordinates: whatever the step, a voxel must keep telling where it lies
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1)
    places = np.moveaxis(grid.index_to_lps(index) - np.asarray(grid.origin), -1, 0).astype(np.float32)
    prepared = Pipeline([Resize(shape=shape, mode=mode, anti_alias=False, fill=1e6)]).image(Image(places, grid))
    assert prepared.geometry.shape == shape
    inner = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    truth = np.moveaxis(prepared.geometry.index_to_lps(inner) - np.asarray(grid.origin), -1, 0)
    at = grid.lps_to_index(prepared.geometry.index_to_lps(inner))
    clear = ((at >= 0) & (at <= np.asarray(grid.shape) - 1)).all(axis=-1)
    assert np.allclose(prepared.array[:, clear], truth[:, clear], atol=2e-3)
    back = restore_values(prepared.array, prepared.geometry, grid, fill=1e6)
    there = prepared.geometry.lps_to_index(grid.index_to_lps(index))
    safe = ((there >= 0) & (there <= np.asarray(shape) - 1)).all(axis=-1)
    low = np.floor(there).astype(int).clip(0, np.asarray(shape) - 1)
    high = np.ceil(there).astype(int).clip(0, np.asarray(shape) - 1)
    safe &= clear[tuple(low[..., a] for a in range(3))] & clear[tuple(high[..., a] for a in range(3))]
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                corner = [(low, high)[n][..., axis] for axis, n in enumerate((a, b, c))]
                safe &= clear[tuple(corner)]
    assert np.allclose(back[:, safe], places[:, safe], atol=5e-3)


def test_what_was_cropped_away_is_background(oblique: Geometry) -> None:
    image = np.zeros((1, *oblique.shape), np.float32)
    image[0, 2:4, 3:6, 4:8] = 9
    prepared = Pipeline([CropForeground()]).image(Image(image, oblique))
    scores = np.stack([np.zeros(prepared.geometry.shape), np.ones(prepared.geometry.shape)])
    back = restore_label(scores, prepared.geometry, oblique)
    assert np.array_equal(back.array, image[0] > 0)
    finer = prepared.geometry.resized((5, 7, 9))
    back = restore_label(np.stack([np.zeros(finer.shape), np.ones(finer.shape)]), finer, oblique)
    assert np.array_equal(back.array, image[0] > 0)


def test_a_turned_grid_leaves_background_outside(oblique: Geometry) -> None:
    grid = Geometry((4, 4, 4), (1, 1, 1), (0, 0, 0))
    big = Geometry((30, 30, 30), (1, 1, 1), tuple(-np.asarray(oblique.direction) @ [15, 15, 15]), oblique.direction)
    back = restore_label(np.stack([np.full(grid.shape, -1.0), np.ones(grid.shape)]), grid, big)
    places = grid.lps_to_index(big.index_to_lps(np.argwhere(back.array == 1)))
    assert 40 < len(places) < 90
    assert places.min() >= -0.51
    assert places.max() <= 3.51


def test_equals_the_argmax_of_restored_scores(oblique: Geometry, rng: np.random.Generator) -> None:
    prepared = oblique.resized((9, 5, 17))
    scores = rng.normal(size=(5, *prepared.shape)).astype(np.float32)
    values = restore_values(scores, prepared, oblique)
    assert values.dtype == np.float32
    assert np.array_equal(restore_label(scores, prepared, oblique).array, values.argmax(axis=0))


def test_half_precision_and_memory_mapped_scores(oblique: Geometry, rng: np.random.Generator, tmp_path) -> None:
    scores = rng.normal(size=(3, *oblique.shape)).astype(np.float16)
    np.save(tmp_path / "scores.npy", scores)
    mapped = np.load(tmp_path / "scores.npy", mmap_mode="r")
    target = oblique.resized((7, 9, 12))
    expected = restore_label(scores.astype(np.float32), oblique, target).array
    assert np.array_equal(restore_label(mapped, oblique, target).array, expected)


def test_equal_scores_give_background(oblique: Geometry) -> None:
    for target in (oblique, oblique.resized((7, 9, 12))):
        assert not restore_label(np.zeros((3, *oblique.shape)), oblique, target).array.any()


@pytest.mark.parametrize("shape", [(3, 6, 8, 9), (6, 8, 10), (0, 6, 8, 10)])
def test_scores_that_do_not_fit_are_refused(oblique: Geometry, shape: tuple[int, ...]) -> None:
    with pytest.raises(MedOptError, match=r"does not fit the prepared grid: expected an array of \(class, 6, 8, 10\)"):
        restore_label(np.zeros(shape), oblique, oblique)
    with pytest.raises(MedOptError, match="does not fit the prepared grid"):
        restore_values(np.zeros(shape), oblique, oblique)


@settings(max_examples=40, deadline=None)
@given(
    geometries(6, 20),
    st.sampled_from(["fit", "crop", "stretch"]),
    st.tuples(*[st.integers(3, 24)] * 3),
    st.tuples(*[st.floats(0.4, 4)] * 3),
    st.integers(0, 999),
)
def test_corners_of_boxes_come_back_exactly(
    grid: Geometry, mode: str, shape: tuple[int, int, int], spacing: tuple[float, float, float], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-0.5, np.asarray(grid.shape) - 0.5, (7, 2, 3))
    image = Image(rng.normal(size=(1, *grid.shape)).astype(np.float32), grid)
    prepared = Pipeline([CropForeground(), Resample(spacing=spacing), Resize(shape=shape, mode=mode)]).image(image)
    there = prepared.geometry.lps_to_index(grid.index_to_lps(corners))
    back = grid.lps_to_index(prepared.geometry.index_to_lps(there))
    assert np.allclose(back, corners, atol=1e-6)
    # the sides keep their directions: an upright box stays one
    assert (
        np.sign(np.round(there[:, 1] - there[:, 0], 6)) == np.sign(np.round(corners[:, 1] - corners[:, 0], 6))
    ).all()
