"""Only what a patch needs is read."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from medopt.augment import Drawn
from medopt.augment.placement import place, volume_index
from medopt.augment.region import needed, read


@pytest.mark.parametrize("seed", range(20))
def test_the_box_holds_both_neighbours_of_every_point_and_little_more(
    drawn_of: Callable[..., Drawn], seed: int
) -> None:
    spacing = (3.0, 1.0, 0.8)
    elastic = [{"technique": "elastic", "spacing": 8, "magnitude": 3}] if seed % 2 else []
    drawn = drawn_of({"technique": "rotation", "degrees": [45, 45, 45]}, {"technique": "scaling"}, *elastic, seed=seed)
    placement = place(drawn, (50, 60, 70), spacing)
    start, size = needed(placement, drawn.shape)
    index = np.stack(np.meshgrid(*map(np.arange, drawn.shape), indexing="ij"), -1).reshape(-1, 3)
    points = volume_index(drawn, placement, index, spacing)
    assert (np.floor(points) >= start).all()
    assert (np.floor(points) + 1 <= np.add(start, size) - 1).all()
    if not elastic:
        assert (points.min(axis=0) - start < 1.01).all()
        assert (np.add(start, size) - points.max(axis=0) < 2.02).all()


@pytest.mark.parametrize("start", [(0, 0, 0), (-2, 1, 2), (3, -4, 4), (-20, 0, 0), (20, 20, 20), (2, 2, -9)])
@pytest.mark.parametrize("size", [(3, 4, 5), (9, 12, 8)])
def test_equals_numpy_padding(rng: np.random.Generator, start: tuple[int, ...], size: tuple[int, ...]) -> None:
    volume = rng.normal(size=(2, 5, 6, 7))
    for border, mode in (("zeros", "constant"), ("edge", "edge")):
        padded = np.pad(volume, ((0, 0), (40, 40), (40, 40), (40, 40)), mode=mode)
        k, j, i = (slice(s + 40, s + 40 + n) for s, n in zip(start, size, strict=True))
        out = read(volume, start, size, border, np.float32)
        assert out.dtype == np.float32
        assert out.flags.c_contiguous
        assert np.array_equal(out, padded[:, k, j, i].astype(np.float32))


def test_a_memory_map_is_read_within_the_box_only(tmp_path: Path) -> None:
    class Watched(np.memmap):
        """Notes what is asked of it."""

        asked: list[object] = []  # noqa: RUF012 - shared by all views on purpose

        def __getitem__(self, key):
            Watched.asked.append(key)
            return super().__getitem__(key)

    np.zeros((1, 50, 60, 70), np.int16).tofile(tmp_path / "volume.raw")
    volume = Watched(tmp_path / "volume.raw", np.int16, "r", shape=(1, 50, 60, 70))
    assert read(volume, (10, -3, 20), (5, 8, 6), "zeros", np.float32).shape == (1, 5, 8, 6)
    assert Watched.asked == [(..., slice(10, 15), slice(0, 5), slice(20, 26))]
