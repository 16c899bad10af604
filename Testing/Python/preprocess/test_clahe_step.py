"""Contrast-limited adaptive histogram equalization."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import ndimage

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.preprocess import Clahe, Pipeline, PreprocessSettings
from medopt.preprocess import source as module
from medopt.preprocess.clahe import clip_histograms, tile_edges


def run(step: Clahe, array: np.ndarray, spacing: tuple[float, float, float] = (1, 1, 1)) -> np.ndarray:
    return Pipeline([step]).image(Image(array[None], Geometry(array.shape, spacing))).array[0]


def scan(rng: np.random.Generator, shape: tuple[int, int, int]) -> np.ndarray:
    return (ndimage.gaussian_filter(rng.normal(size=shape), 2) * 3000 + 100).astype(np.float32)


def slow(array: np.ndarray, tiles: tuple[int, int, int], clip: float, bins: int) -> np.ndarray:
    """The definition, voxel by voxel: the table of each tile, then interpolation between the tiles' centres."""
    low, high = float(array.min()), float(array.max())
    edges = [np.rint(np.linspace(0, n, t + 1)).astype(int) for n, t in zip(array.shape, tiles, strict=True)]
    centers = [(e[:-1] + e[1:] - 1) / 2 for e in edges]
    tables = {}
    for tile in product(*(range(t) for t in tiles)):
        part = array[tuple(slice(e[n], e[n + 1]) for e, n in zip(edges, tile, strict=True))]
        counts = np.histogram(part, bins, (low, high))[0].astype(float)
        tables[tile] = np.concatenate([[0], np.cumsum(clip_histograms(counts[None], clip)[0])]) / counts.sum()
    out = np.empty_like(array)
    for place in np.ndindex(array.shape):
        around = []
        for axis, at in enumerate(place):
            c = centers[axis]
            after = int(np.searchsorted(c, at, "right"))
            below, above = max(after - 1, 0), min(after, len(c) - 1)
            share = 0.0 if above == below else float(np.clip((at - c[below]) / (c[above] - c[below]), 0, 1))
            around.append([(below, 1 - share), (above, share)])
        x = (array[place] - low) / (high - low) * bins
        out[place] = low + (high - low) * sum(
            a[1] * b[1] * c[1] * np.interp(x, np.arange(bins + 1), tables[a[0], b[0], c[0]])
            for a, b, c in product(*around)
        )
    return out


def test_three_dimensions_equal_the_slow_definition(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLAB_VOXELS", 200)
    array = scan(rng, (9, 14, 17))
    ours = run(Clahe(dims=3, tile=(4.5, 7, 5.7), unit="voxels", clip_limit=1.7, bins=32), array)
    np.testing.assert_allclose(
        ours, slow(array, (2, 2, 3), 1.7, 32), atol=2e-3 * np.ptp(array)
    )  # values on the edge of a bin fall to either side


def test_two_dimensions_take_each_slice_by_itself(rng: np.random.Generator) -> None:
    array = scan(rng, (3, 16, 20))
    ours = run(Clahe(tile=(1, 4, 5), unit="voxels", clip_limit=3, bins=16, range=(array.min(), array.max())), array)
    low, high = array.min(), array.max()
    for plane, mine in zip(array, ours, strict=True):
        one = run(Clahe(tile=(1, 4, 5), unit="voxels", clip_limit=3, bins=16, range=(low, high)), plane[None])
        np.testing.assert_array_equal(mine, one[0])
    whole = array[:1]
    mine = run(Clahe(tile=(1, 4, 5), unit="voxels", clip_limit=3, bins=16), whole)
    np.testing.assert_allclose(mine, slow(whole, (1, 4, 4), 3, 16), atol=2e-4 * np.ptp(whole))


def test_it_does_what_scikit_image_does(rng: np.random.Generator) -> None:
    exposure = pytest.importorskip("skimage.exposure", reason="scikit-image is not installed")
    array = scan(rng, (1, 96, 96))
    unit = (array - array.min()) / np.ptp(array)
    oracle = exposure.equalize_adapthist(unit[0], kernel_size=24, clip_limit=0.03, nbins=256)
    # its clip limit is a share of a tile's voxels: 0.03 * 256 mean bins; it quantises, pads and rescales its result
    ours = run(Clahe(tile=(1, 24, 24), unit="voxels", clip_limit=0.03 * 256), unit)[0]
    assert np.corrcoef(oracle.ravel(), ours.ravel())[0, 1] > 0.98
    assert np.abs(oracle - ours).mean() < 0.05


def test_contrast_rises_and_nothing_leaves_the_range(rng: np.random.Generator) -> None:
    array = scan(rng, (4, 64, 64))
    array[:, 32:] = array[:, 32:] / 20 + 500  # a flat half
    out = run(Clahe(clip_limit=4), array)
    assert out[:, 40:].std() > 2 * array[:, 40:].std()
    assert out.min() >= array.min() - 1e-2
    assert out.max() <= array.max() + 1e-2


def test_a_limit_of_1_and_a_constant_change_nothing(rng: np.random.Generator) -> None:
    array = scan(rng, (3, 24, 24))
    np.testing.assert_allclose(run(Clahe(clip_limit=1), array), array, atol=5e-3 * np.ptp(array))
    assert (run(Clahe(dims=3), np.full((4, 9, 9), -1000.0)) == -1000).all()


def test_values_outside_the_range_are_left(rng: np.random.Generator) -> None:
    array = scan(rng, (4, 40, 40))
    out = run(Clahe(dims=3, range=(0, 200)), array)
    outside = (array < 0) | (array > 200)
    np.testing.assert_array_equal(out[outside], array[outside])
    assert (np.abs(out - array)[~outside] > 0.1).any()


def test_tiles_are_mm_of_the_image() -> None:
    assert tile_edges(100, 25).tolist() == [0, 25, 50, 75, 100]
    assert tile_edges(100, 30).tolist() == [0, 33, 67, 100]
    assert tile_edges(7, 0.5).tolist() == [0, 7]  # none smaller than four voxels
    array = np.random.default_rng(0).normal(size=(2, 32, 32)).astype(np.float32)
    one = run(Clahe(tile=(1, 8, 8)), array, (1, 0.5, 1))
    other = run(Clahe(tile=(1, 16, 8), unit="voxels"), array)
    np.testing.assert_array_equal(one, other)


def test_clipped_histograms_keep_their_sum_and_their_limit(rng: np.random.Generator) -> None:
    counts = rng.integers(0, 50, (6, 64)).astype(float) ** 2
    for limit in (1.0, 1.5, 4.0, 100.0):
        out = clip_histograms(counts, limit)
        np.testing.assert_allclose(out.sum(axis=1), counts.sum(axis=1), rtol=1e-9)
        assert (out <= limit * counts.mean(axis=1, keepdims=True) + 2e-3 * counts.sum(axis=1, keepdims=True)).all()
    np.testing.assert_array_equal(clip_histograms(counts, 1e6), counts)


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"clip_limit": 0.5}, "clip_limit"), ({"tile": [0, 8, 8]}, "tile"), ({"bins": 1}, "bins"), ({"dims": 4}, "dims")],
)
def test_impossible_values_are_named(fields: dict, message: str) -> None:
    with pytest.raises(MedOptError, match=rf"steps.0.clahe.{message}"):
        PreprocessSettings.parse({"steps": [{"step": "clahe", **fields}]}, "recipe.yaml")
