"""Windows over a volume: they cover all of it, blend without seams, and need bounded memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt.inference.settings import InferenceSettings
from medopt.inference.sliding import sliding_window, softmax, window_size, window_starts


def identity(windows: np.ndarray) -> np.ndarray:
    """A 'network' that knows nothing but the voxel itself: logits (0, x)."""
    return np.concatenate([np.zeros_like(windows[:, :1]), windows[:, :1]], axis=1)


sides = st.integers(1, 40)


@settings(max_examples=60, deadline=None)
@given(shape=st.tuples(sides, sides, sides), overlap=st.sampled_from([0.0, 0.25, 0.5, 0.9]), seed=st.integers(0, 99))
def test_a_pointwise_network_gives_the_same_as_on_the_whole_volume(shape, overlap, seed) -> None:
    volume = np.random.default_rng(seed).normal(size=(1, *shape)).astype(np.float32)
    with sliding_window(volume, identity, outputs=2, patch=(8, 8, 8), divisor=(2, 4, 4), overlap=overlap) as scores:
        assert scores.shape == (2, *shape)
        np.testing.assert_allclose(scores, softmax(identity(volume[None]))[0], atol=2e-5)
        np.testing.assert_allclose(scores.sum(axis=0), 1, atol=2e-5)


@given(length=st.integers(1, 300), window=st.integers(1, 64), overlap=st.floats(0, 0.95))
def test_windows_cover_the_axis_with_the_overlap_asked_for(length: int, window: int, overlap: float) -> None:
    starts = window_starts(length, window, overlap)
    if length <= window:
        assert len(starts) == 1
        assert starts[0] <= 0
        assert starts[0] + window >= length
        return
    assert starts[0] == 0
    assert starts[-1] == length - window
    steps = np.diff(starts)
    assert (steps >= 1).all() or len(starts) == 1
    assert (steps <= max(1, np.ceil(window * (1 - overlap)))).all()


@given(shape=st.tuples(sides, sides, sides))
def test_window_sides_are_multiples_of_the_divisor_and_bounded(shape) -> None:
    size = window_size(shape, (16, 16, 16), (2, 4, 8))
    assert all(side % factor == 0 for side, factor in zip(size, (2, 4, 8), strict=True))
    assert np.prod(size) <= 2 * 16**3


def test_a_volume_a_little_larger_than_the_patch_goes_through_in_one_piece() -> None:
    assert window_size((40, 60, 42), (40, 56, 40), (8, 8, 8)) == (40, 64, 48)
    assert window_size((400, 60, 42), (40, 56, 40), (8, 8, 8)) == (40, 64, 48)


def test_the_middle_of_a_window_counts_more_than_its_border() -> None:
    def ramp(windows: np.ndarray) -> np.ndarray:
        here = np.broadcast_to(np.linspace(-4, 4, windows.shape[4], dtype=np.float32), windows[:, :1].shape)
        return np.concatenate([np.zeros_like(here), here], axis=1)

    volume = np.zeros((1, 1, 1, 12), np.float32)
    with sliding_window(volume, ramp, outputs=2, patch=(1, 1, 8), divisor=(1, 1, 8), overlap=0.5) as scores:
        values = np.array(scores[1, 0, 0])
    middle_of_first, border_of_second = softmax(np.array([[0], [0]], np.float32).reshape(1, 2))[0, 1], values[4]
    assert abs(border_of_second - middle_of_first) < 0.2


def test_mirroring_makes_the_outcome_symmetric() -> None:
    kernel = np.array([0.0, 1.0, 2.0], np.float32)

    def looks_right(windows: np.ndarray) -> np.ndarray:
        moved = np.roll(windows[:, :1], 1, axis=4) * kernel[2]
        return np.concatenate([np.zeros_like(moved), moved], axis=1)

    volume = np.random.default_rng(1).normal(size=(1, 4, 4, 8)).astype(np.float32)
    symmetric = volume + volume[..., ::-1]
    with sliding_window(symmetric, looks_right, outputs=2, patch=(4, 4, 8), divisor=(4, 4, 8), mirror="kji") as scores:
        np.testing.assert_allclose(scores, scores[..., ::-1], atol=1e-6)


def test_only_the_named_axes_are_mirrored() -> None:
    seen = []

    def watching(windows: np.ndarray) -> np.ndarray:
        seen.append(windows[0, 0])
        return np.concatenate([np.zeros_like(windows), windows], axis=1)

    volume = np.random.default_rng(1).normal(size=(1, 4, 4, 8)).astype(np.float32)
    with sliding_window(volume, watching, outputs=2, patch=(4, 4, 8), divisor=(4, 4, 8), mirror=("k", "i")):
        pass
    wanted = [volume[0, ::k, :, ::i] for k in (1, -1) for i in (1, -1)]
    np.testing.assert_array_equal(seen, wanted)


@pytest.mark.parametrize(("given", "axes"), [(False, ()), (True, ("k", "j", "i")), (["i"], ("i",))])
def test_settings_tell_the_axes_also_of_older_files(given: object, axes: tuple[str, ...]) -> None:
    assert InferenceSettings.model_validate({"mirror": given}).mirror == axes


def test_beyond_the_memory_limit_scores_lie_in_a_file_and_are_the_same() -> None:
    volume = np.random.default_rng(2).normal(size=(1, 20, 24, 28)).astype(np.float32)
    how = {"outputs": 2, "patch": (8, 8, 8), "divisor": (4, 4, 4)}
    with (
        sliding_window(volume, identity, **how) as here,
        sliding_window(volume, identity, **how, memory_limit=1000) as there,
    ):
        assert isinstance(there, np.memmap)
        assert not isinstance(here, np.memmap)
        np.testing.assert_array_equal(here, there)


def test_softmax_is_stable() -> None:
    got = softmax(np.array([[1000.0, 1000.0, -1000.0]], np.float32))
    np.testing.assert_allclose(got, [[0.5, 0.5, 0.0]], atol=1e-7)
    assert got.sum() == pytest.approx(1)
