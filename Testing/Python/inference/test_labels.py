"""Labels made while scores arrive are those of the whole volume of scores; windows blend as the plain formula says."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt.image import Geometry, Image
from medopt.inference import InferenceSettings, Model, ModelDescription, predict_image
from medopt.inference.cascade import block_means, foreground_box
from medopt.inference.labels import label_of_slabs
from medopt.inference.sliding import gaussian_weights, sliding_slabs, softmax, window_size, window_starts
from medopt.preprocess import PreprocessSettings, Resample, restore_label
from medopt.project import ClassInfo

CLASSES = (ClassInfo(value=3, name="a", color="#ff8800"), ClassInfo(value=300, name="b", color="#0088ff"))


def uneven(windows: np.ndarray) -> np.ndarray:
    """A 'network' whose answer depends on where in the window a voxel lies, so that blending shows."""
    place = np.linspace(-1, 1, windows.shape[2], dtype=np.float32).reshape(-1, 1, 1)
    place = place * np.linspace(0.5, 2, windows.shape[4], dtype=np.float32)
    x = windows[:, :1]
    return np.concatenate([x * 0 + 0.3, x + place, place - x], axis=1)


def naive(volume: np.ndarray, size: tuple, overlap: float) -> np.ndarray:
    """All windows one by one, weighted sums over the whole volume."""
    shape = volume.shape[1:]
    total, weight = np.zeros((3, *shape)), np.zeros(shape)
    k, j, i = (gaussian_weights(s).astype(float) for s in size)
    mask = k[:, None, None] * j[None, :, None] * i[None, None, :]
    starts = [window_starts(n, w, overlap) for n, w in zip(shape, size, strict=True)]
    padded = np.pad(volume, [(0, 0)] + [(w, w) for w in size])
    for corner in product(*starts):
        at = tuple(slice(c + w, c + 2 * w) for c, w in zip(corner, size, strict=True))
        scores = softmax(uneven(padded[(slice(None), *at)][None]))[0] * mask
        for offset in np.ndindex(*size):
            place = tuple(c + o for c, o in zip(corner, offset, strict=True))
            if all(0 <= p < n for p, n in zip(place, shape, strict=True)):
                total[(slice(None), *place)] += scores[(slice(None), *offset)]
                weight[place] += mask[offset]
    return total / weight


@settings(max_examples=12, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 13), st.integers(2, 9), st.integers(2, 9)),
    overlap=st.sampled_from([0.0, 0.25, 0.5]),
    together=st.sampled_from([1, 2, 7]),
)
def test_slabs_are_the_naive_blend(shape: tuple, overlap: float, together: int) -> None:
    volume = np.random.default_rng(5).normal(size=(1, *shape)).astype(np.float32)
    patch, divisor = (4, 4, 4), (2, 2, 2)
    size = window_size(shape, patch, divisor)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("medopt.inference.sliding.TOGETHER_VOXELS", together * int(np.prod(size)))
        slabs = list(sliding_slabs(volume, uneven, outputs=3, patch=patch, divisor=divisor, overlap=overlap))
    firsts = [first for first, _ in slabs]
    assert firsts == np.cumsum([0, *(s.shape[1] for _, s in slabs)])[:-1].tolist()
    whole = np.concatenate([slab for _, slab in slabs], axis=1)
    np.testing.assert_allclose(whole, naive(volume, size, overlap), atol=2e-5)


def slabs_of(scores: np.ndarray, cuts: list[int]):
    for first, last in zip([0, *cuts], [*cuts, scores.shape[1]], strict=True):
        yield first, scores[:, first:last]


TURN = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
GRID = Geometry((14, 9, 8), (2.0, 1.0, 1.0), (4.0, 5.0, 6.0))


@pytest.mark.parametrize(
    "original",
    [
        GRID,
        GRID.cropped((2, 1, 3), (20, 6, 9)),
        Geometry((31, 7, 11), (0.9, 1.3, 0.7), GRID.origin),
        Geometry((5, 7, 11), (6.1, 1.3, 0.7), (2.0, 5.0, 6.0)),
        Geometry((14, 9, 8), (2.0, 1.0, 1.0), GRID.origin, TURN),
    ],
)
@pytest.mark.parametrize("cuts", [[], [3, 4, 9], list(range(1, 14))])
def test_labels_of_arriving_scores(original: Geometry, cuts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medopt.preprocess.labels.SLAB_VOXELS", 200)
    scores = np.random.default_rng(8).uniform(size=(3, *GRID.shape)).astype(np.float32)
    wanted = restore_label(scores, GRID, original)
    found = label_of_slabs(slabs_of(scores, cuts), 3, GRID, original)
    assert found.geometry == original
    np.testing.assert_array_equal(found.array, wanted.array)
    assert len(np.unique(wanted.array)) > 1


class Blob:
    """Bright is one structure, very bright the other."""

    name = "blob"

    def __init__(self) -> None:
        self.windows = 0

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        self.windows += len(windows)
        x = windows[:, :1]
        return np.concatenate([np.full_like(x, 0.5), x, 3 * (x - 1)], axis=1) * 20


def blob_model(**more: object) -> Model:
    description = ModelDescription(
        name="blob",
        dims=3,
        channels=("MR",),
        classes=CLASSES,
        preprocess=PreprocessSettings(**more),
        patch=(8, 8, 8),
        divisor=(2, 2, 2),
        inference=InferenceSettings(overlap=0.25),
    )
    return Model(description, Blob())


def picture(middle: tuple, shape: tuple = (40, 44, 48)) -> Image:
    k, j, i = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    away = (k - middle[0]) ** 2 + (j - middle[1]) ** 2 + (i - middle[2]) ** 2
    return Image(np.select([away < 16, away < 49], [3.0, 1.0], 0.0).astype(np.float32)[None], Geometry(shape))


@pytest.mark.parametrize("steps", [(), (Resample(spacing=(1.5, 1.2, 1.2)),)])
def test_the_cascade_gives_the_full_label_with_fewer_windows(steps: tuple) -> None:
    image = picture((14, 20, 30))
    full, fast = blob_model(steps=steps), blob_model(steps=steps)
    wanted, found = predict_image(image, full), predict_image(image, fast, cascade=2)
    np.testing.assert_array_equal(found.array, wanted.array)
    assert set(np.unique(found.array)) == {0, 3, 300}
    assert fast.runtime.windows < 0.6 * full.runtime.windows  # type: ignore[attr-defined]


def test_nothing_found_is_background() -> None:
    image = Image(np.zeros((1, 40, 44, 48), np.float32), Geometry((40, 44, 48)))
    assert not predict_image(image, blob_model(), cascade=2).array.any()


def test_the_box_holds_the_structure_and_a_margin() -> None:
    model = blob_model()
    volume = picture((14, 20, 30)).array
    box = foreground_box(
        volume, model.runtime, model.description.build_task(), patch=(8, 8, 8), divisor=(2, 2, 2), factor=2
    )
    assert box is not None
    for side, (low, high) in zip(box, [(8, 21), (14, 27), (24, 37)], strict=True):
        assert side.start <= low - 1
        assert side.stop >= high + 1
    assert np.prod([s.stop - s.start for s in box]) < volume.size / 4


def test_block_means(rng: np.random.Generator) -> None:
    volume = rng.normal(size=(2, 5, 8, 6)).astype(np.float32)
    found = block_means(volume, (1, 4, 2))
    assert found.shape == (2, 5, 2, 3)
    np.testing.assert_allclose(found[1, 3, 1, 2], volume[1, 3, 4:8, 4:6].mean(), rtol=1e-5)
